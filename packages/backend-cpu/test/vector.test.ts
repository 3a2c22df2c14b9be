/** Every row of the table of vector ops beside the reference evaluator, on edges and random bits of each element type. */
import {
  bytesOf,
  type Element,
  evaluate,
  type HostTensor,
  isComplex,
  isFloat,
  readModule,
  realElement,
  verify,
  viewOf,
} from "@hloom/ir";
import { describe, expect, test } from "vitest";
import { flatten } from "../src/flatten.ts";
import { compileProbes, type Probe } from "../src/wasm/probe.ts";
import { Floats } from "../src/wasm/vector_lanes.ts";
import { vectorOp, vectorOps } from "../src/wasm/vector_ops.ts";
import { decode, encode, memoryOf } from "../src/wasm/vector_values.ts";

const size = 1024;
const side = 32;

const floats: readonly Element[] = ["f32", "f64", "f16", "bf16"];
const integers: readonly Element[] = [
  "i2",
  "i4",
  "ui2",
  "ui4",
  "i8",
  "i16",
  "i32",
  "i64",
  "ui8",
  "ui16",
  "ui32",
  "ui64",
];
const complexes: readonly Element[] = ["complex<f32>", "complex<f64>"];
const all: readonly Element[] = [...floats, ...integers, "i1"];

interface Case {
  /** Of StableHLO, unless it names another dialect. */
  readonly op: string;
  readonly inputs: readonly Element[];
  readonly result: Element;
  readonly attributes?: string;
}

const same = (op: string, count: 1 | 2 | 3, elements: readonly Element[]): Case[] =>
  elements.map((element) => ({ op, inputs: Array(count).fill(element), result: element }));

const directions = ["EQ", "NE", "LT", "LE", "GT", "GE"];
const compares = (
  elements: readonly Element[],
  type: (element: Element) => string,
  names = directions,
): Case[] =>
  elements.flatMap((element) =>
    names.map((direction) => ({
      op: "compare",
      inputs: [element, element],
      result: "i1" as const,
      attributes: `comparison_direction = #stablehlo<comparison_direction ${direction}>, compare_type = #stablehlo<comparison_type ${type(element)}>`,
    })),
  );
const kindOf = (element: Element) =>
  isFloat(element) ? "FLOAT" : element[0] === "i" && element !== "i1" ? "SIGNED" : "UNSIGNED";

const cases: readonly Case[] = [
  ...["add", "multiply", "maximum", "minimum"].flatMap((op) => same(op, 2, all)),
  ...["add", "subtract", "multiply", "divide"].flatMap((op) => same(op, 2, complexes)),
  ...complexes.map((element): Case => ({ op: "abs", inputs: [element], result: realElement(element) })),
  ...["subtract", "divide"].flatMap((op) => same(op, 2, [...floats, ...integers])),
  ...same("remainder", 2, floats),
  ...["remainder", "shift_left", "shift_right_arithmetic", "shift_right_logical"].flatMap((op) =>
    same(op, 2, integers),
  ),
  ...["and", "or", "xor"].flatMap((op) => same(op, 2, [...integers, "i1"])),
  ...["not"].flatMap((op) => same(op, 1, [...integers, "i1"])),
  ...["popcnt", "count_leading_zeros"].flatMap((op) => same(op, 1, integers)),
  ...["abs", "sign", "negate"].flatMap((op) => same(op, 1, [...floats, "i4", "i8", "i16", "i32", "i64"])),
  ...["floor", "ceil", "round_nearest_even", "round_nearest_afz", "sqrt"].flatMap((op) =>
    same(op, 1, floats),
  ),
  ...same("negate", 1, complexes),
  ...same("clamp", 3, all),
  ...["chlo.square", "chlo.conj"].flatMap((op) => same(op, 1, [...floats, ...complexes])),
  ...["chlo.is_inf", "chlo.is_pos_inf", "chlo.is_neg_inf"].flatMap((op) =>
    floats.map((element): Case => ({ op, inputs: [element], result: "i1" })),
  ),
  ...floats.map((element): Case => ({ op: "is_finite", inputs: [element], result: "i1" })),
  ...[...all, ...complexes].map(
    (element): Case => ({ op: "select", inputs: ["i1", element, element], result: element }),
  ),
  ...compares(all, kindOf),
  ...compares(floats, () => "TOTALORDER"),
  ...compares(complexes, () => "FLOAT", ["EQ", "NE"]),
  ...[...all, ...complexes].flatMap((from) =>
    [...all, ...complexes].map((result): Case => ({ op: "convert", inputs: [from], result })),
  ),
  ...[
    ["f32", "i32"],
    ["f32", "ui32"],
    ["f64", "i64"],
    ["bf16", "i16"],
    ["f16", "ui16"],
    ["f16", "bf16"],
    ["i8", "ui8"],
    ["i4", "ui4"],
  ].flatMap(([a, b]): Case[] => [
    { op: "bitcast_convert", inputs: [a as Element], result: b as Element },
    { op: "bitcast_convert", inputs: [b as Element], result: a as Element },
  ]),
  ...["real", "imag"].flatMap((op) =>
    [...complexes, "f32" as const].map(
      (element): Case => ({ op, inputs: [element], result: realElement(element) }),
    ),
  ),
  ...complexes.map(
    (result): Case => ({ op: "complex", inputs: [realElement(result), realElement(result)], result }),
  ),
  ...(["f32", "f64"] as const).flatMap((element) =>
    [
      [5, 10],
      [8, 7],
      [4, 3],
      [8, 23],
      [11, 20],
      [3, 0],
    ].map(
      ([exponent, mantissa]): Case => ({
        op: "reduce_precision",
        inputs: [element],
        result: element,
        attributes: `exponent_bits = ${exponent} : i32, mantissa_bits = ${mantissa} : i32`,
      }),
    ),
  ),
];

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = random(1);

