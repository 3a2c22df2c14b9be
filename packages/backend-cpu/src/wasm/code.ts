/** WebAssembly functions as expressions: operands first, so that code reads like the formula that it computes. */
import type { ValueType, WasmFunction } from "./assembler.ts";
import { access, code, constant, control, type Instruction, local } from "./instructions.ts";

/** Bytes of instructions that leave their value, if they have one, on the stack. */
export type Code = readonly number[];

/** A parameter or local variable. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** A local stands for its value, a number for a constant i32. */
export type Operand = Code | Local | number;

export function value(operand: Operand): Code {
  if (typeof operand === "number") return constant.i32(operand);
  return "index" in operand ? local.get(operand.index) : operand;
}

/** An instruction without immediates on its operands. */
export function apply(name: Instruction, ...operands: readonly Operand[]): Code {
  return [...operands.flatMap(value), ...code(name)];
}

/** Loads by address; the offset is in bytes and not negative. */
export function load(name: Instruction, address: Operand, offset = 0): Code {
  return [...value(address), ...access(name, offset)];
}

export function store(name: Instruction, address: Operand, what: Operand, offset = 0): Code {
  return [...value(address), ...value(what), ...access(name, offset)];
}

export function extract(name: Instruction, vector: Operand, lane: number): Code {
  return [...value(vector), ...code(name), lane];
}

/** Bytes of two vectors by their positions, 0 to 31. */
export function shuffle(a: Operand, b: Operand, positions: readonly number[]): Code {
  return [...value(a), ...value(b), ...code("i8x16.shuffle"), ...positions];
}

/** A constant vector of four 32-bit words. */
export function wordsOf(...words: readonly [number, number, number, number]): Code {
  return constant.v128(new Uint8Array(Uint32Array.from(words).buffer));
}

export const add = (...terms: readonly [Operand, ...Operand[]]): Code =>
  terms.reduce<Code>((sum, term, i) => (i === 0 ? value(term) : apply("i32.add", sum, term)), []);
export const subtract = (a: Operand, b: Operand): Code => apply("i32.sub", a, b);
export const times = (a: Operand, b: Operand): Code => apply("i32.mul", a, b);

export const set = (variable: Local, what: Operand): Code => [...value(what), ...local.set(variable.index)];
export const increase = (variable: Local, by: Operand): Code => set(variable, add(variable, by));

/** The smaller of two unsigned integers; both are evaluated twice. */
export const least = (a: Operand, b: Operand): Code => apply("select", a, b, apply("i32.lt_u", a, b));

export function when(condition: Operand, then: Code, otherwise: Code = []): Code {
  const rest = otherwise.length > 0 ? [...control.else, ...otherwise] : [];
  return [...value(condition), ...control.if, ...then, ...rest, ...control.end];
}

/** Runs `body` until `condition` fails after it; at least once. */
export function repeat(body: Code, condition: Code): Code {
  return [...control.loop, ...body, ...condition, ...control.brIf(0), ...control.end];
}

/** Counts `counter` from where it is by `step` while it is below `end`, which must not change. */
export function countTo(counter: Local, end: Operand, step: Operand, body: Code): Code {
  const more = apply("i32.lt_u", counter, end);
  return when(more, repeat([...body, ...increase(counter, step)], more));
}

/** `countTo` from zero. */
export const count = (counter: Local, end: Operand, step: Operand, body: Code): Code => [
  ...set(counter, 0),
  ...countTo(counter, end, step, body),
];

/** Calls a function of the same module by its place in the list. */
export const call = (index: number, ...operands: readonly Operand[]): Code => [
  ...operands.flatMap(value),
  ...control.call(index),
];

/** `memory.copy`: overlapping ranges are copied as if through a buffer. */
export const copyBytes = (to: Operand, from: Operand, bytes: Operand): Code => [
  ...[to, from, bytes].flatMap(value),
  ...[...code("memory.copy"), 0, 0],
];

export const fillBytes = (to: Operand, byte: Operand, bytes: Operand): Code => [
  ...[to, byte, bytes].flatMap(value),
  ...[...code("memory.fill"), 0],
];

/** As many as a number that the compiler knows says, so that they can be named one by one. */
type Locals<Count extends number, Known extends Local[] = []> = number extends Count
  ? Local[]
  : Known["length"] extends Count
    ? Known
    : Locals<Count, [Local, ...Known]>;

/** Declares the parameters and locals of a function while its body is written. */
export class FunctionCode {
  readonly #parameters: ValueType[] = [];
  readonly #locals: ValueType[] = [];

  /** i32 parameters, in order; all before the first local. */
  parameters<Names extends string>(...names: readonly Names[]): Readonly<Record<Names, Local>> {
    const all = names.map((name) => [
      name,
      { index: this.#parameters.push("i32") - 1, type: "i32" } satisfies Local,
    ]);
    return Object.fromEntries(all);
  }

  local(type: ValueType = "i32"): Local {
    return { index: this.#parameters.length + this.#locals.push(type) - 1, type };
  }

  locals<Count extends number>(count: Count, type: ValueType = "i32"): Locals<Count> {
    return Array.from({ length: count }, () => this.local(type)) as Locals<Count>;
  }

  finish(name: string | undefined, body: Code): WasmFunction {
    return {
      ...(name !== undefined && { name }),
      parameters: this.#parameters,
      locals: this.#locals.map((type) => [1, type]),
      body,
    };
  }
}
