/**
 * The Program: all that crosses from the compiler to the native runtime. A flat list of typed registers and instructions,
 * versioned, printable, the same in TypeScript and in C++ (`runtime/program.h`). `runtime/ops.def` says what each op means.
 *
 * Layout, little endian: "HLOOMPRG", u32 version, strings, types, constants, tapes, donated inputs; every list is a u32
 * count and its items. See {@link encodeProgram} for the fields: it reads like the format's definition.
 */
import { bytesPerElement, type Element, sizeOf, type TensorType } from "@hloom/ir";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { type OpName, opRows, type ParameterKind } from "./opcodes.ts";

export const programVersion = 1;

/** Position in HloomElement (runtime/c_api.h), part of the format. */
const elementCodes: readonly (Element | undefined)[] = [
  undefined,
  "i1", "i2", "i4", "i8", "i16", "i32", "i64",
  "ui2", "ui4", "ui8", "ui16", "ui32", "ui64",
  "f4E2M1FN", "f6E2M3FN", "f6E3M2FN", "f8E3M4", "f8E4M3", "f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2", "f8E5M2FNUZ", "f8E8M0FNU",
  "bf16", "f16", "f32", "f64", "complex<f32>", "complex<f64>",
]; // biome-ignore format: a table

export interface RegisterType {
  readonly element: Element;
  readonly shape: readonly number[];
}

export type ParameterValue = number | bigint | string | Uint8Array | readonly (number | bigint | string)[];

export interface Instruction {
  readonly op: OpName;
  readonly operands: readonly number[];
  readonly results: readonly number[];
  /** Per operand: whether the register is free afterwards, so that its memory can hold the result. */
  readonly lastUse: readonly boolean[];
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** `model.py:42:7 (dot_general)`: what a run-time error names. */
  readonly location: string;
}

export interface Tape {
  readonly name: string;
  readonly registers: readonly RegisterType[];
  readonly inputs: readonly number[];
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly number[];
}

export interface Constant {
  readonly type: RegisterType;
  /** Host layout; one element when `splat`. */
  readonly bytes: Uint8Array;
  readonly splat: boolean;
}

export interface Program {
  readonly constants: readonly Constant[];
  /** The first is the entry. */
  readonly tapes: readonly Tape[];
  /** Indices of entry inputs whose memory the run may reuse. */
  readonly donated: readonly number[];
}

export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

const rowByName = new Map(opRows.map((row) => [row.name as string, row]));
const rowByCode = new Map(opRows.map((row) => [row.opcode as number, row]));

/** Collects the tapes and constants of one Program. Tape 0 is the entry: begin it first. */
export class ProgramBuilder {
  readonly #constants: Constant[] = [];
  readonly #tapes: (Tape | undefined)[] = [];
  donated: readonly number[] = [];

  /** Reserves an index, so that a tape can refer to one that is not written yet. */
  tape(name: string): TapeBuilder {
    const index = this.#tapes.push(undefined) - 1;
    return new TapeBuilder(this, name, index, (tape) => {
      this.#tapes[index] = tape;
    });
  }

  constant(type: RegisterType, bytes: Uint8Array, splat = false): number {
    return this.#constants.push({ type: plainType(type), bytes, splat }) - 1;
  }

  finish(): Program {
    const tapes = this.#tapes.map((tape, index) => {
      if (!tape) throw new ProgramError(`tape ${index} was begun and not finished`);
      return tape;
    });
    return { constants: this.#constants, tapes, donated: this.donated };
  }
}

export class TapeBuilder {
  readonly program: ProgramBuilder;
  readonly name: string;
  /** What `tape` parameters refer to. */
  readonly index: number;
  readonly #done: (tape: Tape) => void;
  readonly #registers: RegisterType[] = [];
  readonly #inputs: number[] = [];
  readonly #instructions: Omit<Instruction, "lastUse">[] = [];

  constructor(program: ProgramBuilder, name: string, index: number, done: (tape: Tape) => void) {
    this.program = program;
    this.name = name;
    this.index = index;
    this.#done = done;
  }

  input(type: RegisterType): number {
    const register = this.#register(type);
    this.#inputs.push(register);
    return register;
  }

