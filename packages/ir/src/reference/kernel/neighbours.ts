/** The next floats and the high halves of products: functions of bits, for CHLO. */
import { bytesOf, bytesPerElement, viewOf } from "../../model/storage.ts";
import { bitWidth, type Element, isUnsigned } from "../../model/types.ts";
import { reader, writer } from "../element/work.ts";
import { elementCount, like, type Tensor } from "../tensor.ts";

/** Unsigned integers as wide as the element. */
const unsignedOf: Readonly<Record<number, Element>> = { 1: "ui8", 2: "ui16", 4: "ui32", 8: "ui64" };

/** The float after `x` towards `y`, as C's nextafter: `y` itself when they are equal, NaN when either is. */
export function nextAfter(x: Tensor, y: Tensor): Tensor {
  const result = like(x);
  result.data.set(x.data as never);
  const bits = viewOf(unsignedOf[bytesPerElement(x.type.element)]!, bytesOf(result.data));
  const sign = 1n << BigInt(bitWidth(x.type.element) - 1);
  const wide = bits instanceof BigUint64Array;
  const [readX, readY, write] = [reader(x), reader(y), writer(result)];
  for (let i = 0; i < elementCount(x); i++) {
    const [from, to] = [readX(i) as number, readY(i) as number];
    if (Number.isNaN(from) || Number.isNaN(to)) write(i, NaN);
    else if (from === to) result.data[i] = y.data[i]!;
    else {
      const next = step(BigInt(bits[i]!), from, to, sign);
      (bits as unknown as { [position: number]: number | bigint })[i] = wide ? next : Number(next);
    }
  }
  return result;
}

/** The bits of the neighbour: away from zero one more, towards it one less; from zero the smallest number. */
function step(bits: bigint, from: number, to: number, sign: bigint): bigint {
  if (from === 0) return to > 0 ? 1n : sign | 1n;
  return from > 0 === to > from ? bits + 1n : bits - 1n;
}

/** The high half of the product of two integers. */
export function multiplyHigh(x: Tensor, y: Tensor): Tensor {
  const { element } = x.type;
  const result = like(x);
  const width = BigInt(bitWidth(element));
  const wrap = isUnsigned(element) ? BigInt.asUintN : BigInt.asIntN;
  const write = writer(result);
  for (let i = 0; i < elementCount(x); i++) {
    const high = wrap(Number(width), (BigInt(x.data[i]!) * BigInt(y.data[i]!)) >> width);
    write(i, width === 64n ? high : Number(high));
  }
  return result;
}
