/** The same program with dimensions left open: a type that says less is right wherever the declarations let it be. */
import { bodyOf, entryFunction, type Operation, type Value } from "../model/operation.ts";
import { DYNAMIC, type TensorType, type Type } from "../model/types.ts";
import { definitionOf } from "../ops/index.ts";
import { copyModule } from "../rewrite/driver.ts";
import { type VerifiedModule, verify } from "../verify/verify.ts";
import type { Draws } from "./values.ts";

/** Opens some dimensions of main's arguments, then of its operations' results, as far as the program stays valid. */
export function loosened(module: VerifiedModule, draws: Draws): VerifiedModule {
  const copy = copyModule(module);
  const main = entryFunction(copy)!;
  const { arguments: args, operations } = bodyOf(main.regions[0]!);
  // The text of a loop has one type for what goes in and what comes out.
  const carried = new Set(
    operations.flatMap(({ name, operands, results }) =>
      name === "stablehlo.while" ? [...operands, ...results] : [],
    ),
  );
  let valid = module;
  // Of other results nobody would know the sizes; constants say theirs.
  const inferred = operations.filter(({ name, operands }) => {
    const { infer, inferShapes } = definitionOf(name)!;
    return operands.length > 0 && (infer ?? inferShapes) !== undefined;
  });
  for (const value of [...args, ...inferred.flatMap(({ results }) => results)]) {
    const open = carried.has(value) ? undefined : opened(value.type, draws);
    if (!open) continue;
    const before = value.type;
    value.type = open;
    followTypes(main);
    const { module: verified } = verify(copy);
    if (verified) {
      valid = verified;
      continue;
    }
    value.type = before;
    followTypes(main);
  }
  return valid;
}

function opened(type: Type, draws: Draws): TensorType | undefined {
  if (type.kind !== "tensor" || type.shape.length === 0 || draws.chance(0.4)) return undefined;
  return { ...type, shape: type.shape.with(draws.below(type.shape.length), DYNAMIC) };
}

function followTypes(main: Operation): void {
  const { arguments: args, operations } = bodyOf(main.regions[0]!);
  const typesOf = (values: readonly Value[]) => values.map(({ type }) => type);
  const type: Type = {
    kind: "function",
    inputs: typesOf(args),
    results: typesOf(operations.at(-1)!.operands),
  };
  main.attributes = { ...main.attributes, function_type: { kind: "type", type } };
}
