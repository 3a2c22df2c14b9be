/**
 * Well-typed programs from the declarations: operands of the right kinds, guessed attributes, and of the guesses those
 * that the constraints accept. Nothing here lists ops: whatever has a declaration with a meaning takes part.
 */
import { blockBuilder } from "../construct/block.ts";
import { buildModule } from "../construct/module.ts";
import { BuildError, buildOperation } from "../construct/operation.ts";
import type { OpDefinition, ValueField } from "../declare/define.ts";
import { unknownLocation } from "../model/location.ts";
import {
  append,
  type Block,
  createBlock,
  createRegion,
  type Operation,
  type Region,
  type Value,
} from "../model/operation.ts";
import {
  DYNAMIC,
  type Element,
  isComplex,
  isElement,
  sizeOf,
  type TensorType,
  type Type,
  tensor,
} from "../model/types.ts";
import { chlo, stablehlo } from "../ops/index.ts";
import { evaluateOp } from "../reference/evaluate.ts";
import type { VerifiedModule } from "../verify/verify.ts";
import { proposeAttribute, proposeResult } from "./proposals.ts";
import { Random } from "./random.ts";
import { recipes } from "./recipes.ts";
import { randomScalar, randomTensor, randomType } from "./values.ts";

export interface GenerateOptions {
  /** Operations of the main function; about that many. */
  readonly size?: number;
  /** Ops to choose from; all that can be evaluated in one process, unless told. */
  readonly ops?: readonly OpDefinition[];
}

/** Loops would not end, calls have no callee, and what numbers come from the machine is not the program's. */
const leftOut =
  /^stablehlo\.(while|custom_call|composite|rng|rng_bit_generator|create_token|after_all|cross-replica-sum|partition_id|replica_id|tuple|get_tuple_element|async_\w+|constant)$/;

/** Ops that a generated program may hold. */
export const generatedOps: readonly OpDefinition[] = [
  ...Object.values<OpDefinition>(stablehlo),
  ...Object.values<OpDefinition>(chlo),
].filter(
  ({ name, evaluate, terminator, effects }) => evaluate && !terminator && !effects && !leftOut.test(name),
);

/** A program of one function; the same seed makes the same. */
export function generateModule(
  seed: number,
  { size = 12, ops = generatedOps }: GenerateOptions = {},
): VerifiedModule {
  const random = new Random(seed);
  const inputs = random.times(random.between(1, 4), () => randomType(random));
  return buildModule(({ func }) => {
    func("main", inputs, ({ block }, ...args) => {
      const smith = new Smith(random, ops, block, [...(args as readonly Value[])]);
      for (let i = 0; i < size; i++) smith.step(0);
      const tensors = smith.values.filter(({ type }) => type.kind === "tensor");
      return random.times(random.between(1, 3), () => random.pick(tensors.slice(-8)));
    });
  });
}

/** Guesses for one op before another is chosen. */
const attempts = 40;

class Smith {
  readonly values: Value[];
  readonly #random: Random;
  readonly #ops: readonly OpDefinition[];
  readonly #block: Block;

  constructor(random: Random, ops: readonly OpDefinition[], block: Block, values: Value[]) {
    this.#random = random;
    this.#ops = ops;
    this.#block = block;
    this.values = values;
  }

  /** Appends an operation and what its operands need; none, if no guess fits. */
  step(depth: number): void {
    const flat = depth > 0 ? this.#ops.filter(({ regions }) => regions.length === 0) : this.#ops;
    const definition = this.#random.pick(flat);
    const made = recipes[definition.name] ? this.#cook(definition) : this.#guess(definition, depth);
    if (made) this.#keep(made);
  }

  #keep(operation: Operation): void {
    append(this.#block, operation);
    this.values.push(...operation.results);
  }

