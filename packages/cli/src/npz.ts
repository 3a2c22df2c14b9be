/**
 * numpy's files: `.npy` is a header and row-major bytes, `.npz` a zip of them. Types that numpy lacks (bf16, f8, i4 …)
 * are stored as ml_dtypes stores them, as raw bytes (`V2`, `V1`), so a reader must be told what they are.
 */
import {
  bytesOf,
  bytesPerElement,
  DYNAMIC,
  type Element,
  type HostTensor,
  sizeOf,
  typeText,
  viewOf,
} from "@hloom/ir";
import { unzipSync, zipSync } from "fflate";

/** An array as a file describes it; `data` is row-major and little endian. */
export interface NumpyArray {
  /** numpy's type string without byte order: `f4`, `b1`, `V2`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A file that cannot be understood; the message says which array and why. */
export class NumpyError extends Error {
  override readonly name = "NumpyError";
}

const dtypes: Record<Element, string> = {
  i1: "b1",
  i2: "V1",
  i4: "V1",
  i8: "i1",
  i16: "i2",
  i32: "i4",
  i64: "i8",
  ui2: "V1",
  ui4: "V1",
  ui8: "u1",
  ui16: "u2",
  ui32: "u4",
  ui64: "u8",
  f4E2M1FN: "V1",
  f6E2M3FN: "V1",
  f6E3M2FN: "V1",
  f8E3M4: "V1",
  f8E4M3: "V1",
  f8E4M3FN: "V1",
  f8E4M3FNUZ: "V1",
  f8E4M3B11FNUZ: "V1",
  f8E5M2: "V1",
  f8E5M2FNUZ: "V1",
  f8E8M0FNU: "V1",
  bf16: "V2",
  f16: "f2",
  f32: "f4",
  f64: "f8",
  "complex<f32>": "c8",
  "complex<f64>": "c16",
};

/** Whether an array of `dtype` holds `element`; bit patterns of types that numpy lacks may come as `V`, `u` or `f1`. */
function holds(dtype: string, element: Element): boolean {
  const usual = dtypes[element];
  if (dtype === usual) return true;
  const raw = usual[0] === "V" && /^[Vuif]/.test(dtype) && dtype !== "f2";
  return raw && Number(dtype.slice(1)) === bytesPerElement(element);
}

/** The array as a tensor of `type`, whose unknown dimensions take any size. Throws {@link NumpyError} otherwise. */
export function toTensor(array: NumpyArray, type: HostTensor["type"], name: string): HostTensor {
  const { dtype, shape, data } = array;
  const fits = (size: number, d: number) => type.shape[d] === DYNAMIC || size === type.shape[d];
  if (shape.length !== type.shape.length || !shape.every(fits) || !holds(dtype, type.element)) {
    throw new NumpyError(
      `${name} is a ${dtype} array of shape (${shape.join(", ")}), but the program takes ${typeText(type)}`,
    );
  }
  return { type: type.shape.includes(DYNAMIC) ? { ...type, shape } : type, data: viewOf(type.element, data) };
}

export function fromTensor(tensor: HostTensor): NumpyArray {
  return {
    dtype: dtypes[tensor.type.element as Element],
    shape: tensor.type.shape,
    data: bytesOf(tensor.data),
  };
}

/** Arrays of an `.npz` file by name (`in0`, without `.npy`). */
export function readNpz(bytes: Uint8Array, file: string): Map<string, NumpyArray> {
  let entries: Record<string, Uint8Array>;
  try {
    entries = unzipSync(bytes);
  } catch (error) {
    throw new NumpyError(
      `${file} is not an .npz file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return new Map(
    Object.entries(entries).map(([name, content]) => [
      name.replace(/\.npy$/, ""),
      readNpy(content, `${file}: ${name}`),
    ]),
  );
}

export function writeNpz(arrays: ReadonlyMap<string, NumpyArray>): Uint8Array {
  const entries = [...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)] as const);
  return zipSync(Object.fromEntries(entries), { level: 0 });
}

const magic = "\x93NUMPY";

/** One `.npy` file: magic, version, header length, a Python dictionary, the bytes. */
export function readNpy(bytes: Uint8Array, name: string): NumpyArray {
  const latin = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (latin(0, 6) !== magic) throw new NumpyError(`${name} is not a .npy file`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6]! >= 2;
  const start = wide ? 12 : 10;
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = /^\{'descr': '(.)(\w+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\),? *\}/.exec(
    latin(start, end),
  );
  if (!header)
    throw new NumpyError(`${name} has a header that is not understood: ${latin(start, end).trim()}`);
  const [, order, dtype, fortran, dimensions] = header as unknown as [string, string, string, string, string];
  if (order === ">") throw new NumpyError(`${name} is big endian; write it with dtype "<${dtype}"`);
  const shape = dimensions
    .split(",")
    .filter((part) => part.trim() !== "")
    .map(Number);
  const itemSize = Number(/\d+/.exec(dtype)?.[0] ?? 0);
  const wanted = sizeOf(shape) * itemSize;
  const data = bytes.slice(end, end + wanted);
  if (itemSize === 0 || data.byteLength !== wanted)
    throw new NumpyError(`${name} is cut short or of type ${dtype}`);
  return { dtype, shape, data: fortran === "True" ? rowMajor(data, shape, itemSize) : data };
}

export function writeNpy({ dtype, shape, data }: NumpyArray): Uint8Array {
  const order = /1$/.test(dtype) ? "|" : "<";
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${order}${dtype}', 'fortran_order': False, 'shape': (${tuple}), }`;
  // numpy aligns the data to 64 bytes, and ends the header with a newline.
  const padding = 63 - ((10 + text.length) % 64);
  const header = `${magic}\x01\x00\x00\x00${text}${" ".repeat(padding)}\n`;
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(Uint8Array.from(header, (c) => c.charCodeAt(0)));
  new DataView(bytes.buffer).setUint16(8, header.length - 10, true);
  bytes.set(data, header.length);
  return bytes;
}

/** Column-major bytes in row-major order. */
function rowMajor(data: Uint8Array, shape: readonly number[], itemSize: number): Uint8Array {
  const result = new Uint8Array(data.byteLength);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let at = 0; at < data.byteLength; at += itemSize) {
    const from = index.reduce((sum, position, axis) => sum + position * strides[axis]!, 0) * itemSize;
    result.set(data.subarray(from, from + itemSize), at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      index[axis] = 0;
    }
  }
  return result;
}

/** Tensors for `types` from arrays `in0`, `in1`, …; a suffix as in `in0_bf16` is ignored. */
export function tensorsFrom(
  arrays: ReadonlyMap<string, NumpyArray>,
  types: readonly HostTensor["type"][],
  prefix: "in" | "out",
  file: string,
): HostTensor[] {
  const byIndex = new Map([...arrays].map(([name, array]) => [/^[a-z]+\d+/.exec(name)?.[0] ?? name, array]));
  const tensors = types.map((type, i) => {
    const array = byIndex.get(`${prefix}${i}`);
    if (!array)
      throw new NumpyError(
        `${file} has no array ${prefix}${i}, which the program takes as ${typeText(type)}`,
      );
    return toTensor(array, type, `${file}: ${prefix}${i}`);
  });
  const extra = [...byIndex.keys()].find(
    (name) => /^in\d+$/.test(name) && Number(name.slice(2)) >= types.length,
  );
  if (prefix === "in" && extra)
    throw new NumpyError(`${file} has ${extra}, but the program takes ${types.length} arguments`);
  return tensors;
}

/** Host bytes of tensors, `out0`, `out1`, … */
export function tensorsToNpz(tensors: readonly HostTensor[], prefix: "in" | "out"): Uint8Array {
  return writeNpz(new Map(tensors.map((tensor, i) => [`${prefix}${i}`, fromTensor(tensor)])));
}
