/**
 * CHLO in terms of StableHLO, and complex functions in terms of real ones: the same values as the evaluator's, up to the
 * rounding that each formula costs, special values included.
 */
import { describe, expect, test } from "vitest";
import {
  asTensor,
  type BlockBuilder,
  buildModule,
  chlo,
  chloExpansions,
  evaluate,
  type HostTensor,
  isFloat,
  type Module,
  type OpDefinition,
  passNamed,
  readModule,
  stablehlo,
  type TensorValue,
  tensor,
  tensorOf,
  type Value,
  type VerifiedModule,
  verify,
  walk,
} from "../src/index.ts";
import { bytesAt, namesIn } from "./data.ts";
import { describeData } from "./suite.ts";

function expanded(module: Module, pass: string): VerifiedModule {
  const result = verify(passNamed(pass)!.run(module));
  if (!result.module)
    throw new Error(result.diagnostics.map(({ op, message }) => `${op}: ${message}`).join("\n"));
  return result.module;
}

function dialectsIn(module: Module): Set<string> {
  const names = new Set<string>();
  walk(module.operation, ({ name }) => names.add(name.split(".")[0]!));
  return names;
}

/** What the module gives before and after the pass. */
function both(module: VerifiedModule, inputs: readonly HostTensor[], pass = "chlo-to-stablehlo") {
  const after = expanded(module, pass);
  expect(dialectsIn(after)).not.toContain("chlo");
  return [module, after].map((each) => evaluate(each, inputs).map(asTensor)) as [HostTensor[], HostTensor[]];
}

const ofOne = (definition: OpDefinition, inputs: readonly HostTensor[]) =>
  buildModule(({ func }) => {
    const method = (b: BlockBuilder) =>
      b.op(definition) as unknown as (...args: readonly Value[]) => TensorValue;
    func(
      "main",
      inputs.map(({ type }) => type),
      (b, ...args) => [method(b)(...args)],
    );
  });

const numbersOf = ({ data }: HostTensor): number[] => Array.from(data as ArrayLike<number | bigint>, Number);

// Real functions ----------------------------------------------------------------------------------------------------

const notable = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  -2,
  1.5,
  0.3,
  -0.3,
  0.1,
  3,
  -3,
  4,
  4.5,
  -5.5,
  7.25,
  8,
  10,
  12.5,
  -12.5,
  20,
  -20.3,
  30,
  50,
  -50,
  88,
  100,
  -100.5,
  1e3,
  -1e3,
  1e5,
  1e10,
  -1e20,
  1e30,
  1e-3,
  -1e-6,
  1e-10,
  -1e-20,
  1e-30,
  3e38,
  -3e38,
  Infinity,
  -Infinity,
  Number.NaN,
  0.9999,
  -0.9999,
  1.0001,
  0.46875,
  0.46876,
  1.9999,
];
const spread = Array.from({ length: 300 }, (_, i) => Math.sin(i * 1.7) * [1, 10, 100, 3][i % 4]!);
const values = [...notable, ...spread];

function floatsOf(element: "f32" | "f64", numbers: readonly number[]): HostTensor {
  const data = element === "f64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return tensorOf([numbers.length], element, data);
}

const epsilon = { f32: 2 ** -23, f64: 2 ** -52 };
const least = { f32: 2 ** -126, f64: 2 ** -1022 };

/** Differences in units of the last place of `size`; those between special values count as infinitely many. */
function error(want: number, got: number, element: "f32" | "f64", size = Math.abs(want)): number {
  if (want === got || (Number.isNaN(want) && Number.isNaN(got))) return 0;
  return Math.abs(want - got) / (Math.max(size, least[element]) * epsilon[element]);
}

interface Allowed {
  /** Units in the last place of the result, or of `atLeast` where the result is smaller: near a zero of the function. */
  readonly ulps: number;
  readonly atLeast?: number;
  /** In double precision, where it differs. */
  readonly doubleUlps?: number;
}

