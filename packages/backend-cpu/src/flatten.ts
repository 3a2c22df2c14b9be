/**
 * First stage: a module becomes one flat list of instructions. Calls and composites are unfolded, names and barriers
 * vanish, attributes are decoded once, and what nobody reads is dropped. Regions stay as nested lists.
 */
import { entryOf } from "@hloom/backend";
import {
  attributeValues,
  type Block,
  bodyOf,
  definitionOf,
  functionsOf,
  type HostTensor,
  hasEffects,
  type Module,
  type OpDefinition,
  type Operation,
  type Type,
  type Value,
} from "@hloom/ir";

/** A value of the flat program. Defined once; loops and calls give their own to each copy of a body. */
export interface Variable {
  readonly id: number;
  readonly type: Type;
}

export interface Instruction {
  readonly name: string;
  readonly definition: OpDefinition;
  /** Where it came from: for locations and for the reference evaluator. */
  readonly operation: Operation;
  /** Decoded attributes by name. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
  readonly blocks: readonly FlatBlock[];
}

export interface FlatBlock {
  readonly parameters: readonly Variable[];
  instructions: Instruction[];
  readonly results: readonly Variable[];
}

/** The static tensor type of a variable; callers know that it is not a token. */
export function tensorType(variable: Variable): HostTensor["type"] {
  if (variable.type.kind !== "tensor")
    throw new Error(`%${variable.id} is a ${variable.type.kind}, not a tensor`);
  return variable.type as HostTensor["type"];
}

/** A program that unfolds to more than this is refused: calls of calls can grow without bound. */
const instructionLimit = 2_000_000;

export function flatten(module: Module): FlatBlock {
  const flattener = new Flattener(functionsOf(module));
  const block = flattener.block(bodyOf(entryOf(module).regions[0]!), new Map());
  dropUnread(block);
  return block;
}

type Environment = Map<Value, Variable>;
type Unfolder = (operation: Operation, environment: Environment, into: Instruction[]) => void;

class Flattener {
  readonly #functions: ReadonlyMap<string, Operation>;
  #variables = 0;
  #instructions = 0;
  #depth = 0;
  readonly #tuples = new Map<Variable, readonly Variable[]>();

  constructor(functions: ReadonlyMap<string, Operation>) {
    this.#functions = functions;
  }

  block(block: Block, environment: Environment): FlatBlock {
    const parameters = block.arguments.map((argument) => this.#define(argument, environment));
    const instructions: Instruction[] = [];
    const results = this.#operations(block, environment, instructions);
    return { parameters, instructions, results };
  }

  /** Appends the block's operations and returns what its terminator gives. */
  #operations(block: Block, environment: Environment, into: Instruction[]): Variable[] {
    for (const operation of block.operations) {
      if (definitionOf(operation.name)?.terminator)
        return operation.operands.map((value) => read(environment, value));
      const unfold = this.#unfolders[operation.name] ?? this.#instruction;
      unfold(operation, environment, into);
    }
    return [];
  }

  #define(value: Value, environment: Environment): Variable {
    const variable = { id: this.#variables++, type: value.type };
    environment.set(value, variable);
    return variable;
  }

