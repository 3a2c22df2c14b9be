/** The builder: every op has its method, results are inferred, mistakes are named. Expected texts follow MLIR's notation. */
import { describe, expect, test } from "vitest";
import {
  allDefinitions,
  type BlockBuilder,
  buildModule,
  chlo,
  dense,
  evaluate,
  sdy,
  stablehlo,
  type TensorValue,
  taking,
  tensor,
  tensorOf,
  token,
  typeText,
  type Visitor,
  viewAs,
  visit,
  walk,
  writeText,
} from "../src/index.ts";

const matrix = tensor([2, 3], "f32");

/** The body of a module of one function. */
function bodyText(build: (b: BlockBuilder, x: TensorValue) => readonly TensorValue[]): string[] {
  const module = buildModule(({ func }) => {
    func("main", [matrix], build);
  });
  const lines = writeText(module).split("\n");
  return lines.slice(2, -4).map((line) => line.trim());
}

describe("methods", () => {
  test("names follow from the mnemonics, so that visitors can be typed by them", () => {
    const wrong: string[] = [];
    for (const [name, definition] of Object.entries({ ...stablehlo, ...chlo, ...sdy })) {
      const mnemonic = name.replace(/Op$/, "").replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      if (mnemonic !== definition.mnemonic.replaceAll("-", "_"))
        wrong.push(`${name}: ${definition.mnemonic}`);
    }
    expect(wrong).toEqual([]);
  });

  test("infer results, nest regions and call functions", () => {
    const module = buildModule(({ func }) => {
      const twice = func("twice", [matrix], (b, x) => [b.add(x, x)], { private: true });
      func("main", [matrix], (b, x) => {
        const [count, value] = b.whileOp([b.constant(0, "i32"), x], {
          cond: (c, i) => [c.compare(i, c.constant(3, "i32"), { comparison_direction: "LT" })],
          body: (c, i, v) => [c.add(i, c.constant(1, "i32")), c.call(twice, v)[0]!],
        });
        const [sorted] = b.sort([value], {
          dimension: 1,
          comparator: (c, p, q) => [c.compare(p, q, { comparison_direction: "GT" })],
        });
        const { values, indices } = b.chlo.topK(value, { k: 2 });
        return [count, sorted, values, indices];
      });
    });
    const results = evaluate(module, [tensorOf([2, 3], "f32", Float32Array.of(1, 3, 2, 6, 4, 5))]);
    expect(results.map((datum) => "data" in datum && Array.from(datum.data, Number))).toEqual([
      [3],
      [24, 16, 8, 48, 40, 32],
      [24, 16, 48, 40],
      [1, 2, 0, 2],
    ]);
  });

  test("take result types where they do not follow", () => {
    expect(bodyText((b, x) => [b.reshape(x, { result: tensor([6], "f32") })])).toEqual([
      "%0 = stablehlo.reshape %arg0 : (tensor<2x3xf32>) -> tensor<6xf32>",
    ]);
  });

  test("leave out flags that are false", () => {
    const [line] = bodyText((b, x) =>
      b.customCall([x], { call_target_name: "f", has_side_effect: false, results: [matrix] }),
    );
    expect(line).toBe("%0 = stablehlo.custom_call @f(%arg0) : (tensor<2x3xf32>) -> tensor<2x3xf32>");
  });

  test("arguments of a region that operands do not tell", () => {
    const scalar = tensor([], "f32");
    const module = buildModule(({ func }) => {
      func("main", [tensor([2, 3], "f32")], (b, x) => [
        b.map([x], { dimensions: [0, 1], computation: taking([scalar], (c, y) => [c.tanh(y)]) }),
      ]);
    });
    expect(writeText(module)).toContain("^bb0(%arg1: tensor<f32>)");
  });
});

