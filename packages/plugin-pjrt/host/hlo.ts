/**
 * What jaxlib shows of an executable: an `xla.HloModuleProtoWithConfig`, for several devices with the shardings of its
 * parameters and results. The program in it is one call; ours is not XLA's.
 */
import { isReplicated, type Tiling } from "@hloom/ir";
import type { WireType } from "./protocol.ts";

/** A field of a protobuf message: a number, text, a message, or several numbers in one field. */
type Value = number | string | Uint8Array | readonly number[];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

type Field = readonly [id: number, value: Value];

function message(...fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap(([id, value]) => {
      if (typeof value === "number") return [...varint(id * 8), ...varint(value)];
      const bytes = bytesOf(value);
      return [...varint(id * 8 + 2), ...varint(bytes.length), ...bytes];
    }),
  );
}

function bytesOf(value: Exclude<Value, number>): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  return value instanceof Uint8Array ? value : Uint8Array.from(value.flatMap(varint));
}

/** xla.PrimitiveType by our names. */
const primitiveTypes: Readonly<Record<string, number>> = {
  ...{ i1: 1, i8: 2, i16: 3, i32: 4, i64: 5, ui8: 6, ui16: 7, ui32: 8, ui64: 9, f16: 10, f32: 11, f64: 12 },
  ...{ "complex<f32>": 15, bf16: 16, "complex<f64>": 18, f8E5M2: 19, f8E4M3FN: 20, i4: 21, ui4: 22 },
  ...{ f8E4M3B11FNUZ: 23, f8E5M2FNUZ: 24, f8E4M3FNUZ: 25, i2: 26, ui2: 27, f8E4M3: 28, f8E3M4: 29 },
  ...{ f4E2M1FN: 32, f8E8M0FNU: 33 },
};
const tuple = 13;

function shape({ element, shape: dimensions }: WireType): Uint8Array {
  const primitive = primitiveTypes[element]!;
  const layout = message([1, dimensions.map((_, d) => dimensions.length - 1 - d)]);
  return message([2, primitive], [3, dimensions], [5, layout], [6, dimensions.map(() => 0)]);
}

const tupleShape = (types: readonly WireType[]): Uint8Array =>
  message([2, tuple], ...types.map((type) => [4, shape(type)] as const));

/** xla.OpSharding. */
const kinds = { replicated: 0, tuple: 2, other: 3, unreduced: 6 } as const;

function sharding(tiling: Tiling): Uint8Array {
  if (isReplicated(tiling)) return message([1, kinds.replicated]);
  const { counts, parts, places, addends, addend } = tiling;
  // Devices by tile, those that have the same one by their place in the mesh, addends last.
  const compare = (a: readonly number[], b: readonly number[]): number => {
    const at = a.findIndex((index, d) => index !== b[d]);
    return at < 0 ? 0 : a[at]! - b[at]!;
  };
  const ordered = parts.map((_, device) => device);
  ordered.sort((a, b) => compare(parts[a]!, parts[b]!) || compare(places[a]!, places[b]!));
  const copies = ordered.length / counts.reduce((product, count) => product * count, addends);
  const devices: number[] = [];
  for (let at = 0; at < ordered.length; at += copies * addends) {
    const tile = ordered.slice(at, at + copies * addends);
    const byAddend = Array.from({ length: addends }, (_, i) => tile.filter((device) => addend[device] === i));
    for (let copy = 0; copy < copies; copy++) devices.push(...byAddend.map((having) => having[copy]!));
  }
  const last = [
    ...(copies > 1 ? [{ kind: kinds.replicated, size: copies }] : []),
    ...(addends > 1 ? [{ kind: kinds.unreduced, size: addends }] : []),
  ];
  return message(
    [1, kinds.other],
    [3, [...counts, ...last.map(({ size }) => size)]],
    [4, devices],
    [8, last.map(({ kind }) => kind)],
  );
}

/** Of the tuple of all results; an empty one is replicated. */
function resultShardings(results: readonly Tiling[]): Uint8Array {
  if (results.length === 0) return message([1, kinds.replicated]);
  return message([1, kinds.tuple], ...results.map((tiling) => [5, sharding(tiling)] as const));
}

export interface ShownSignature {
  readonly name: string;
  /** Of one process. */
  readonly inputs: readonly WireType[];
  readonly outputs: readonly WireType[];
  /** Of several processes. */
  readonly arguments?: readonly Tiling[];
  readonly results?: readonly Tiling[];
}

/** One instruction: `opcode` of `shape`, with what belongs to it. */
function instruction(
  id: number,
  name: string,
  opcode: string,
  resultShape: Uint8Array,
  ...more: readonly Field[]
): Uint8Array {
  return message([1, name], [2, opcode], [3, resultShape], ...more, [35, id]);
}

/** Nothing for types that XLA does not have. */
export function hloWithConfig(signature: ShownSignature): Uint8Array {
  const types = [...signature.inputs, ...signature.outputs];
  return types.every(({ element }) => element in primitiveTypes) ? encode(signature) : new Uint8Array(0);
}

function encode({ name, inputs, outputs, arguments: args, results }: ShownSignature): Uint8Array {
  const parameterNames = inputs.map((_, i) => `arg.${i}`);
  const programShape = message(
    ...inputs.map((type) => [1, shape(type)] as const),
    [2, tupleShape(outputs)],
    ...parameterNames.map((parameter) => [3, parameter] as const),
  );
  const parameters = inputs.map((type, i) =>
    instruction(i + 1, parameterNames[i]!, "parameter", shape(type), [9, i]),
  );
  const root = inputs.length + 1;
  const call = instruction(
    root,
    name,
    "custom-call",
    tupleShape(outputs),
    [28, "hloom.program"],
    [36, inputs.map((_, i) => i + 1)],
  );
  const computation = message(
    [1, "main"],
    ...[...parameters, call].map((one) => [2, one] as const),
    [4, programShape],
    [5, 1],
    [6, root],
  );
  const module = message(
    ...[[1, name] as const, [2, "main"] as const, [3, computation] as const, [4, programShape] as const],
    ...[[5, 1] as const, [6, 1] as const],
    ...(results ? [[12, resultShardings(results)] as const] : []),
    ...(args ?? []).map((tiling) => [14, sharding(tiling)] as const),
  );
  return message([1, module], [2, message([1, programShape])]);
}
