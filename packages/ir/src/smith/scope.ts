/**
 * One block that is being filled: the values that its operations may use, and operations by guesses. Nothing here
 * knows ops by name: whatever has a declaration takes part, and of the guesses those are kept that it accepts.
 */
import { blockBuilder, type FunctionHandle } from "../construct/block.ts";
import type { Literal } from "../construct/literal.ts";
import { BuildError, buildOperation } from "../construct/operation.ts";
import type { NamedField, OpDefinition, RegionField, ValueField } from "../declare/define.ts";
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
import type { Storage } from "../model/storage.ts";
import { type Element, isElement, sizeOf, type TensorType, type Type, tensor } from "../model/types.ts";
import { stablehlo } from "../ops/index.ts";
import { evaluateOp } from "../reference/evaluate.ts";
import { isTensor } from "../reference/tensor.ts";
import { guessedBody } from "./bodies.ts";
import { proposeAttribute, proposeResult } from "./proposals.ts";
import { recipes } from "./recipes.ts";
import { scenes } from "./scenes.ts";
import { type Draws, isSame, isSmall, largest, randomScalar, randomTensor } from "./values.ts";

/** What a body returns, given a scope that holds its arguments. */
export type Fill = (inner: Scope) => readonly Value[];

/** Types of the arguments of a region, as the declaration has them, and which of its regions it is. */
export type RegionGuess = (types: readonly Type[], field: NamedField<RegionField>) => Region;

/** What the whole module has. */
export interface Surroundings {
  readonly draws: Draws;
  readonly ops: readonly OpDefinition[];
  /** Functions that may be called. */
  readonly functions: readonly FunctionHandle[];
}

/** Guesses for one op before it is given up. */
const attempts = 40;

/** Control flow inside control flow inside control flow: enough. */
export const deepest = 2;

type Given = Value | readonly Value[] | undefined;

export class Scope {
  readonly values: Value[];
  readonly draws: Draws;
  readonly block: Block;
  readonly depth: number;
  readonly around: Surroundings;

  constructor(around: Surroundings, block: Block, depth = 0, values: readonly Value[] = block.arguments) {
    this.around = around;
    this.draws = around.draws;
    this.block = block;
    this.depth = depth;
    this.values = [...values];
  }

  /** Appends an operation and what its operands need; nothing, if no guess fits. */
  step(): void {
    const fits = ({ regions }: OpDefinition) => regions.length === 0 || this.depth < deepest;
    const choices = this.around.ops.filter(fits);
    if (choices.length === 0) return;
    const definition = this.draws.pick(choices);
    const scene = scenes[definition.name];
    if (scene) scene(this);
    else if (recipes[definition.name]) this.#cook(definition);
    else this.#guess(definition);
  }

  /** Appends an operation as it is told; undefined when the declaration refuses it, or it has no meaning. */
  add(
    definition: OpDefinition,
    given: readonly unknown[],
    region: RegionGuess = noRegion,
  ): readonly Value[] | undefined {
    const operation = this.#built(definition, given, region);
    if (!operation) return undefined;
    append(this.block, operation);
    this.values.push(...operation.results);
    return operation.results;
  }

  /** A region whose block takes `types`; it sees the values around it if it `captures`. */
  region(
    types: readonly Type[],
    fill: Fill,
    { ops, captures }: { ops?: readonly OpDefinition[]; captures?: boolean } = {},
  ): Region {
    const block = createBlock(types);
    const around = ops ? { ...this.around, ops } : this.around;
    const values = captures ? [...this.values, ...block.arguments] : block.arguments;
    const results = fill(new Scope(around, block, this.depth + 1, values));
    const none = { location: unknownLocation, region: () => createRegion() };
    append(block, buildOperation(stablehlo.returnOp, [results], none));
    return createRegion(block);
  }

  /** A value of the type: one that is there, or a constant. */
  valueOf(type: TensorType): Value {
    const there = this.values.filter((value) => isSame(value.type, type));
    // There are no constants of quantized types: what takes one has made it.
    if (there.length > 0 && (!isElement(type.element) || this.draws.chance(0.8)))
      return this.draws.pick(there);
    const element = type.element as Element;
    // Mostly of different elements, which tell places apart.
    if (sizeOf(type.shape) <= 32 && this.draws.chance(0.7))
      return this.constant(randomTensor(this.draws, type).data, type);
    return this.constant(randomScalar(this.draws, element), type);
  }

  constant(value: Literal | Storage, type: TensorType): Value {
    const made = blockBuilder(this.block).constant(value as Storage, type);
    this.values.push(made);
    return made;
  }

  /** Any tensor of plain elements and known sizes that is there, or a constant. */
  anyTensor(): Value & { readonly type: TensorType } {
    const there = this.values.filter(({ type }) => isSmall(type) && isElement((type as TensorType).element));
    const made = there.length > 0 ? this.draws.pick(there) : this.valueOf(this.draws.type());
    return made as Value & { readonly type: TensorType };
  }

