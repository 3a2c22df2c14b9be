/** What stands between the brackets of `dense<…>` and `array<…>`. */
import type { DenseAttribute } from "../model/attributes.ts";
import { floatCodec, isSmallFloat } from "../model/floats.ts";
import { bytesPerElement, viewOf } from "../model/storage.ts";
import {
  bitWidth,
  type Element,
  type ElementType,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  isUnsigned,
  realElement,
  sizeOf,
} from "../model/types.ts";
import { floatText } from "./float_text.ts";

/** Constants with more elements than this are written as the hexadecimal digits of their bytes. */
const largestDecimal = 100;

export function denseText(attribute: DenseAttribute): string {
  const { type, data } = attribute;
  const size = sizeOf(type.shape);
  // MLIR keeps the one value that stands for no elements.
  if (size === 0 && !(attribute.splat && data.length > 0)) return "";
  const element = storageElement(type.element);
  if (!element) return hexText(data);
  const text = elementText(element, data);
  if (attribute.splat || isSplat(data, bytesPerElement(element))) return text(0);
  if (size > largestDecimal) return hexText(data);
  let at = 0;
  const list = (depth: number): string => {
    if (depth === type.shape.length) return text(at++);
    const items: string[] = [];
    for (let i = 0; i < type.shape[depth]!; i++) items.push(list(depth + 1));
    return `[${items.join(", ")}]`;
  };
  return list(0);
}

function storageElement(element: ElementType): Element | undefined {
  if (isElement(element)) return element;
  if (element.kind === "foreign") return element.text === "index" ? "i64" : undefined;
  return element.storage;
}

function isSplat(bytes: Uint8Array, size: number): boolean {
  for (let i = size; i < bytes.length; i++) if (bytes[i] !== bytes[i - size]) return false;
  return true;
}

function hexText(bytes: Uint8Array): string {
  const parts = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i++) parts[i] = byteText[bytes[i]!]!;
  return `"0x${parts.join("")}"`;
}

const byteText = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"));

/** The text of each element by its index. */
function elementText(element: Element, bytes: Uint8Array): (index: number) => string {
  const part = realElement(element);
  const text = partText(part, bytes);
  return isComplex(element) ? (index) => `(${text(2 * index)},${text(2 * index + 1)})` : text;
}

function partText(element: Element, bytes: Uint8Array): (index: number) => string {
  const data = viewOf(element, bytes);
  if (element === "i1") return (index) => (data[index] ? "true" : "false");
  if (!isFloat(element)) return (index) => String(data[index]!);
  const bits = (index: number) => bitsAt(bytes, index, data.BYTES_PER_ELEMENT);
  if (!isSmallFloat(element)) return (index) => floatText(Number(data[index]!), element, () => bits(index));
  const { values } = floatCodec(element);
  return (index) => floatText(values[Number(data[index]!)]!, element, () => bits(index));
}

function bitsAt(bytes: Uint8Array, index: number, width: number): bigint {
  let bits = 0n;
  for (let i = width - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[index * width + i]!);
  return bits;
}

/** An integer or a float by its bits, as attributes hold them. */
export function numberText(value: bigint, element: Element): string {
  if (element === "i1") return value === 0n ? "false" : "true";
  if (isInteger(element)) {
    return String(
      isUnsigned(element)
        ? BigInt.asUintN(bitWidth(element), value)
        : BigInt.asIntN(bitWidth(element), value),
    );
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
  return partText(element, bytes)(0);
}
