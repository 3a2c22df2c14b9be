/** Small floats against ml_dtypes: `fixtures/floats.py` wrote what its types hold and how they round. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { floatCodec, type SmallFloat } from "../src/model/floats.ts";
import { viewOf } from "../src/model/storage.ts";

const [samplesLine = "", ...lines] = readFileSync(join(import.meta.dirname, "fixtures/floats.txt"), "utf8")
  .trim()
  .split("\n");

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const samples = viewOf("f32", bytes(samplesLine)) as Float32Array;

it.each(lines.map((line) => line.split(" ")))("%s", (name, values = "", rounded = "") => {
  const codec = floatCodec(name as SmallFloat);
  const expected = viewOf("f32", bytes(values)) as Float32Array;
  const step = name === "f16" || name === "bf16" ? 1021 : 1;
  // As f32 both ways: bit patterns would tell NaNs apart, Object.is in toEqual tells zeros apart.
  expect(Array.from(expected, (_, i) => Math.fround(codec.values[i * step]!))).toEqual([...expected]);
  const patterns = [...viewOf(name as SmallFloat, bytes(rounded))].map(Number);
  const numbers = (bits: readonly number[]) => bits.map((pattern) => codec.values[pattern]!);
  expect(numbers([...samples].map((sample) => codec.encode(sample)))).toEqual(numbers(patterns));
});