/** Bits of edge cases; the rest are random numbers of few and of many digits. */
function edges(element: Element): number[] {
  if (!isFloat(element)) return [];
  return [
    ...[0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, Infinity, -Infinity, NaN, 65504, 65519.99, 65520, 3.4e38],
    ...[
      1e-40,
      -1e-45,
      2 ** -14,
      2 ** -24,
      2 ** -25,
      127.5,
      -128.5,
      255.7,
      2147483648,
      4294967295,
      -2147483649,
      9.3e18,
      -9.3e18,
    ],
  ];
}

function valuesOf(element: Element): number[] {
  const list = edges(element);
  while (list.length < side) list.push((next() - 0.5) * 10 ** (next() * 20 - 8));
  return list;
}

/** Integers near the ends and near zero, and random ones of any size. */
function integersOf(bits: number): bigint[] {
  const end = 1n << BigInt(bits - 1);
  const list = [
    0n,
    1n,
    -1n,
    2n,
    3n,
    -3n,
    5n,
    7n,
    BigInt(bits - 1),
    BigInt(bits),
    BigInt(bits + 1),
    end,
    end - 1n,
    end + 1n,
    end >> 1n,
  ];
  while (list.length < side)
    list.push(BigInt.asIntN(64, BigInt(Math.floor(next() * 2 ** 63))) >> BigInt(Math.floor(next() * 60)));
  return list;
}

function column(element: Element): HostTensor["data"] {
  const count = isComplex(element) ? 2 * side : side;
  const part = realElement(element);
  if (element === "i1") return Uint8Array.from({ length: side }, (_, i) => i & 1);
  if (part === "f32" || part === "f64") {
    const values = Array.from({ length: Math.ceil(count / side) }, () => valuesOf(part)).flat();
    return part === "f32" ? Float32Array.from(values) : Float64Array.from(values);
  }
  if (element === "f16" || element === "bf16") {
    // Every exponent, signs, ties.
    return Uint16Array.from({ length: side }, (_, i) =>
      i < 16
        ? [
            0, 0x8000, 0x3c00, 0x7c00, 0xfc00, 0x7e00, 1, 0x7bff, 0x7f80, 0xff80, 0x7fc0, 0x3f80, 0x3f81,
            0x8001, 0x0400, 0x4248,
          ][i]!
        : next() * 65536,
    );
  }
  const bits = Number(/\d+/.exec(element)![0]);
  const bytes = new DataView(new ArrayBuffer((side * Math.max(8, bits)) / 8));
  integersOf(bits).forEach((value, i) => {
    if (bits === 64) bytes.setBigInt64(8 * i, BigInt.asIntN(64, value), true);
    else if (bits === 32) bytes.setInt32(4 * i, Number(BigInt.asIntN(32, value)), true);
    else if (bits === 16) bytes.setInt16(2 * i, Number(BigInt.asIntN(16, value)), true);
    else
      bytes.setInt8(i, Number(element[0] === "u" ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value)));
  });
  return viewOf(element, new Uint8Array(bytes.buffer));
}

/** All pairs of a column's values: the first operand changes slowly, the second fast, the third is shuffled. */
function tensorOf(element: Element, which: number): HostTensor {
  const bytes = bytesOf(column(element));
  const each = bytes.length / side;
  const out = new Uint8Array(size * each);
  for (let i = 0; i < size; i++) {
    const at =
      which === 0 ? Math.floor(i / side) : which === 1 ? i % side : (i * 7 + Math.floor(i / side)) % side;
    out.set(bytes.subarray(at * each, (at + 1) * each), i * each);
  }
  return { type: { kind: "tensor", shape: [size], element }, data: viewOf(element, out) };
}

const fullName = (op: string): string => (op.includes(".") ? op : `stablehlo.${op}`);

function programOf({ op, inputs, result, attributes }: Case) {
  const tensor = (element: Element) => `tensor<${size}x${element}>`;
  const args = inputs.map((element, i) => `%a${i}: ${tensor(element)}`).join(", ");
  const types = inputs.map(tensor).join(", ");
  const names = inputs.map((_, i) => `%a${i}`).join(", ");
  const text = `func.func @main(${args}) -> ${tensor(result)} {
    %0 = "${fullName(op)}"(${names}) ${attributes ? `{${attributes}}` : ""} : (${types}) -> ${tensor(result)}
    return %0 : ${tensor(result)}
  }`;
  const { module, diagnostics } = readModule(text);
  const verified = module && verify(module);
  if (!verified?.module) throw new Error(`${text}: ${(verified?.diagnostics ?? diagnostics)[0]?.message}`);
  return verified.module;
}