  #instruction: Unfolder = (operation, environment, into) => {
    const definition = definitionOf(operation.name);
    if (!definition) throw new Error(`operation ${operation.name} has no declaration`);
    if (++this.#instructions > instructionLimit)
      throw new Error(`the program unfolds to over ${instructionLimit} instructions`);
    if (isIdentityCall(operation)) return alias(operation, environment);
    const inputs = operation.operands.map((value) => read(environment, value));
    // Bodies see the values around them, and what they define stays theirs.
    const blocks = operation.regions.map((region) => this.block(bodyOf(region), new Map(environment)));
    const outputs = operation.results.map((result) => this.#define(result, environment));
    const attributes = attributeValues(definition, operation);
    into.push({ name: operation.name, definition, operation, attributes, inputs, outputs, blocks });
  };

  #call(symbol: string, operation: Operation, environment: Environment, into: Instruction[]): void {
    const callee = this.#functions.get(symbol);
    if (!callee) throw new Error(`function @${symbol} does not exist`);
    if (++this.#depth > 1000) throw new Error(`calls of @${symbol} nest too deep`);
    this.#inline(bodyOf(callee.regions[0]!), operation, environment, into, new Map());
    this.#depth--;
  }

  #inline(
    block: Block,
    operation: Operation,
    outer: Environment,
    into: Instruction[],
    inner: Environment,
  ): void {
    block.arguments.forEach((argument, i) => {
      inner.set(argument, read(outer, operation.operands[i]!));
    });
    const results = this.#operations(block, inner, into);
    operation.results.forEach((result, i) => {
      outer.set(result, results[i]!);
    });
  }

  /** Operations that are not instructions: structure, and names for values. */
  readonly #unfolders: Readonly<Record<string, Unfolder>> = {
    "func.call": (operation, environment, into) =>
      this.#call(symbolOf(operation, "callee"), operation, environment, into),
    "stablehlo.composite": (operation, environment, into) =>
      this.#call(symbolOf(operation, "decomposition"), operation, environment, into),
    "stablehlo.optimization_barrier": alias,
    "builtin.unrealized_conversion_cast": alias,
    "sdy.sharding_constraint": alias,
    "sdy.mesh": () => {},
    "sdy.manual_computation": (operation, environment, into) => {
      // Only bodies that see whole arrays come here: others are for several devices.
      this.#inline(bodyOf(operation.regions[0]!), operation, environment, into, environment);
    },
    "stablehlo.tuple": (operation, environment) => {
      const parts = operation.operands.map((value) => read(environment, value));
      this.#tuples.set(this.#define(operation.results[0]!, environment), parts);
    },
    "stablehlo.get_tuple_element": (operation, environment, into) => {
      const parts = this.#tuples.get(read(environment, operation.operands[0]!));
      const index = operation.attributes.index;
      if (!parts || index?.kind !== "integer") return this.#instruction(operation, environment, into);
      environment.set(operation.results[0]!, parts[Number(index.value)]!);
    },
  };
}

function alias(operation: Operation, environment: Environment): void {
  operation.results.forEach((result, i) => {
    environment.set(result, read(environment, operation.operands[i]!));
  });
}

/** Custom calls that only say where a value lives. */
function isIdentityCall({ name, attributes }: Operation): boolean {
  const target = attributes.call_target_name;
  if (name !== "stablehlo.custom_call" || target?.kind !== "string") return false;
  return ["Sharding", "xla.sdy.GlobalToLocalShape", "xla.sdy.LocalToGlobalShape"].includes(target.value);
}

function symbolOf(operation: Operation, attribute: string): string {
  const symbol = operation.attributes[attribute];
  return symbol?.kind === "symbol" ? symbol.path.join("::") : "?";
}

function read(environment: Environment, value: Value): Variable {
  const variable = environment.get(value);
  if (!variable) throw new Error("a value is used before it is defined");
  return variable;
}

function isEffective({ operation, blocks }: Instruction): boolean {
  return hasEffects(operation) || blocks.some(({ instructions }) => instructions.some(isEffective));
}

/** Drops instructions without effects whose results nobody reads, last to first; bodies too. */
function dropUnread(block: FlatBlock, read: Set<Variable> = new Set()): void {
  for (const result of block.results) read.add(result);
  const kept: Instruction[] = [];
  for (let i = block.instructions.length - 1; i >= 0; i--) {
    const instruction = block.instructions[i]!;
    const { inputs, outputs, blocks } = instruction;
    if (!isEffective(instruction) && !outputs.some((output) => read.has(output))) continue;
    for (const input of inputs) read.add(input);
    for (const inner of blocks) dropUnread(inner, read);
    kept.push(instruction);
  }
  block.instructions = kept.reverse();
}
