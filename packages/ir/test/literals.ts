/**
 * Values in fixtures, written as in `dense<…>`: `[[1, 2], [3, 4]]`, `true`, `-1.5e3`, `inf`, `nan`, `(re, im)`,
 * `0x7FC0` for a float's bit pattern. A number alone stands for every element of its tensor.
 */
import { floatCodec, isSmallFloat } from "../src/model/floats.ts";
import { type Element, isElement, sizeOf, type Type } from "../src/model/types.ts";
import { complexOf } from "../src/reference/element/complex.ts";
import { kindOf, type Scalar, writer } from "../src/reference/element/work.ts";
import { type Tensor, zeros } from "../src/reference/tensor.ts";

type Literal = string | Complexes | readonly Literal[];
interface Complexes {
  readonly re: string;
  readonly im: string;
}

/** Splits `[1, 2], 3` at its outer commas into `[1, 2]` and `3`. */
export function splitValues(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const char of text) {
    if ("[(".includes(char)) depth++;
    if ("])".includes(char)) depth--;
    if (char === "," && depth === 0) {
      parts.push(part.trim());
      part = "";
    } else part += char;
  }
  return part.trim() ? [...parts, part.trim()] : parts;
}

function parse(text: string): Literal {
  if (text.startsWith("[")) return splitValues(text.slice(1, -1)).map(parse);
  if (!text.startsWith("(")) return text;
  const [re, im] = splitValues(text.slice(1, -1));
  return { re: re ?? "", im: im ?? "" };
}

const words: Readonly<Record<string, number>> = {
  true: 1,
  false: 0,
  inf: Infinity,
  "-inf": -Infinity,
  nan: NaN,
};

function numberOf(text: string, element: Element): number {
  if (/^0x/i.test(text) && kindOf(element) !== "integer") return fromBits(BigInt(text), element);
  const value = words[text] ?? Number(text);
  if (Number.isNaN(value) && text !== "nan") throw new Error(`"${text}" is not a number`);
  return value;
}

function fromBits(bits: bigint, element: Element): number {
  if (isSmallFloat(element)) return floatCodec(element).values[Number(bits)]!;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  return element === "f64" || element === "complex<f64>" ? view.getFloat64(0) : view.getFloat32(4);
}

function scalarOf(literal: Literal, element: Element): Scalar {
  if (typeof literal === "string")
    return kindOf(element) === "bigint" ? BigInt(literal) : numberOf(literal, element);
  if ("re" in literal) return complexOf(numberOf(literal.re, element), numberOf(literal.im, element));
  throw new Error("a list where a number is expected");
}

/** The tensor of `type` that `text` writes. */
export function parseTensor(text: string, type: Type): Tensor {
  if (type.kind !== "tensor" || !isElement(type.element))
    throw new Error(`a fixture cannot write ${type.kind} values`);
  const literal = parse(text);
  const items = Array.isArray(literal) ? (literal.flat(64) as Literal[]) : [literal as Literal];
  const size = sizeOf(type.shape);
  const filled =
    items.length === 1 && !Array.isArray(literal) ? new Array<Literal>(size).fill(items[0]!) : items;
  if (filled.length !== size) throw new Error(`${filled.length} elements where the type has ${size}`);
  const tensor = zeros(type.shape, type.element);
  const write = writer(tensor);
  filled.forEach((item, i) => {
    write(i, scalarOf(item, tensor.type.element));
  });
  return tensor;
}