/** Elements as text, all NaN alike. */
function elementsOf(element: Element, bytes: Uint8Array): string[] {
  const part = realElement(element);
  const data = viewOf(part, bytes);
  const isNaN16 = (x: number) => (part === "f16" ? (x & 0x7fff) > 0x7c00 : (x & 0x7fff) > 0x7f80);
  const parts = Array.from(data as ArrayLike<number | bigint>, (x) => {
    if ((part === "f16" || part === "bf16") && isNaN16(Number(x))) return "nan";
    return Object.is(x, -0) ? "-0" : String(x);
  });
  return isComplex(element)
    ? Array.from({ length: size }, (_, i) => `${parts[2 * i]} ${parts[2 * i + 1]}`)
    : parts;
}

const batches = [1, 4, 16];

/** For each size of batch, without relaxed instructions and with them. */
function vectorResults(
  { inputs, result }: Case,
  module: ReturnType<typeof programOf>,
  args: readonly HostTensor[],
): Uint8Array[] {
  const instruction = flatten(module).instructions.at(-1)!;
  const build: Probe["build"] = (graph, leaves) => {
    const values = leaves.map((leaf, i) => decode(graph, inputs[i]!, leaf));
    const value = vectorOp(graph, instruction, values);
    if (!value) throw new Error("no vector form");
    return encode(graph, result, value);
  };
  const probes = batches.map((batch): Probe => ({ inputs: inputs.map(memoryOf), batch, build }));
  const data = args.map((tensor) => bytesOf(tensor.data));
  const runners = [false, true].flatMap((fma) => compileProbes(probes, { fma }));
  return runners.map(({ run }) => run(data, size));
}

describe("vector ops beside the evaluator", () => {
  const groups = Map.groupBy(cases, ({ op }) => op);

  test.each([...groups.keys()])("%s", (op) => {
    for (const one of groups.get(op)!) {
      const module = programOf(one);
      const args = one.inputs.map(tensorOf);
      const [expected] = evaluate(module, args) as HostTensor[];
      const wanted = elementsOf(one.result, bytesOf(expected!.data));
      vectorResults(one, module, args).forEach((bytes, which) => {
        const found = elementsOf(one.result, bytes);
        const at = found.findIndex((text, i) => text !== wanted[i]);
        const operands = args.map(({ type, data }) => elementsOf(type.element, bytesOf(data))[at]);
        const where = `${one.inputs} to ${one.result}${one.attributes ?? ""}, batch ${batches[which % batches.length]}, of ${operands}`;
        expect(found[at], where).toBe(wanted[at]);
      });
    }
  });

  test("minima and maxima with constants", () => {
    const input = { lane: "f32", scale: 1 } as const;
    const data = bytesOf(tensorOf("f32", 0).data);
    const values = Array.from(new Float32Array(data.slice().buffer));
    for (const limit of [0, -0, 1, -2.5, Infinity, -Infinity, NaN]) {
      for (const [kind, oracle] of [
        ["minimum", Math.min],
        ["maximum", Math.max],
      ] as const) {
        const build: Probe["build"] = (graph, [x]) => new Floats(graph, "f32")[kind](x!, limit);
        const [runner] = compileProbes([{ inputs: [input], batch: 8, build }], { fma: true });
        const found = new Float32Array(runner!.run([data], size).buffer);
        expect(Array.from(found), `${kind} with ${limit}`).toEqual(values.map((x) => oracle(x, limit)));
      }
    }
  });

  test("complex exponentials are as near as real ones", () => {
    for (const element of complexes) {
      const one: Case = { op: "exponential", inputs: [element], result: element };
      const module = programOf(one);
      const args = [tensorOf(element, 1)];
      const [expected] = evaluate(module, args) as HostTensor[];
      const wanted = elementsOf(element, bytesOf(expected!.data)).flatMap((text) => text.split(" "));
      for (const bytes of vectorResults(one, module, args)) {
        const found = elementsOf(element, bytes).flatMap((text) => text.split(" "));
        const epsilon = 4 * 2 ** (element === "complex<f32>" ? -23 : -52);
        const at = found.findIndex(
          (text, i) => text !== wanted[i] && !(Math.abs(Number(text) / Number(wanted[i]) - 1) < epsilon),
        );
        expect(found[at]).toBe(wanted[at]);
      }
    }
  });

  test("every row is tried here or in the tests of functions", () => {
    const tried = new Set([...groups.keys()].map(fullName));
    const mathematical =
      /chlo.(a?(sin|cos|tan)h?|erfc?)$|exponential|log|logistic|rsqrt|cbrt|sine|cosine|tan|power|atan2/;
    const left = Object.keys(vectorOps).filter((name) => !tried.has(name) && !mathematical.test(name));
    expect(left).toEqual([]);
  });
});