  #guess(definition: OpDefinition, depth: number): Operation | undefined {
    for (let i = 0; i < attempts; i++) {
      const operands = this.#operandsFor(definition);
      if (!operands) return undefined;
      const types = operands.flat().flatMap((value) => (value?.type.kind === "tensor" ? [value.type] : []));
      const fields: Record<string, unknown> = {};
      for (const field of definition.attributes)
        fields[field.name] = proposeAttribute(this.#random, field, types);
      if (!definition.infer) {
        for (const { name, arity } of definition.results) {
          const type = proposeResult(this.#random, definition, types);
          fields[name] = arity === "variadic" ? [type] : type;
        }
      }
      for (const { name, arity } of definition.regions) {
        const body = () => {};
        fields[name] =
          arity === "variadic" ? this.#random.times(this.#random.between(1, 3), () => body) : body;
      }
      const made = this.#build(definition, [...operands, fields], depth);
      if (made) return made;
    }
    return undefined;
  }

  #cook(definition: OpDefinition): Operation | undefined {
    const like = tensor([], this.#random.pick<Element>(["f32", "i32", "f64", "complex<f32>"]));
    const { operands, fields } = recipes[definition.name]!(this.#random, like);
    const values = operands.map((type) =>
      "kind" in type ? this.#valueOf(type) : type.map((each) => this.#valueOf(each)),
    );
    const regions = definition.regions.map(({ name }) => [name, () => {}]);
    return this.#build(definition, [...values, { ...fields, ...Object.fromEntries(regions) }], 0);
  }

  /** The operation, unless the declaration refuses it. */
  #build(definition: OpDefinition, given: readonly unknown[], depth: number): Operation | undefined {
    // Branches of one op return the same types.
    const wish = this.#random.below(4);
    const region = (_: unknown, __: unknown, types: readonly Type[]) => this.#region(types, wish, depth);
    try {
      const operation = buildOperation(definition, given, { location: unknownLocation, region });
      const isWanted = operation.results.every(({ type }) => isSmall(type)) && this.#hasMeaning(operation);
      return isWanted ? operation : undefined;
    } catch (error) {
      if (error instanceof BuildError) return undefined;
      throw error;
    }
  }

  /** Types may be right and still have no meaning: remainders of complex numbers, shifts of floats. */
  #hasMeaning(operation: Operation): boolean {
    const types = operation.operands.map(({ type }) => type as TensorType);
    if (operation.regions.length > 0 || types.some(({ kind }) => kind !== "tensor")) return true;
    try {
      evaluateOp(
        operation,
        types.map((type) => randomTensor(this.#random, type)),
      );
      return true;
    } catch (error) {
      return !(error instanceof Error && /not defined for|not available here/.test(error.message));
    }
  }

  // Operands -----------------------------------------------------------------------------------------------------

  #operandsFor(definition: OpDefinition): (Value | readonly Value[] | undefined)[] | undefined {
    const operands: (Value | readonly Value[] | undefined)[] = [];
    let like: Type | undefined;
    for (const field of definition.operands) {
      const count = field.arity === "variadic" ? this.#random.between(1, 2) : 1;
      if (field.arity === "optional" && this.#random.chance(0.5)) {
        operands.push(undefined);
        continue;
      }
      const part = this.#random.times(count, () => this.#operand(field, like));
      if (part.includes(undefined)) return undefined;
      like ??= part[0]!.type;
      operands.push(field.arity === "variadic" ? (part as Value[]) : part[0]);
    }
    return operands;
  }

  /** Mostly of the type of the operands before it, or a scalar of their elements. */
  #operand(field: ValueField, like: Type | undefined): Value | undefined {
    const random = this.#random;
    if (like?.kind === "tensor" && random.chance(0.8)) {
      const scalar = tensor([], like.element);
      const index = tensor([], "i32");
      const wanted = random.pick([like, like, like, scalar, index, tensor(like.shape, "i1")]);
      if (field.accepts(wanted)) return this.#valueOf(wanted);
    }
    const fitting = this.values.filter(({ type }) => field.accepts(type));
    if (fitting.length > 0 && random.chance(0.8)) return random.pick(fitting);
    for (let i = 0; i < 10; i++) {
      const type = randomType(random);
      if (field.accepts(type)) return this.#valueOf(type);
    }
    return undefined;
  }

  /** A value of the type: one that is there, or a constant. */
  #valueOf(type: TensorType): Value {
    const there = this.values.filter((value) => isSame(value.type, type));
    if (there.length > 0 && this.#random.chance(0.8)) return this.#random.pick(there);
    const element = type.element as Element;
    const number = randomScalar(this.#random, element);
    const value = blockBuilder(this.#block).constant(number, { ...type, element });
    this.values.push(value);
    return value;
  }

  // Regions ------------------------------------------------------------------------------------------------------

  /** A body of a few operations that returns as many values as `wish` says, of types that reductions and branches want. */
  #region(types: readonly Type[], wish: number, depth: number): Region {
    const block = createBlock(types);
    const inner = new Smith(this.#random, elementwise, block, [...block.arguments]);
    const wanted = inner.#returnTypes(types, wish);
    for (let i = this.#random.below(3); i > 0; i--) inner.step(depth + 1);
    const results = wanted.map((type, i) => inner.#combined(type, i, types.length));
    const none = { location: unknownLocation, region: () => createRegion() };
    append(block, buildOperation(stablehlo.returnOp, [results], none));
    return createRegion(block);
  }

  #returnTypes(types: readonly Type[], wish: number): readonly TensorType[] {
    const tensors = types.filter((type) => type.kind === "tensor");
    if (wish === 0) return [tensor([], "i1")];
    // Branches take nothing: any two types do, as long as each branch returns them.
    if (tensors.length === 0) return [tensor([2], "f32"), tensor([], "i32")].slice(0, wish);
    return wish === 3 ? tensors : tensors.slice(0, Math.ceil(tensors.length / 2));
  }

  /** Folds the `i`-th argument with its partner, so that reductions depend on both. */
  #combined(type: TensorType, i: number, count: number): Value {
    const [own, other] = [this.values[i], this.values[i + count / 2]];
    const isPair = own && other && isSame(own.type, type) && isSame(other.type, type) && count % 2 === 0;
    const isNumber = isElement(type.element) && type.element !== "i1" && !isComplex(type.element);
    if (!isPair || this.#random.chance(0.3)) return this.#valueOf(type);
    const ops = isNumber ? [stablehlo.add, stablehlo.maximum, stablehlo.minimum] : [stablehlo.add];
    const none = { location: unknownLocation, region: () => createRegion() };
    const operation = buildOperation(this.#random.pick(ops), [own, other], none);
    this.#keep(operation);
    return operation.results[0]!;
  }
}

/** What bodies are made of: they run for every element, and see scalars mostly. */
const elementwise = [
  stablehlo.add,
  stablehlo.multiply,
  stablehlo.maximum,
  stablehlo.negate,
  stablehlo.abs,
  stablehlo.compare,
  stablehlo.select,
  stablehlo.convert,
  stablehlo.tanh,
  stablehlo.and,
];

/** Of known sizes, and soon evaluated. */
const isSmall = (type: Type): boolean =>
  type.kind === "tensor" && !type.shape.includes(DYNAMIC) && sizeOf(type.shape) <= 512;

const isSame = (a: Type, b: TensorType): boolean =>
  a.kind === "tensor" && a.element === b.element && a.shape.join() === b.shape.join();