describe("constants", () => {
  test.each([
    [dense([1, 2], "i8"), "tensor<2xi8>", [1, 2], false],
    [dense(7, tensor([2, 2], "ui64")), "tensor<2x2xui64>", [7, 0, 0, 0, 0, 0, 0, 0], true],
    [dense([[true], [false]], "i1"), "tensor<2x1xi1>", [1, 0], false],
    [dense(1, "bf16"), "tensor<bf16>", [0x80, 0x3f], true],
    [dense([], "f32"), "tensor<0xf32>", [], false],
    [dense(Int16Array.of(-1, -1)), "tensor<2xi16>", [255, 255], true],
    [dense({ re: 0, im: -2 }, "complex<f32>"), "tensor<complex<f32>>", [0, 0, 0, 0, 0, 0, 0, 0xc0], true],
  ])("%#", (attribute, type, bytes, splat) => {
    expect([typeText(attribute.type), [...attribute.data], attribute.splat]).toEqual([type, bytes, splat]);
  });

  test.each([
    [() => dense(1.5, "i32"), "1.5 is no i32"],
    [() => dense([[1], [1, 2]], "i32"), "the lists of a constant have different lengths"],
    [() => dense([1, 2], tensor([3], "i32")), "a literal of shape 2 is no tensor<3xi32>"],
    [() => dense(new Float32Array(3), "f64"), "a Float32Array does not hold elements of type f64"],
  ])("mistakes: %#", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe("mistakes", () => {
  const build = (body: (b: BlockBuilder, x: TensorValue) => readonly TensorValue[]) => () => bodyText(body);

  const mistakes: Record<string, [() => unknown, RegExp]> = {
    "a constraint that does not hold": [
      build((b, x) => [b.transpose(x, { permutation: [0, 0] })]),
      /stablehlo\.transpose.*\[transpose\/C2\]\n.*permutation = \[0, 0\]/,
    ],
    "operands of different types": [
      build((b, x) => [b.add(x, b.constant(1, "f32"))]),
      /'stablehlo\.add'.*\[add\/C1\]/,
    ],
    "a result type that cannot be": [
      build((b, x) => [b.reshape(x, { result: tensor([5], "f32") })]),
      /\[reshape\/C2\]/,
    ],
    "a misspelt attribute": [
      // @ts-expect-error
      build((b, x) => [b.transpose(x, { permutations: [0] })]),
      /no attribute, region or result 'permutations'/,
    ],
    "a missing attribute": [
      // @ts-expect-error
      build((b, x) => [b.transpose(x)]),
      /requires attribute 'permutation'/,
    ],
    "an attribute of another kind": [
      // @ts-expect-error
      build((b, x) => [b.transpose(x, { permutation: ["a"] })]),
      /attribute 'permutation' must be an array of 64-bit integers/,
    ],
    "a missing operand": [
      // @ts-expect-error
      build((b, x) => [b.add(x)]),
      /takes 2 operands \(lhs, rhs\)/,
    ],
    "a list for one value": [
      // @ts-expect-error
      build((b, x) => [b.tanh([x])]),
      /operand 'operand' must be a value/,
    ],
    "a missing result type": [
      // @ts-expect-error
      build((b, x) => [b.reshape(x)]),
      /needs the types of its results: 'result'/,
    ],
    "a missing region": [
      // @ts-expect-error
      build((b, x) => [b.map([x], { dimensions: [0, 1] })]),
      /region 'computation' must be a function/,
    ],
    "an unknown name of an enum": [
      // @ts-expect-error
      build((b, x) => [b.compare(x, x, { comparison_direction: "LESS" })]),
      /must be one of EQ, NE/,
    ],
  };

  test.each(Object.entries(mistakes))("%s", (_, [run, message]) => {
    expect(run).toThrow(message);
  });

  test("a token is no tensor", () => {
    const run = () =>
      buildModule(({ func }) => {
        // @ts-expect-error tanh takes tensors
        func("main", [token], (b, x) => [b.tanh(x)]);
      });
    expect(run).toThrow(/operand #0 must be a tensor of floats/);
  });

  test("a value of another function", () => {
    let stray: TensorValue | undefined;
    const run = () =>
      buildModule(({ func }) => {
        func("first", [matrix], (b, x) => [(stray = b.tanh(x))]);
        func("second", [matrix], (b) => [b.tanh(stray!)]);
      });
    expect(run).toThrow(/stablehlo\.tanh/);
  });
});

describe("visitors", () => {
  const module = buildModule(({ func }) => {
    func("main", [matrix], (b, x) => [
      b.slice(b.tanh(x), { start_indices: [0, 1], limit_indices: [2, 3], strides: [1, 1] }),
    ]);
  });

  test("see operations as their declarations do", () => {
    const seen: unknown[] = [];
    visit(module, {
      "stablehlo.slice": ({ operands, attributes, results }) => {
        seen.push(operands.operand.type.shape, attributes.limit_indices, results.result.type.shape);
      },
      "stablehlo.tanh": ({ attributes }) => seen.push(attributes.result_accuracy?.mode),
      "func.func": ({ attributes }) => seen.push(attributes.sym_name),
    });
    expect(seen).toEqual(["main", "DEFAULT", [2, 3], [2, 3], [2, 2]]);
  });

  test("view one operation", () => {
    const views: unknown[] = [];
    walk(module.operation, (operation) =>
      views.push(viewAs(operation, stablehlo.slice)?.attributes.start_indices),
    );
    expect(views.filter((view) => view !== undefined)).toEqual([[0, 1]]);
  });

  test("name ops that exist", () => {
    // @ts-expect-error no such op
    const visitor: Visitor = { "stablehlo.tanhh": () => {} };
    const names = new Set([...allDefinitions()].map(({ name }) => name));
    expect(Object.keys(visitor).filter((name) => names.has(name))).toEqual([]);
  });
});
