/** Well-typed programs from the declarations: a function `main`, others that it calls, and arguments for it. */
import type { FunctionHandle } from "../construct/block.ts";
import { buildModule, type ModuleBuilder } from "../construct/module.ts";
import type { OpDefinition } from "../declare/define.ts";
import { type Attributes, booleanAttribute } from "../model/attributes.ts";
import { type Block, entryFunction, functionType, type Value, walk } from "../model/operation.ts";
import { type Element, isElement, type TensorType, type Type } from "../model/types.ts";
import { chlo, func, stablehlo } from "../ops/index.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import type { Sample } from "./cut.ts";
import { loosened } from "./loosen.ts";
import { Scope, type Surroundings } from "./scope.ts";
import { Draws, isSmall, randomTensor } from "./values.ts";

export interface GenerateOptions {
  /** Operations of the main function; about that many. */
  readonly size?: number;
  /** Ops to choose from; all that can be evaluated in one process, unless told. */
  readonly ops?: readonly OpDefinition[];
  /** Element types of all values; those that programs hold most, unless told. */
  readonly elements?: readonly Element[];
  /** How often dimensions of arguments and results are left open; never where elements are told. */
  readonly dynamic?: number;
  /** How often an argument's memory is given away (`jax.buffer_donor`); never, unless told. */
  readonly donated?: number;
}

/** Ops that are never chosen, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  "stablehlo.constant": "comes with what needs it",
  "stablehlo.send": "the other end is outside of the program",
  "stablehlo.recv": "the other end is outside of the program",
  "stablehlo.infeed": "the other end is outside of the program",
  "stablehlo.outfeed": "the other end is outside of the program",
};

/** Ops that a generated program may hold. */
export const generatedOps: readonly OpDefinition[] = [
  ...Object.values<OpDefinition>(stablehlo),
  ...Object.values<OpDefinition>(chlo),
  func.call,
].filter(({ name, evaluate, terminator }) => evaluate && !terminator && !(name in leftOut));

/** Ops whose results are the program's, and not the machine's: for comparing who runs it. */
export const repeatableOps: readonly OpDefinition[] = generatedOps.filter(
  ({ name }) => name !== "stablehlo.rng",
);

/** A program; the same seed makes the same. */
export function generateModule(seed: number, options: GenerateOptions = {}): VerifiedModule {
  return generateSample(seed, options).module;
}

/** A program and arguments for it. */
export function generateSample(seed: number, options: GenerateOptions = {}): Sample {
  const { size = 12, ops = generatedOps, elements, dynamic = elements ? 0 : 0.1, donated = 0 } = options;
  const draws = new Draws(seed, elements);
  const module = buildModule((builder) => {
    const functions: FunctionHandle[] = [];
    const around: Surroundings = { draws, ops, functions };
    // Each may call those before it, so that no call comes back to itself.
    for (let i = draws.pick([0, 0, 1, 2]); i > 0; i--) functions.push(helper(builder, around, `made_${i}`));
    addMain(builder, around, size, donated);
  });
  const { inputs } = functionType(entryFunction(module)!);
  const args = inputs.map((type) => randomTensor(draws, type as TensorType));
  return { module: draws.chance(dynamic) ? loosened(module, draws) : module, args };
}

function helper(builder: ModuleBuilder, around: Surroundings, name: string): FunctionHandle {
  const { draws } = around;
  const inputs = draws.times(draws.between(1, 3), () => draws.type());
  const body = (scope: Scope) => {
    for (let i = 0; i < 3; i++) scope.step();
    return draws.times(draws.between(1, 2), () => scope.anyTensor());
  };
  const made = { ...around, functions: [...around.functions] };
  return builder.func(name, inputs, ({ block }) => body(new Scope(made, block)), { private: true });
}

/** Results of main: at most so many. */
const mostResults = 6;

function addMain(builder: ModuleBuilder, around: Surroundings, size: number, donated: number): void {
  const { draws } = around;
  const inputs = draws.times(draws.between(1, 4), () => draws.type());
  const body = (scope: Scope) => {
    for (let i = 0; i < size; i++) scope.step();
    const results = scope.values.filter(({ type }) => isResult(type));
    const unused = unusedOf(results, scope.block);
    return unused.length > 0 ? unused.slice(-mostResults) : results.slice(-1);
  };
  const attributesOf = (): Attributes =>
    draws.chance(donated) ? { "jax.buffer_donor": booleanAttribute(true) } : {};
  const options = donated > 0 ? { argumentAttributes: inputs.map(attributesOf) } : {};
  builder.func("main", inputs, ({ block }) => body(new Scope(around, block)), options);
}

const isResult = (type: Type): boolean => type.kind === "tensor" && isElement(type.element) && isSmall(type);

/** What nobody reads would be dropped before anybody computes it. */
function unusedOf(values: readonly Value[], { operations }: Block): readonly Value[] {
  const used = new Set<Value>();
  for (const operation of operations)
    walk(operation, ({ operands }) => {
      for (const operand of operands) used.add(operand);
    });
  return values.filter((value) => !used.has(value) && value.owner.kind === "operation");
}
