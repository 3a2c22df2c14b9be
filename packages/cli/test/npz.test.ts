import { type Element, type HostTensor, tensor, viewOf } from "@hloom/ir";
import { describe, expect, test } from "vitest";
import {
  fromTensor,
  NumpyError,
  readNpy,
  readNpz,
  tensorsFrom,
  tensorsToNpz,
  toTensor,
  writeNpy,
} from "../src/npz.ts";

type HostType = HostTensor["type"];
const type = (shape: readonly number[], element: Element) => tensor(shape, element) as HostType;

/** What numpy 2.4 writes for `np.save(f, np.array([[1.5, -2.0]], np.float32))`, byte for byte. */
const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }";
const numpyFile = Uint8Array.of(
  ...Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0),
  ...new TextEncoder().encode(`${header.padEnd(0x75)}\n`),
  ...Uint8Array.of(0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0),
);

test("reads what numpy writes, and writes the same bytes", () => {
  const array = readNpy(numpyFile, "x");
  expect(array).toEqual({ dtype: "f4", shape: [1, 2], data: numpyFile.slice(-8) });
  expect(toTensor(array, type([1, 2], "f32"), "x").data).toEqual(Float32Array.of(1.5, -2));
  expect(writeNpy(array)).toEqual(numpyFile);
});

test("column-major arrays are turned", () => {
  const fortran = writeNpy({
    dtype: "i4",
    shape: [2, 3],
    data: new Uint8Array(Int32Array.of(1, 4, 2, 5, 3, 6).buffer),
  });
  const text = Buffer.from(fortran)
    .toString("latin1")
    .replace("'fortran_order': False", "'fortran_order': True");
  const turned = readNpy(Buffer.from(text.replace("  \n", "   \n"), "latin1"), "x");
  expect(viewOf("i32", turned.data)).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6));
});

describe("every element type", () => {
  const stored: [Element, string, number][] = [
    ["i1", "b1", 1],
    ["i4", "V1", 1],
    ["i8", "i1", 1],
    ["ui16", "u2", 2],
    ["i64", "i8", 8],
    ["f8E4M3FN", "V1", 1],
    ["bf16", "V2", 2],
    ["f16", "f2", 2],
    ["f64", "f8", 8],
    ["complex<f32>", "c8", 8],
  ];
  test.each(stored)("%s is stored as %s", (element, dtype, size) => {
    const host: HostTensor = {
      type: type([3], element),
      data: viewOf(
        element,
        Uint8Array.from({ length: 3 * size }, (_, i) => i),
      ),
    };
    expect(fromTensor(host).dtype).toBe(dtype);
    const back = tensorsFrom(readNpz(tensorsToNpz([host], "in"), "f"), [host.type], "in", "f");
    expect(back[0]).toEqual(host);
  });
});

test("bit patterns may come as unsigned integers and under a longer name", () => {
  const array = { dtype: "u2", shape: [2], data: Uint8Array.of(0x80, 0x3f, 0, 0x40) };
  const [one] = tensorsFrom(new Map([["in0_bf16", array]]), [type([2], "bf16")], "in", "f");
  expect(one!.data).toEqual(Uint16Array.of(0x3f80, 0x4000));
});

describe("what does not fit is refused with the array's name", () => {
  const f4 = readNpy(numpyFile, "x");
  const cases: [string, RegExp, () => unknown][] = [
    [
      "another shape",
      /in0 is a f4 array of shape \(1, 2\), but the program takes tensor<2xf32>/,
      () => tensorsFrom(new Map([["in0", f4]]), [type([2], "f32")], "in", "f"),
    ],
    ["another type", /takes tensor<1x2xf64>/, () => toTensor(f4, type([1, 2], "f64"), "in0")],
    [
      "f16 for bf16",
      /takes tensor<1xbf16>/,
      () => toTensor({ dtype: "f2", shape: [1], data: new Uint8Array(2) }, type([1], "bf16"), "in0"),
    ],
    [
      "an array that is missing",
      /no array in1/,
      () => tensorsFrom(new Map([["in0", f4]]), [type([1, 2], "f32"), type([], "f32")], "in", "f"),
    ],
    [
      "one too many",
      /in1, but the program takes 1/,
      () =>
        tensorsFrom(
          new Map([
            ["in0", f4],
            ["in1", f4],
          ]),
          [type([1, 2], "f32")],
          "in",
          "f",
        ),
    ],
    ["no zip", /not an .npz file/, () => readNpz(Uint8Array.of(1, 2, 3), "f")],
    ["no npy", /not a .npy file/, () => readNpy(Uint8Array.of(1, 2, 3), "f")],
    ["a short file", /cut short/, () => readNpy(numpyFile.slice(0, -1), "f")],
  ];
  test.each(cases)("%s", (_name, message, action) => {
    expect(action).toThrow(NumpyError);
    expect(action).toThrow(message);
  });
});
