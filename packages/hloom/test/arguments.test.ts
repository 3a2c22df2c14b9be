/** What programs take from JavaScript, and what they refuse and how. */
import { describe, expect, test } from "vitest";
import { ArgumentError, type ArrayInput, compile, ProgramError, Tensor } from "../src/index.ts";

/** The identity on one array. */
const identity = (type: string) => `func.func @main(%x: tensor<${type}> loc("x")) -> tensor<${type}> {
  return %x : tensor<${type}>
}`;

async function through(type: string, value: ArrayInput): Promise<Tensor> {
  await using program = await compile<(x: ArrayInput) => [Tensor]>(identity(type));
  return (await program(value))[0];
}

const accepted: readonly [type: string, value: ArrayInput, nested: unknown][] = [
  [
    "2x3xf32",
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    "2x3xf32",
    Float32Array.of(1, 2, 3, 4, 5, 6),
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [
    "2x2xf32",
    { data: [1, 2, 3, 4], shape: [2, 2] },
    [
      [1, 2],
      [3, 4],
    ],
  ],
  [
    "2x2xf32",
    new Tensor("float32", [2, 2], Float32Array.of(1, 2, 3, 4)),
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["f32", 2.5, 2.5],
  ["2x0xf32", [[], []], [[], []]],
  ["2xf64", Float64Array.of(0.1, 0.2), [0.1, 0.2]],
  ["2xi1", [true, 0], [true, false]],
  ["2xi1", Uint8Array.of(1, 0), [true, false]],
  ["2xi8", [-128, 127], [-128, 127]],
  ["1xui32", [4294967295], [4294967295]],
  ["2xi64", [9007199254740993n, 1], [9007199254740993n, 1n]],
  ["1xui64", BigUint64Array.of(2n ** 64n - 1n), [2n ** 64n - 1n]],
  ["2xi4", [-8, 7], [-8, 7]],
  ["2xbf16", [1, 1.00390625], [1, 1]],
  ["2xf16", Float32Array.of(65504, 0.1), [65504, 0.0999755859375]],
  ["1xf8E4M3FN", [448], [448]],
  ["1xcomplex<f32>", [{ re: 1, im: -2 }], [{ re: 1, im: -2 }]],
  [
    "2xcomplex<f64>",
    Float64Array.of(1, 2, 3, 4),
    [
      { re: 1, im: 2 },
      { re: 3, im: 4 },
    ],
  ],
];

test.each(accepted)("tensor<%s> takes %o", async (type, value, nested) => {
  expect((await through(type, value)).toNested()).toEqual(nested);
});

const refused: readonly [type: string, value: ArrayInput, message: string][] = [
  [
    "2x3xf32",
    [
      [1, 2],
      [3, 4],
    ],
    "argument x has the shape [2, 2]; the program takes float32[2,3]",
  ],
  ["2xf32", 1, "argument x has the shape []; the program takes float32[2]"],
  ["2x2xf32", [[1, 2], [3]], "argument x is ragged: nested arrays of one level have one length"],
  ["2xf32", new Float32Array(3), "argument x has 3 elements; the program takes float32[2]"],
  ["2xf32", { data: [1, 2, 3], shape: [2] }, "argument x has 3 numbers, which is not 2 for the shape [2]"],
  [
    "2xf32",
    new Float64Array(2),
    "is a Float64Array; pass a Float32Array, or nested arrays of numbers; the program",
  ],
  ["2xi64", new Int32Array(2), "is a Int32Array; pass a BigInt64Array"],
  ["1xbf16", new Uint16Array(1), "is a Uint16Array; floats of its size are passed as a Float32Array"],
  ["1xi8", [128], "argument x contains 128, which is out of the range of int8"],
  ["1xui8", [-1], "argument x contains -1, which is out of the range of uint8"],
  ["1xi32", [1.5], "argument x contains 1.5, which is no integer for int32"],
  ["1xi64", [2 ** 60], "argument x contains 1152921504606847000, which is no integer for int64"],
  ["1xf32", [1n], "argument x contains 1, which is no number for float32"],
  ["1xf32", ["1"] as never, "argument x contains 1, which is no number for float32"],
  ["1xi1", [2], "argument x contains 2, which is neither true nor false"],
  ["1xi1", Uint8Array.of(2), "argument x contains 2, which is neither true nor false"],
];

test.each(refused)("tensor<%s> refuses %o", async (type, value, message) => {
  const error = await through(type, value).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ArgumentError);
  expect(String(error)).toContain(message);
});

describe("programs", () => {
  test("say what is wrong with them", async () => {
    await expect(compile("func.func @main() { return %x : i1 }")).rejects.toThrow(ProgramError);
    await expect(compile("func.func @main() { return %x : i1 }")).rejects.toThrow("program:1:");
    await expect(compile(Uint8Array.of(0x4d, 0x4c, 0xef, 0x52, 0xff))).rejects.toThrow("cannot be read");
    const mistyped = identity("2xf32").replace("return %x : tensor<2xf32>", "return %x : tensor<3xf32>");
    await expect(compile(mistyped)).rejects.toThrow(ProgramError);
  });

  test("take exactly their arguments", async () => {
    await using program = await compile(identity("2xf32"));
    await expect(program()).rejects.toThrow("argument x is missing");
    await expect(program([1, 2], 3)).rejects.toThrow("is too many: the program takes 1");
    await expect(program.withNames({ y: 1 })).rejects.toThrow("argument y is unknown; the program takes x");
    await expect(program.withNames({})).rejects.toThrow("argument x is missing");
  });

  test("call arrays of one name apart", async () => {
    await using program = await compile(`func.func @main(%x: tensor<f32> loc("x"), %y: tensor<f32> loc("x"))
        -> (tensor<f32> {jax.result_info = "r"}, tensor<f32> {jax.result_info = "r"}) {
      return %y, %x : tensor<f32>, tensor<f32>
    }`);
    const { r, "r#1": second } = await program.withNames({ x: 1, "x#1": 2 });
    expect([r!.item(), second!.item()]).toEqual([2, 1]);
  });

  test("are gone once they are disposed, after what runs", async () => {
    const program = await compile(identity("2xf32"));
    const running = program([1, 2]) as Promise<readonly Tensor[]>;
    await program.dispose();
    await program.dispose();
    expect([...(await running)[0]!.data]).toEqual([1, 2]);
    await expect(program([1, 2])).rejects.toThrow("the program was disposed");
  });

  test("backends that are not there are named", async () => {
    await expect(compile(identity("f32"), { backend: "nowhere" })).rejects.toThrow(
      '"nowhere" is not installed',
    );
  });

  test("item and toNested of what they give", async () => {
    expect((await through("f32", 1)).item()).toBe(1);
    expect((await through("1x1xi1", [[true]])).item()).toBe(true);
    const pair = await through("2xf32", [1, 2]);
    expect(() => pair.item()).toThrow("float32[2] has 2 elements, not one");
    expect(pair.size).toBe(2);
  });
});
