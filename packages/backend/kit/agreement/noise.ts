/**
 * Disturbs an evaluation within what implementations may differ in: each inexact operation by its own rounding, and
 * what hardware and compilers are free in. How far results move is how far two right results may be apart.
 *
 * - Denormal numbers of f32, f64 and bf16 may be zeros: XLA:CPU and GPUs flush them.
 * - A NaN may have either sign and any payload, which shows in its bits and in a total order only.
 */
import {
  type Around,
  allocate,
  bytesOf,
  type Datum,
  type Element,
  floatCodec,
  type HostTensor,
  isComplex,
  isFloat,
  isSmallFloat,
  isTensor,
  realElement,
  smith,
} from "@hloom/ir";
import { roundingOf } from "./rounding.ts";

type Random = InstanceType<typeof smith.Random>;

/** Stands around the operations of an evaluation; the same seed disturbs alike. */
export function noise(seed: number): Around {
  const random = new smith.Random(seed);
  return (operation, data, apply) => {
    const onComplex = data.some((datum) => isTensor(datum) && isComplex(datum.type.element));
    const rounding = roundingOf(operation.name, onComplex);
    const inputs = data.map((datum) => disturbed(random, datum, rounding?.operands ?? 0));
    const outputs = apply(inputs);
    return rounding ? outputs.map((datum) => disturbed(random, datum, rounding.result)) : outputs;
  };
}

function disturbed(random: Random, datum: Datum, ulps: number): Datum {
  if (!isTensor(datum)) return datum;
  const { element } = datum.type;
  if (!isFloat(element) && !isComplex(element)) return datum;
  const numbers = numbersOf(datum);
  const part = realElement(element);
  const isPair = isComplex(element);
  const changed = numbers.map((value, i) => {
    const partner = isPair ? numbers[i ^ 1]! : 0;
    return moved(random, value, part, ulps, Math.hypot(value, Number.isFinite(partner) ? partner : 0));
  });
  const data = storageOf(element, changed);
  for (const [i, value] of changed.entries())
    if (Number.isNaN(value) && random.chance(0.5)) flipSign(data, i, part);
  return { type: datum.type, data };
}

/** Types whose NaNs have no sign. */
const signless = /FNUZ|FNU|f[46]/;

function flipSign(data: HostTensor["data"], i: number, element: Element): void {
  if (signless.test(element)) return;
  const bytes = bytesOf(data);
  const last = (i + 1) * data.BYTES_PER_ELEMENT - 1;
  bytes[last] = bytes[last]! ^ 0x80;
}

/** Range and precision of the float types: fraction bits, and the exponent of the smallest normal number. */
const precision: Partial<Record<Element, readonly [fraction: number, least: number]>> = {
  f64: [52, -1022],
  f32: [23, -126],
};

function formatOf(element: Element): readonly [number, number] {
  const known = precision[element];
  if (known) return known;
  if (!isSmallFloat(element)) throw new Error(`${element} is not a float`);
  const { exponentBits, mantissaBits } = floatCodec(element);
  return [mantissaBits, 2 - 2 ** (exponentBits - 1)];
}

/** Types whose denormal numbers are flushed with those of f32 and f64. */
const flushed: ReadonlySet<Element> = new Set(["f32", "f64", "bf16"]);

function moved(random: Random, value: number, element: Element, ulps: number, magnitude: number): number {
  if (Number.isNaN(value)) return value;
  const [fraction, least] = formatOf(element);
  if (Math.abs(value) < 2 ** least && flushed.has(element) && random.chance(0.5)) return Math.sign(value) * 0;
  if (ulps === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.max(least, Math.floor(Math.log2(magnitude || Number.MIN_VALUE)));
  return value + (2 * random.next() - 1) * ulps * 2 ** (exponent - fraction);
}

/** Every part of every element as a number. */
export function numbersOf({ type, data }: HostTensor): number[] {
  if (!isSmallFloat(type.element)) return Array.from(data as Float64Array, Number);
  const { values } = floatCodec(type.element);
  return Array.from(data as Uint16Array, (bits) => values[bits]!);
}

function storageOf(element: Element, numbers: readonly number[]): HostTensor["data"] {
  const slots = isComplex(element) ? 2 : 1;
  const data = allocate(element, numbers.length / slots) as Float64Array;
  const encode = isSmallFloat(element) ? floatCodec(element).encode : (value: number) => value;
  for (const [i, value] of numbers.entries()) data[i] = encode(value);
  return data;
}
