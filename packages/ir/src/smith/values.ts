/** Types and their values: ranks 0 to 4, sizes from zero on, and the numbers that arithmetic stumbles over. */
import { allocate, type HostTensor } from "../model/storage.ts";
import {
  bitWidth,
  DYNAMIC,
  type Element,
  isComplex,
  isElement,
  isFloat,
  isUnsigned,
  sameElement,
  sizeOf,
  type TensorType,
  type Type,
  tensor,
} from "../model/types.ts";
import { kindOf, type Scalar, writer } from "../reference/element/work.ts";
import { Random } from "./random.ts";

/** Some more than once: those that programs hold most are tried most. */
const elements: readonly Element[] = [
  "f32",
  "f32",
  "f32",
  "i32",
  "i32",
  "i32",
  "i1",
  "i1",
  "f64",
  "i64",
  "ui32",
  "ui8",
  "i8",
  "i16",
  "ui64",
  "bf16",
  "f16",
  "complex<f32>",
  "complex<f64>",
  "i4",
  "ui4",
  "f8E4M3FN",
  "f8E5M2",
];

/** Choices of a generator: of numbers, and of types whose elements are among some. */
export class Draws extends Random {
  readonly #elements: readonly Element[];

  constructor(seed: number, only?: readonly Element[]) {
    super(seed);
    this.#elements = only ? elements.filter((element) => only.includes(element)) : elements;
  }

  allows(type: Type): boolean {
    if (type.kind !== "tensor" || this.#elements === elements) return true;
    return isElement(type.element) && this.#elements.includes(type.element);
  }

  element(): Element {
    return this.pick(this.#elements);
  }

  shape(): number[] {
    const rank = this.pick([0, 0, 1, 1, 2, 2, 3, 4]);
    return this.times(rank, () => this.pick([0, 1, 1, 2, 2, 3, 3, 4, 5]));
  }

  type(): TensorType {
    return tensor(this.shape(), this.element());
  }
}

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  3.25,
  -7,
  1e-3,
  1e-30,
  1e30,
  Number.NaN,
  Infinity,
  -Infinity,
  1e-45,
  65504,
  3.4e38,
];

function randomFloat(random: Random): number {
  return random.chance(0.3) ? random.pick(floats) : (random.next() - 0.5) * random.pick([2, 10, 1000]);
}

function randomInteger(random: Random, element: Element): bigint {
  const width = BigInt(bitWidth(element));
  const [least, most] = isUnsigned(element)
    ? [0n, 2n ** width - 1n]
    : [-(2n ** (width - 1n)), 2n ** (width - 1n) - 1n];
  if (random.chance(0.1)) return random.pick([least, most]);
  const small = BigInt(random.between(-4, 8));
  return small < least ? least : small > most ? most : small;
}

export function randomScalar(random: Random, element: Element): Scalar {
  if (element === "i1") return random.below(2);
  if (isFloat(element)) return randomFloat(random);
  if (isComplex(element)) return { re: randomFloat(random), im: randomFloat(random) };
  const value = randomInteger(random, element);
  return kindOf(element) === "bigint" ? value : Number(value);
}

/** A tensor of the type, special values among its elements. */
export function randomTensor(random: Random, type: TensorType): HostTensor {
  const element = type.element as Element;
  const result: HostTensor = {
    type: { kind: "tensor", shape: type.shape, element },
    data: allocate(element, sizeOf(type.shape)),
  };
  const write = writer(result);
  for (let i = 0; i < sizeOf(type.shape); i++) write(i, randomScalar(random, element));
  return result;
}

/** Elements of the largest tensor: programs are soon evaluated. */
export const largest = 512;

/** Of known sizes, and soon evaluated; or no tensor at all. */
export const isSmall = (type: Type): boolean =>
  type.kind !== "tensor" || (!type.shape.includes(DYNAMIC) && sizeOf(type.shape) <= largest);

export const isSame = (a: Type, b: TensorType): boolean =>
  a.kind === "tensor" && sameElement(a.element, b.element) && a.shape.join() === b.shape.join();