  /** Appends an instruction and returns its result registers. */
  emit(
    op: OpName,
    operands: readonly number[],
    results: readonly RegisterType[],
    parameters: Readonly<Record<string, ParameterValue>> = {},
    location = "",
  ): number[] {
    const registers = results.map((type) => this.#register(type));
    this.#instructions.push({ op, operands: [...operands], results: registers, parameters, location });
    return registers;
  }

  /** {@link emit} for the usual case of one result. */
  one(
    op: OpName,
    operands: readonly number[],
    result: RegisterType,
    parameters: Readonly<Record<string, ParameterValue>> = {},
    location = "",
  ): number {
    return this.emit(op, operands, [result], parameters, location)[0]!;
  }

  constant(type: RegisterType, bytes: Uint8Array, splat = false, location = ""): number {
    return this.one("constant", [], type, { index: this.program.constant(type, bytes, splat) }, location);
  }

  typeOf(register: number): RegisterType {
    return this.#registers[register]!;
  }

  finish(outputs: readonly number[]): void {
    const kept = new Set(outputs);
    const used = new Set<number>();
    const instructions = this.#instructions.map((instruction) => ({
      ...instruction,
      lastUse: [] as boolean[],
    }));
    for (const instruction of [...instructions].reverse()) {
      instruction.lastUse = instruction.operands.map(
        (register) => !kept.has(register) && !used.has(register),
      );
      for (const register of instruction.operands) used.add(register);
    }
    this.#done({
      name: this.name,
      registers: this.#registers,
      inputs: this.#inputs,
      instructions,
      outputs: [...outputs],
    });
  }

  #register(type: RegisterType): number {
    return this.#registers.push(plainType(type)) - 1;
  }
}

function plainType({ element, shape }: RegisterType): RegisterType {
  return { element, shape: [...shape] };
}

export function registerType(type: TensorType): RegisterType {
  if (typeof type.element !== "string")
    throw new ProgramError("a Program has no quantized or foreign elements");
  return { element: type.element, shape: type.shape };
}

// ---- bytes ---------------------------------------------------------------------------------------------------------

export function encodeProgram(program: Program): Uint8Array {
  const strings = new Pool<string>((text) => text);
  const types = new Pool<RegisterType>(typeText);
  const body = new ByteWriter();
  body.list(program.constants, ({ type, bytes, splat }) => {
    body.u32(types.index(type));
    body.u8(splat ? 1 : 0);
    body.u64(BigInt(bytes.byteLength));
    body.bytes(bytes);
  });
  body.list(program.tapes, (tape) => writeTape(body, tape, strings, types));
  body.list(program.donated, (input) => body.u32(input));

  const out = new ByteWriter();
  out.bytes(new TextEncoder().encode("HLOOMPRG"));
  out.u32(programVersion);
  out.list(strings.items, (text) => out.text(text));
  out.list(types.items, ({ element, shape }) => {
    out.u8(elementCode(element));
    out.list(shape, (dimension) => out.i64(BigInt(dimension)));
  });
  out.bytes(body.finish());
  return out.finish();
}

function writeTape(out: ByteWriter, tape: Tape, strings: Pool<string>, types: Pool<RegisterType>): void {
  out.u32(strings.index(tape.name));
  out.list(tape.registers, (type) => out.u32(types.index(type)));
  out.list(tape.inputs, (register) => out.u32(register));
  out.list(tape.instructions, (instruction) => {
    const row = rowByName.get(instruction.op);
    if (!row) throw new ProgramError(`no op is called "${instruction.op}"`);
    const { operands, results } = instruction;
    if (
      (row.operands >= 0 && operands.length !== row.operands) ||
      (row.results >= 0 && results.length !== row.results)
    ) {
      throw new ProgramError(
        `${row.name} takes ${row.operands} operands and gives ${row.results} results, got ${operands.length} and ${results.length}`,
      );
    }
    out.u16(row.opcode);
    out.u16(operands.length);
    out.u16(results.length);
    out.u32(strings.index(instruction.location));
    operands.forEach((register, i) => out.u32((register | (instruction.lastUse[i] ? 0x80000000 : 0)) >>> 0));
    for (const register of results) out.u32(register);
    const blob = new ByteWriter();
    for (const name of Object.keys(instruction.parameters)) {
      if (!row.parameters.some(([known]) => known === name))
        throw new ProgramError(`${row.name} has no parameter "${name}"`);
    }
    for (const [name, kind] of row.parameters) {
      const value = instruction.parameters[name];
      if (value === undefined) throw new ProgramError(`${row.name} lacks its parameter "${name}"`);
      writeParameter[kind](blob, value, strings);
    }
    const bytes = blob.finish();
    out.u32(bytes.byteLength);
    out.bytes(bytes);
  });
  out.list(tape.outputs, (register) => out.u32(register));
}

type List = readonly (number | bigint)[];

const writeParameter: Record<
  ParameterKind,
  (out: ByteWriter, value: ParameterValue, strings: Pool<string>) => void