  #cook(definition: OpDefinition): void {
    const like = tensor([], this.draws.pick(this.#numbers()));
    const { operands, fields } = recipes[definition.name]!(this.draws, like);
    const types = operands.flatMap((operand) => ("value" in operand ? [operand.type] : operand));
    if (!types.every((type) => this.draws.allows(type))) return;
    const values = operands.map((operand) => {
      if ("value" in operand) return this.constant(operand.value, operand.type);
      return "kind" in operand ? this.valueOf(operand) : operand.map((each) => this.valueOf(each));
    });
    this.add(definition, [...values, fields], (types, field) => guessedBody(this, types, field));
  }

  #numbers(): readonly Element[] {
    const usual: readonly Element[] = ["f32", "i32", "f64", "complex<f32>", "bf16", "i8"];
    return usual.filter((element) => this.draws.allows(tensor([], element)));
  }

  #guess(definition: OpDefinition): void {
    for (let i = 0; i < attempts; i++) {
      const operands = this.#operandsFor(definition);
      if (!operands) return;
      const types = operands.flat().flatMap((value) => (value?.type.kind === "tensor" ? [value.type] : []));
      const fields: Record<string, unknown> = {};
      for (const field of definition.attributes)
        fields[field.name] = proposeAttribute(this.draws, field, types);
      if (!definition.infer) {
        for (const { name, arity } of definition.results) {
          const type = proposeResult(this.draws, definition, types);
          fields[name] = arity === "variadic" ? [type] : type;
        }
      }
      const guess: RegionGuess = (inputs, field) => guessedBody(this, inputs, field);
      if (this.add(definition, [...operands, fields], guess)) return;
    }
  }

  #built(definition: OpDefinition, given: readonly unknown[], guess: RegionGuess): Operation | undefined {
    const region = (_: unknown, field: NamedField<RegionField>, types: readonly Type[]) =>
      guess(types, field);
    const [fields = {}] = given.slice(definition.operands.length);
    const bodies = definition.regions.flatMap(({ name, arity }) =>
      arity === "variadic" && !(name in (fields as object))
        ? []
        : [[name, (fields as Record<string, unknown>)[name]]],
    );
    const bag = { ...(fields as object), ...Object.fromEntries(bodies) };
    try {
      const operands = given.slice(0, definition.operands.length);
      const operation = buildOperation(definition, [...operands, bag], { location: unknownLocation, region });
      return this.#isWanted(operation) ? operation : undefined;
    } catch (error) {
      if (error instanceof BuildError) return undefined;
      throw error;
    }
  }

  #isWanted(operation: Operation): boolean {
    return (
      operation.results.every(({ type }) => isSmall(type) && this.draws.allows(type)) &&
      hasMeaning(this, operation)
    );
  }

  // Operands -----------------------------------------------------------------------------------------------------

  #operandsFor(definition: OpDefinition): Given[] | undefined {
    const operands: Given[] = [];
    let like: Type | undefined;
    for (const field of definition.operands) {
      if (field.arity === "optional" && this.draws.chance(0.5)) {
        operands.push(undefined);
        continue;
      }
      const count = field.arity === "variadic" ? this.draws.between(1, 2) : 1;
      const part = this.draws.times(count, () => this.#operand(field, like));
      if (part.includes(undefined)) return undefined;
      like ??= part[0]!.type;
      operands.push(field.arity === "variadic" ? (part as Value[]) : part[0]);
    }
    return operands;
  }

  /** Mostly of the type of the operands before it, or a scalar of their elements. */
  #operand(field: ValueField, like: Type | undefined): Value | undefined {
    const { draws } = this;
    if (like?.kind === "tensor" && isElement(like.element) && draws.chance(0.8)) {
      const [scalar, index] = [tensor([], like.element), tensor([], "i32")];
      const wanted = draws.pick([like, like, like, scalar, index, tensor(like.shape, "i1")]);
      if (field.accepts(wanted) && draws.allows(wanted)) return this.valueOf(wanted);
    }
    const fitting = this.values.filter(({ type }) => field.accepts(type));
    if (fitting.length > 0 && draws.chance(0.8)) return draws.pick(fitting);
    for (let i = 0; i < 10; i++) {
      const type = draws.type();
      if (field.accepts(type)) return this.valueOf(type);
    }
    return undefined;
  }
}

const noRegion: RegionGuess = () => createRegion();

/** Types may be right and still have no meaning: remainders of complex numbers, shifts of floats. */
function hasMeaning({ draws }: Scope, operation: Operation): boolean {
  const types = operation.operands.map(({ type }) => type);
  if (operation.regions.length > 0 || !types.every(isPlain) || needsModule(operation)) return true;
  try {
    const results = evaluateOp(
      operation,
      types.map((type) => randomTensor(draws, type as TensorType)),
    );
    return results.every((datum) => !isTensor(datum) || sizeOf(datum.type.shape) <= largest);
  } catch (error) {
    return !(error instanceof Error && /not defined for|not available here/.test(error.message));
  }
}

const needsModule = ({ attributes }: Operation) =>
  Object.values(attributes).some(({ kind }) => kind === "symbol") || "called_computations" in attributes;

const isPlain = (type: Type): boolean => type.kind === "tensor" && isElement(type.element);
