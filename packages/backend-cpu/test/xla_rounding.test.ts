/** Roundings of 16-bit floats beside those of XLA:CPU (jaxlib, at test time): where they stay, where they go, in what order. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Device, signatureOf } from "@hloom/backend";
import {
  floatCodec,
  type HostTensor,
  isSmallFloat,
  readModule,
  type VerifiedModule,
  verify,
  viewOf,
} from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { cpu } from "../src/index.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");

interface Case {
  readonly name: string;
  readonly text: string;
  /** Base64 of the arrays' bytes. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

function casesOfXla(): readonly Case[] {
  if (!existsSync(python)) return [];
  const script = join(import.meta.dirname, "fixtures/xla_rounding.py");
  return JSON.parse(execFileSync(python, [script], { encoding: "utf8", maxBuffer: 2 ** 26 }));
}

/** Of the largest element: far below a rounding of bf16 (2^-9), above what orders of sums in single precision do. */
const tolerance = 2e-6;

const device = new Device(cpu());

async function run(module: VerifiedModule, inputs: readonly HostTensor[], excessPrecision: boolean) {
  const executable = await device.compile(module, { excessPrecision });
  const results = executable.run(inputs.map((input) => device.upload(input)));
  return await Promise.all(results.map((result) => result.read()));
}

function tensorsOf(texts: readonly string[], types: readonly unknown[]): HostTensor[] {
  return texts.map((text, i) => {
    const type = types[i] as HostTensor["type"];
    return { type, data: viewOf(type.element, new Uint8Array(Buffer.from(text, "base64"))) };
  });
}

function numbersOf({ type: { element }, data }: HostTensor): number[] {
  const short = isSmallFloat(element) ? floatCodec(element).values : undefined;
  return Array.from(data as ArrayLike<number>, (value) => short?.[value] ?? value);
}

/** The largest difference of any element, as a part of the largest element of its array. */
function distance(actual: readonly HostTensor[], expected: readonly HostTensor[]): number {
  const parts = actual.map((tensor, i) => {
    const wanted = numbersOf(expected[i]!);
    const off = numbersOf(tensor).map((value, at) => Math.abs(value - wanted[at]!));
    return Math.max(...off) / Math.max(...wanted.map(Math.abs));
  });
  return Math.max(...parts);
}

describe("against XLA:CPU (needs .hloom/python)", () => {
  const cases = casesOfXla();

  test.each(cases)("$name", async ({ text, inputs, outputs }) => {
    const module = verify(readModule(text).module!).module!;
    const signature = signatureOf(module);
    const results = await run(module, tensorsOf(inputs, signature.inputs), true);
    expect(distance(results, tensorsOf(outputs, signature.outputs))).toBeLessThan(tolerance);
  });

  test.runIf(cases.length > 0)(
    "without excess precision bf16 is rounded before it is converted",
    async () => {
      const { text, inputs, outputs } = cases.find(({ name }) => name === "both of bf16")!;
      const module = verify(readModule(text).module!).module!;
      const signature = signatureOf(module);
      const results = await run(module, tensorsOf(inputs, signature.inputs), false);
      expect(distance(results, tensorsOf(outputs, signature.outputs))).toBeGreaterThan(2 ** -10);
    },
  );
});