> = {
  int: (out, value) => out.i64(BigInt(value as number)),
  ints: (out, value) => out.list(value as List, (item) => out.i64(BigInt(item))),
  float: (out, value) => out.f64(Number(value)),
  floats: (out, value) => out.list(value as List, (item) => out.f64(Number(item))),
  element: (out, value) => out.u8(elementCode(value as Element)),
  elements: (out, value) => out.list(value as readonly Element[], (item) => out.u8(elementCode(item))),
  string: (out, value, strings) => out.u32(strings.index(value as string)),
  bytes: (out, value) => {
    out.u32((value as Uint8Array).byteLength);
    out.bytes(value as Uint8Array);
  },
  tape: (out, value) => out.u32(Number(value)),
  tapes: (out, value) => out.list(value as List, (item) => out.u32(Number(item))),
};

/** Throws {@link ProgramError} on malformed bytes. The native decoder checks more: definite assignment, signatures, cycles. */
export function decodeProgram(bytes: Uint8Array): Program {
  const reader = new ByteReader(bytes, (what) => new ProgramError(`program: ${what}`));
  if (new TextDecoder().decode(reader.bytes(8)) !== "HLOOMPRG") throw new ProgramError("program: bad magic");
  const version = reader.u32();
  if (version !== programVersion)
    throw new ProgramError(`program: version ${version}, this package reads ${programVersion}`);
  const strings = reader.list(4, () => reader.text());
  const types = reader.list(5, (): RegisterType => {
    const element = elementCodes[reader.u8()];
    if (!element) throw new ProgramError("program: unknown element type");
    return { element, shape: reader.list(8, () => Number(reader.i64())) };
  });
  const constants = reader.list(13, (): Constant => {
    const type = at(types, reader.u32());
    const splat = reader.u8() !== 0;
    const data = reader.bytes(Number(reader.u64())).slice();
    if (data.byteLength !== bytesPerElement(type.element) * (splat ? 1 : sizeOf(type.shape))) {
      throw new ProgramError(`program: a constant of ${typeText(type)} has ${data.byteLength} bytes`);
    }
    return { type, splat, bytes: data };
  });
  const tapes = reader.list(20, () => readTape(reader, strings, types));
  const donated = reader.list(4, () => reader.u32());
  if (!reader.done) throw new ProgramError("program: bytes after the end");
  return { constants, tapes, donated };
}

function readTape(reader: ByteReader, strings: readonly string[], types: readonly RegisterType[]): Tape {
  const name = at(strings, reader.u32());
  const registers = reader.list(4, () => at(types, reader.u32()));
  const inputs = reader.list(4, () => reader.u32());
  const instructions = reader.list(14, (): Instruction => {
    const row = rowByCode.get(reader.u16());
    if (!row) throw new ProgramError("program: unknown opcode");
    const operandCount = reader.u16();
    const resultCount = reader.u16();
    const location = at(strings, reader.u32());
    const words = Array.from({ length: operandCount }, () => reader.u32());
    const results = Array.from({ length: resultCount }, () => reader.u32());
    const blob = reader.sub(reader.u32());
    const parameters = Object.fromEntries(
      row.parameters.map(([key, kind]) => [key, readParameter[kind](blob, strings)]),
    );
    return {
      op: row.name,
      operands: words.map((word) => word & 0x7fffffff),
      results,
      lastUse: words.map((word) => word >>> 31 === 1),
      parameters,
      location,
    };
  });
  const outputs = reader.list(4, () => reader.u32());
  return { name, registers, inputs, instructions, outputs };
}

const readParameter: Record<
  ParameterKind,
  (reader: ByteReader, strings: readonly string[]) => ParameterValue
> = {
  int: (reader) => Number(reader.i64()),
  ints: (reader) => reader.list(8, () => Number(reader.i64())),
  float: (reader) => reader.f64(),
  floats: (reader) => reader.list(8, () => reader.f64()),
  element: (reader) => at(elementCodes as readonly Element[], reader.u8()),
  elements: (reader) => reader.list(1, () => at(elementCodes as readonly Element[], reader.u8())),
  string: (reader, strings) => at(strings, reader.u32()),
  bytes: (reader) => reader.bytes(reader.u32()).slice(),
  tape: (reader) => reader.u32(),
  tapes: (reader) => reader.list(4, () => reader.u32()),
};

export function typeText({ element, shape }: RegisterType): string {
  return `${element}[${shape.join(",")}]`;
}

export function elementCode(element: Element): number {
  const code = elementCodes.indexOf(element);
  if (code < 0) throw new ProgramError(`no element type "${element}"`);
  return code;
}

export function elementOf(code: number): Element {
  return at(elementCodes as readonly Element[], code);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new ProgramError(`program: index ${index} of ${items.length}`);
  return item;
}

/** Items by first appearance, each once. */
class Pool<T> {
  readonly items: T[] = [];
  readonly #index = new Map<string, number>();
  readonly #key: (item: T) => string;

  constructor(key: (item: T) => string) {
    this.#key = key;
  }

  index(item: T): number {
    const key = this.#key(item);
    const known = this.#index.get(key);
    if (known !== undefined) return known;
    this.#index.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}