const unary: Readonly<Record<string, Allowed>> = {
  acos: { ulps: 2 },
  asin: { ulps: 2 },
  atan: { ulps: 1 },
  acosh: { ulps: 2 },
  asinh: { ulps: 2 },
  atanh: { ulps: 3 },
  cosh: { ulps: 2 },
  sinh: { ulps: 4 },
  tan: { ulps: 0 },
  square: { ulps: 0 },
  erf: { ulps: 3 },
  erfc: { ulps: 5 },
  // Giles' polynomials; 1 - x² has lost digits near one.
  erfInv: { ulps: 40, doubleUlps: 100 },
  lgamma: { ulps: 32, atLeast: 1 },
  digamma: { ulps: 16, atLeast: 1 },
  besselI1e: { ulps: 8, doubleUlps: 60 },
  isInf: { ulps: 0 },
  isPosInf: { ulps: 0 },
  isNegInf: { ulps: 0 },
};

const elements = ["f32", "f64"] as const;

describe("real functions", () => {
  test("every operation of CHLO has an expansion", () => {
    const missing = Object.values<OpDefinition>(chlo).filter(({ name }) => !chloExpansions.has(name));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  const rows = elements.flatMap((element) => Object.keys(unary).map((name) => ({ name, element })));
  test.each(rows)("$name in $element", ({ name, element }) => {
    const { ulps, atLeast, doubleUlps = ulps } = unary[name]!;
    const inputs = [floatsOf(element, values)];
    const [[want], [got]] = both(ofOne((chlo as Record<string, OpDefinition>)[name]!, inputs), inputs);
    const limit = element === "f64" ? doubleUlps : ulps;
    const wrong = values.flatMap((x, i) => {
      const [w, g] = [Number(want!.data[i]), Number(got!.data[i])];
      const size = Math.max(Math.abs(w), atLeast ?? 0);
      return error(w, g, element, size) > limit ? [`${name}(${x}) = ${w}, not ${g}`] : [];
    });
    expect(wrong).toEqual([]);
  });

  const binary = [
    {
      name: "zeta",
      x: [1, 1.5, 2, 3, 4.5, 5, 10, 30, 0.5, -1, Number.NaN],
      y: [0.1, 0.5, 1, 1.5, 2, 7.7, 100, 1e5],
    },
    { name: "zeta", x: [1, 1.5, 2, 3, 4.5], y: [0, -1, -2, Number.NaN] },
    {
      name: "polygamma",
      x: [0, 1, 2, 3, 5, 10, -1, 0.5, Number.NaN],
      y: [0.1, 0.5, 1, 2, 7.7, 100, 0, Number.NaN],
    },
    { name: "nextAfter", x: notable, y: notable },
  ];
  test.each(elements.flatMap((element) => binary.map((row) => ({ ...row, element }))))(
    "$name in $element",
    ({ name, x, y, element }) => {
      const pairs = x.flatMap((a) => y.map((b) => [a, b] as const));
      const inputs = [
        floatsOf(
          element,
          pairs.map(([a]) => a),
        ),
        floatsOf(
          element,
          pairs.map(([, b]) => b),
        ),
      ];
      const [[want], [got]] = both(ofOne((chlo as Record<string, OpDefinition>)[name]!, inputs), inputs);
      const limit = name === "nextAfter" ? 0 : 128;
      const wrong = pairs.flatMap(([a, b], i) => {
        const [w, g] = [Number(want!.data[i]), Number(got!.data[i])];
        return error(w, g, element) > limit ? [`${name}(${a}, ${b}) = ${w}, not ${g}`] : [];
      });
      expect(wrong).toEqual([]);
    },
  );

  test.each(["f16", "bf16"] as const)("%s is computed in f32", (element) => {
    const bits = tensorOf(
      [4096],
      element,
      Uint16Array.from({ length: 4096 }, (_, i) => i * 16),
    );
    for (const definition of [chlo.erfc, chlo.atanh, chlo.sinh]) {
      const [[want], [got]] = both(ofOne(definition, [bits]), [bits]);
      const close = numbersOf(want!).map((w, i) => Math.abs(w - Number(got!.data[i])) <= 1);
      const isNaN = (pattern: number) => (pattern & 0x7fff) > (element === "f16" ? 0x7c00 : 0x7f80);
      const wrong = close.filter(
        (ok, i) => !ok && !(isNaN(Number(want!.data[i])) && isNaN(Number(got!.data[i]))),
      );
      expect(wrong).toEqual([]);
    }
  });
});

// Complex functions -------------------------------------------------------------------------------------------------

const parts = [
  0, -0, 1, -1, 0.5, -0.5, 2, -3, 1e-3, -1e-3, 1e-10, 0.6, 0.8, -0.8, 10, -20, 50, 1e5, -1e10, 1e20, 1e-30,
  0.99999,
];
const specials = [0, -0, 1, -1, Infinity, -Infinity, Number.NaN];
const planeOf = (axis: readonly number[]) => axis.flatMap((re) => axis.flatMap((im) => [re, im]));
const plane = [...planeOf(parts), ...spread.flatMap((x, i) => [x, spread[(i * 7 + 1) % spread.length]!])];

function complexesOf(element: "complex<f32>" | "complex<f64>", numbers: readonly number[]): HostTensor {
  const data = element === "complex<f64>" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return tensorOf([numbers.length / 2], element, data);
}

/** The limit in units of the last place of the modulus. */
const complexUnary: readonly (readonly [OpDefinition, number])[] = [
  ...[chlo.acos, chlo.asin, chlo.atan, chlo.acosh, chlo.asinh, chlo.atanh].map((op) => [op, 4] as const),
  ...[chlo.cosh, chlo.sinh, chlo.square, chlo.conj].map((op) => [op, 4] as const),
  ...[stablehlo.exponential, stablehlo.exponentialMinusOne, stablehlo.log].map((op) => [op, 4] as const),
  ...[stablehlo.logPlusOne, stablehlo.sqrt, stablehlo.rsqrt, stablehlo.cbrt].map((op) => [op, 8] as const),
  ...[stablehlo.sine, stablehlo.cosine, stablehlo.tan, stablehlo.tanh].map((op) => [op, 6] as const),
  ...[stablehlo.logistic, stablehlo.sign].map((op) => [op, 8] as const),
];

const passOf = ({ dialect }: OpDefinition) => (dialect === "chlo" ? "chlo-to-stablehlo" : "complex-math");

describe("complex functions", () => {
  const rows = (["complex<f32>", "complex<f64>"] as const).flatMap((element) =>
    complexUnary.map(([definition, limit]) => ({ definition, name: definition.name, limit, element })),
  );

  test.each(rows)("$name of $element", ({ definition, limit, element }) => {
    const inputs = [complexesOf(element, plane)];
    const [[want], [got]] = both(ofOne(definition, inputs), inputs, passOf(definition));
    const [w, g] = [want!, got!].map(numbersOf) as [number[], number[]];
    const real = element === "complex<f64>" ? "f64" : "f32";
    const wrong = w.flatMap((part, i) => {
      const at = i - (i % 2);
      const size = Math.max(...[w[at]!, w[at + 1]!].map(Math.abs).filter(Number.isFinite), 0);
      if (Object.is(part, g[i])) return [];
      return error(part, g[i]!, real, size) > limit
        ? [`${definition.name}(${plane[at]}, ${plane[at + 1]})[${i % 2}] = ${part}, not ${g[i]}`]
        : [];
    });
    expect(wrong).toEqual([]);
  });

  test.each(rows)(
    "$name of special $element: numbers where the evaluator has numbers",
    ({ definition, element }) => {
      const points = planeOf(specials);
      const inputs = [complexesOf(element, points)];
      const [[want], [got]] = both(ofOne(definition, inputs), inputs, passOf(definition));
      const real = element === "complex<f64>" ? "f64" : "f32";
      const wrong = numbersOf(want!).flatMap((w, i) => {
        const g = Number(got!.data[i]);
        const at = i - (i % 2);
        // C leaves the sign open that comes with a NaN.
        const open = Number.isNaN(points[at + 1]!) && Math.abs(w) === Math.abs(g);
        return Number.isNaN(w) || open || error(w, g, real) <= 8
          ? []
          : [`${definition.name}(${points[at]}, ${points[at + 1]})[${i % 2}] = ${w}, not ${g}`];
      });
      expect(wrong).toEqual([]);
    },
  );

  test("abs and power", () => {
    const point = tensor([2], "complex<f64>");
    const module = buildModule(({ func }) => {
      func("main", [point, point], (b, x, y) => [b.abs(x, { result: tensor([2], "f64") }), b.power(x, y)]);
    });
    const x = complexesOf("complex<f64>", [3, 4, -5, 12]);
    const y = complexesOf("complex<f64>", [2, 0, 0, 1]);
    const [want, got] = both(module, [x, y], "complex-math");
    expect(numbersOf(got[0]!)).toEqual([5, 13]);
    numbersOf(want[1]!).forEach((w, i) => expect(Number(got[1]!.data[i])).toBeCloseTo(w, 12));
  });
});

// Structure ---------------------------------------------------------------------------------------------------------

/** Programs whose results are the same to the bit. */
const exact: Readonly<Record<string, readonly [string, readonly HostTensor[]]>> = {
  "mulhi of i8": [
    `func.func @main(%x: tensor<4xi8>, %y: tensor<4xi8>) -> tensor<4xi8> {
      %0 = chlo.mulhi %x, %y : tensor<4xi8>, tensor<4xi8> -> tensor<4xi8>
      return %0 : tensor<4xi8>
    }`,
    [
      tensorOf([4], "i8", Int8Array.of(-128, 127, 100, -3)),
      tensorOf([4], "i8", Int8Array.of(-128, -128, 99, 5)),
    ],
  ],
  "mulhi of i64": [
    `func.func @main(%x: tensor<4xi64>, %y: tensor<4xi64>) -> tensor<4xi64> {
      %0 = chlo.mulhi %x, %y : tensor<4xi64>, tensor<4xi64> -> tensor<4xi64>
      return %0 : tensor<4xi64>
    }`,
    [
      tensorOf([4], "i64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, -1n, 0x123456789abcdefn)),
      tensorOf([4], "i64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 62n, -0x7edcba987654321n)),
    ],
  ],
  "top_k with NaN and zeros": [
    `func.func @main(%x: tensor<2x5xf32>) -> (tensor<2x3xf32>, tensor<2x3xi32>) {
      %0:2 = chlo.top_k(%x, k = 3) : tensor<2x5xf32> -> (tensor<2x3xf32>, tensor<2x3xi32>)
      return %0#0, %0#1 : tensor<2x3xf32>, tensor<2x3xi32>
    }`,
    [tensorOf([2, 5], "f32", Float32Array.of(1, 3, 3, Number.NaN, 2, -0, 0, -1, -Infinity, -0))],
  ],
  "broadcasts with and without dimensions": [
    `func.func @main(%x: tensor<2x3xf32>, %y: tensor<2xf32>, %z: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<2x3xi1>) {
      %0 = chlo.broadcast_add %x, %y {broadcast_dimensions = array<i64: 0>} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>
      %1 = chlo.broadcast_compare %0, %z {comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
      %2 = chlo.broadcast_select %1, %x, %z : (tensor<2x3xi1>, tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
      return %2, %1 : tensor<2x3xf32>, tensor<2x3xi1>
    }`,
    [
      tensorOf([2, 3], "f32", Float32Array.of(1, 2, 3, 4, 5, 6)),
      tensorOf([2], "f32", Float32Array.of(-4, 10)),
      tensorOf([3], "f32", Float32Array.of(0, 0, 0)),
    ],
  ],
  "scan backwards": [
    `func.func @main(%x: tensor<4x2xf32>, %c: tensor<2xf32>) -> (tensor<4x2xf32>, tensor<2xf32>) {
      %0:2 = chlo.scan(%x) inits(%c) dimension = 0 attributes {is_reverse = true} {
      ^bb0(%input: tensor<2xf32>, %carry: tensor<2xf32>):
        %1 = stablehlo.add %input, %carry : tensor<2xf32>
        stablehlo.return %1, %1 : tensor<2xf32>, tensor<2xf32>
      } : (tensor<4x2xf32>, tensor<2xf32>) -> (tensor<4x2xf32>, tensor<2xf32>)
      return %0#0, %0#1 : tensor<4x2xf32>, tensor<2xf32>
    }`,
    [
      tensorOf([4, 2], "f32", Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
      tensorOf([2], "f32", Float32Array.of(10, 20)),
    ],
  ],
};

const raggedDot = (types: string, numbers: string) => {
  const [lhs, rhs, sizes, result] = types.split(" ") as [string, string, string, string];
  return `func.func @main(%l: tensor<${lhs}>, %r: tensor<${rhs}>, %g: tensor<${sizes}>) -> tensor<${result}> {
    %0 = "chlo.ragged_dot"(%l, %r, %g) {ragged_dot_dimension_numbers = #chlo.ragged_dot<${numbers}>}
      : (tensor<${lhs}>, tensor<${rhs}>, tensor<${sizes}>) -> tensor<${result}>
    return %0 : tensor<${result}>
  }`;
};

const numbered = (shape: readonly number[], scale = 1) =>
  tensorOf(
    shape,
    "f32",
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i - 3) * scale),
  );

const ragged: Readonly<Record<string, readonly [string, readonly HostTensor[]]>> = {
  "a free dimension": [
    raggedDot(
      "5x2xf32 3x2x4xf32 3xi32 5x4xf32",
      "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]",
    ),
    [numbered([5, 2]), numbered([3, 2, 4], Infinity), tensorOf([3], "i32", Int32Array.of(2, 0, 2))],
  ],
  "a contracting dimension": [
    raggedDot(
      "2x5xf32 5x4xf32 3xi32 3x2x4xf32",
      "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0], lhs_ragged_dimensions = [1]",
    ),
    [numbered([2, 5]), numbered([5, 4]), tensorOf([3], "i32", Int32Array.of(1, 3, 1))],
  ],
  "a batch": [
    raggedDot(
      "4x2x3xf32 4x3x2xf32 2xi32 4x2x2xf32",
      "lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0]",
    ),
    [numbered([4, 2, 3]), numbered([4, 3, 2]), tensorOf([2], "i32", Int32Array.of(1, 2))],
  ],
};

describe("structure", () => {
  test.each([...Object.entries(exact), ...Object.entries(ragged)])("%s", (_, [text, inputs]) => {
    const read = readModule(text);
    const { module, diagnostics } = read.module ? verify(read.module) : read;
    expect(diagnostics).toEqual([]);
    const [want, got] = both(module as VerifiedModule, inputs);
    expect(got.map(({ data }) => data)).toEqual(want.map(({ data }) => data));
  });

  test("sizes that are known at run time only", () => {
    const text = `func.func @main(%x: tensor<?x1xf32>, %y: tensor<?xf32>) -> tensor<?x?xf32> {
      %0 = chlo.broadcast_add %x, %y : (tensor<?x1xf32>, tensor<?xf32>) -> tensor<?x?xf32>
      %1 = chlo.erf %0 : tensor<?x?xf32> -> tensor<?x?xf32>
      return %1 : tensor<?x?xf32>
    }`;
    const after = expanded(readModule(text).module!, "chlo-to-stablehlo");
    const [result] = evaluate(after, [numbered([2, 1]), numbered([3])]).map(asTensor);
    expect(result!.type.shape).toEqual([2, 3]);
    expect(Number(result!.data[5])).toBeCloseTo(-0.9999779095030014, 6);
  });
});

// Other people's programs -------------------------------------------------------------------------------------------

const folder = "cases/stablehlo/tests/chlo";

describeData("StableHLO's own cases", () => {
  const folders = [
    "chlo_legalize_to_stablehlo",
    "chlo_legalize_to_stablehlo_broadcast",
    "chlo_legalize_to_stablehlo_dynamic",
  ];
  const cases = folders.flatMap((name) =>
    namesIn(`${folder}/${name}`, ".mlir").map((file) => `${name}/${file}`),
  );

  /** Element types that no formula is evaluated in, and shapes of dialects that are not StableHLO's. */
  const leftAlone = (operation: { readonly operands: readonly Value[] }) =>
    operation.operands.some(
      ({ type }) => type.kind !== "tensor" || (isFloat(type.element) && /^f[4-8]/.test(type.element)),
    );

  test.each(cases)("%s", (name) => {
    const text = new TextDecoder().decode(bytesAt(`${folder}/${name}.mlir`));
    const { module } = readModule(text);
    const before = module && verify(module).module;
    if (!before) return;
    const after = expanded(before, "chlo-to-stablehlo");
    const left: string[] = [];
    walk(after.operation, (operation) => {
      if (operation.name.startsWith("chlo.") && !leftAlone(operation)) left.push(operation.name);
    });
    // Upstream refuses those with an error, too; products of unknown sizes are ours to refuse.
    const refused = text.includes("expected-error") || /ragged_dot_mode_\d_dynamic/.test(text);
    if (!refused) expect(left).toEqual([]);
  });
});
