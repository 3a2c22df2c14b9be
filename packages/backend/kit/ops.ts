/**
 * Chapter "ops": every operation by itself, on each element type that it accepts. Operations without attributes and
 * regions are built from their declarations; the others have a program in `fixtures.ts`.
 */
import {
  allDefinitions,
  append,
  createBlock,
  createOperation,
  createRegion,
  type Element,
  evaluate,
  isComplex,
  isFloat,
  isInteger,
  nothingKnown,
  type OpDefinition,
  stringAttribute,
  type TensorType,
  type Type,
  tensor,
  type VerifiedModule,
  verify,
} from "@hloom/ir";
import { signatureOf } from "../src/signature.ts";
import { fixtures } from "./fixtures.ts";
import { agrees, type HostType, program, valuesOf } from "./support.ts";
import type { KitCase } from "./types.ts";

/** One of each kind of number that backends implement differently. */
const sampled: readonly Element[] = [
  "i1",
  "i8",
  "i16",
  "i32",
  "i64",
  "ui8",
  "ui16",
  "ui32",
  "ui64",
  "bf16",
  "f16",
  "f32",
  "f64",
  "complex<f32>",
  "complex<f64>",
];

export function opCases(): KitCase[] {
  return [...derivedCases(), ...fixtureCases()];
}

/** Random numbers have no right value, and collectives need company. */
const excluded =
  /^stablehlo\.(rng|.*_id|send|recv|infeed|outfeed|after_all|create_token|custom_call|get_dimension_size)$/;

function derivedCases(): KitCase[] {
  const cases: KitCase[] = [];
  for (const definition of allDefinitions()) {
    if (!/^(stablehlo|chlo)$/.test(definition.dialect) || !isDerivable(definition)) continue;
    // Declarations of broadcasting forms take more types than have a meaning.
    const elements = definition.name.startsWith("chlo.broadcast_") ? (["i32", "f32"] as const) : sampled;
    for (const element of elements) {
      const module = derive(definition, element);
      if (!module) continue;
      cases.push({ name: `ops/${definition.name} ${element}`, run: (device) => agrees(device, module) });
      const special = isFloat(element) && !/16/.test(element) && isExact(definition.name);
      if (special)
        cases.push({
          name: `ops/${definition.name} ${element} special values`,
          run: (device) => agrees(device, module, { special }),
        });
    }
  }
  return cases;
}

/** Ops whose results on infinities and NaN the specification gives without tolerance. */
function isExact(name: string): boolean {
  return /\.(add|subtract|multiply|divide|maximum|minimum|abs|negate|sign|floor|ceil|is_finite|compare|select|clamp|round_nearest_even|round_nearest_afz)$/.test(
    name,
  );
}

function isDerivable({
  name,
  regions,
  attributes,
  operands,
  infer,
  evaluate,
  terminator,
  results,
}: OpDefinition): boolean {
  if (excluded.test(name) || !infer || !evaluate || terminator || results.length === 0) return false;
  return (
    regions.length === 0 &&
    operands.length > 0 &&
    operands.every(({ arity }) => arity === "one") &&
    attributes.every(({ required }) => !required)
  );
}

/** A function of one operation on tensors of `element`; undefined when the op does not take that. */
function derive(definition: OpDefinition, element: Element): VerifiedModule | undefined {
  for (const operands of operandTypes(definition, element)) {
    const module = build(definition, operands);
    if (module) return module;
  }
  return undefined;
}

function operandTypes({ operands }: OpDefinition, element: Element): TensorType[][] {
  const same = operands.map(() => tensor([3, 4], element));
  if (operands.length !== 3) return [same];
  // select and clamp take a predicate or bounds of their own.
  return [same, [tensor([3, 4], "i1"), ...same.slice(1)]];
}

function build(definition: OpDefinition, operands: readonly TensorType[]): VerifiedModule | undefined {
  if (!definition.operands.every((field, i) => field.accepts(operands[i]!))) return undefined;
  const args = Object.fromEntries([
    ...definition.attributes.map((field) => [field.name, field.default]),
    ...definition.operands.map((field, i) => [field.name, operands[i]]),
  ]);
  let results: readonly Type[];
  try {
    results = definition.infer!(args as never, nothingKnown);
  } catch {
    return undefined;
  }
  const block = createBlock(operands);
  const only = append(block, createOperation(definition.name, { operands: block.arguments, results }));
  append(block, createOperation("func.return", { operands: only.results }));
  const type = { kind: "function", inputs: operands, results } as const;
  const main = createOperation("func.func", {
    attributes: { sym_name: stringAttribute("main"), function_type: { kind: "type", type } },
    regions: [createRegion(block)],
  });
  const body = createBlock();
  append(body, main);
  const operation = createOperation("builtin.module", { regions: [createRegion(body)] });
  const { module } = verify({ operation, resources: new Map() });
  return module && hasMeaning(module) ? module : undefined;
}

/** Declarations accept some types that neither the specification nor the evaluator gives a meaning. */
function hasMeaning(module: VerifiedModule): boolean {
  const types = signatureOf(module).inputs as readonly HostType[];
  try {
    evaluate(
      module,
      types.map((type, i) => valuesOf(type, i + 1)),
    );
    return true;
  } catch {
    return false;
  }
}

function fixtureCases(): KitCase[] {
  return fixtures.flatMap(({ name, elements, text, exact }) =>
    elements.map((element): KitCase => {
      const integers = isInteger(element) || isComplex(element);
      return {
        name: `ops/${name} ${element}`,
        run: (device) =>
          agrees(device, program(text(element)), {
            exact: (exact ?? false) || (integers && !isComplex(element)),
          }),
      };
    }),
  );
}
