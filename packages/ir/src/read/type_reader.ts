/** Types of the textual form. */
import { problemOfQuantized } from "../declare/quantized_element.ts";
import type { Attribute } from "../model/attributes.ts";
import {
  complexes,
  DYNAMIC,
  type Element,
  type ElementType,
  type FloatElement,
  type FunctionType,
  floats,
  type IntegerElement,
  isFloat,
  isInteger,
  type QuantizedElement,
  signedIntegers,
  type Type,
  unsignedIntegers,
} from "../model/types.ts";
import { TokenReader } from "./token_reader.ts";

const elements = new Set<string>(["i1", ...signedIntegers, ...unsignedIntegers, ...floats, ...complexes]);
/** Builtin scalars that StableHLO tensors do not hold. */
const foreignScalar = /^(?:[su]?i[1-9]\d*|index|tf32|f80|f128)$/;

/** Types seen so far by their text: programs repeat a few types thousands of times. */
const plainTypeText = /[\w?<>]*/y;

/** Types made of others, and the one that is of nothing. */
const composed = ["complex", "tuple", "none", "vector", "memref"];

export abstract class TypeReader extends TokenReader {
  readonly #types = new Map<string, Type>();
  /** `!name = …` */
  abstract typeAlias(name: string): Type;
  abstract attribute(): Attribute;

  type(): Type {
    if (this.kind === "(") return this.#functionType();
    const type = this.nonFunctionType();
    return type;
  }

  types(): Type[] {
    const types = [this.type()];
    while (this.take(",")) types.push(this.type());
    return types;
  }

  nonFunctionType(): Type {
    if (this.kind === "!") return this.#dialectType();
    if (this.kind !== "an identifier") return this.fail("expected a type");
    if (this.sees("tensor")) return this.#tensorType();
    const { start, text: word } = this;
    const element = scalarElement(word);
    if (!element && !composed.includes(word)) this.fail(`unknown type '${word}'`);
    this.next();
    switch (word) {
      case "complex":
        return { kind: "scalar", element: this.#complex(start) };
      case "tuple":
        return { kind: "tuple", types: this.nested(() => this.list("<", ">", () => this.type())) };
      case "none":
        return { kind: "none" };
      case "vector":
      case "memref":
        return this.nested(() => this.#shapedType(word, start));
    }
    return { kind: "scalar", element: element! };
  }

  #functionType(): FunctionType {
    return this.nested(() => {
      const inputs = this.list("(", ")", () => this.type());
      this.expect("->");
      const results = this.sees("(") ? this.list("(", ")", () => this.type()) : [this.type()];
      return { kind: "function", inputs, results };
    });
  }

  functionType(): FunctionType {
    if (this.kind !== "(") this.fail("expected a function type");
    return this.#functionType();
  }

  /** `tensor<2x?xf32, #encoding>`; the current token is `tensor`. */
  #tensorType(): Type {
    const key = this.#plainText();
    const known = key && this.#types.get(key);
    if (known) {
      this.seek(this.start + key.length);
      return known;
    }
    this.next();
    const type = this.nested(() => this.#tensorBody());
    if (key) this.#types.set(key, type);
    return type;
  }

  /** `tensor<…>` when nothing in it could mean something else elsewhere: no aliases, no dialect's types. */
  #plainText(): string | undefined {
    plainTypeText.lastIndex = this.end;
    plainTypeText.test(this.source);
    const { lastIndex } = plainTypeText;
    let depth = 0;
    for (let at = this.end; at < lastIndex; at++) {
      const code = this.source.charCodeAt(at);
      if (code === 0x3c) depth++;
      else if (code === 0x3e && --depth === 0) return this.source.slice(this.start, at + 1);
    }
    return undefined;
  }

  #tensorBody(): Type {
    this.expect("<");
    if (this.take("*")) {
      this.seek(this.#separator(this.start));
      const element = this.element();
      this.expect(">");
      return { kind: "unranked", element };
    }
    const shape = this.#shape();
    const element = this.element();
    if (!this.take(",")) {
      this.expect(">");
      return { kind: "tensor", shape, element };
    }
    const { start } = this;
    const encoding = this.attribute();
    this.#checkBounds(shape, encoding, start);
    this.expect(">");
    return { kind: "tensor", shape, element, encoding };
  }

  /** `#stablehlo.bounds<…>` has an entry per dimension, a number only where the size is not known. */
  #checkBounds(shape: readonly number[], encoding: Attribute, start: number): void {
    if (encoding.kind !== "record" || encoding.name !== "stablehlo.bounds") return;
    const bounds = encoding.fields.bounds as readonly number[];
    if (bounds.length !== shape.length) {
      this.fail(
        `Bounds length is ${bounds.length}, expected to be equal to rank(${shape.length}) of the tensor`,
        start,
      );
    }
    const fixed = bounds.findIndex((bound, i) => bound !== DYNAMIC && shape[i] !== DYNAMIC);
    if (fixed >= 0)
      this.fail(`Static dimension ${fixed} cannot have a bound, use ? to indicate a missing bound`, start);
  }

  /** Offset after the `x` at `offset`. */
  #separator(offset: number): number {
    if (this.source[offset] !== "x") this.fail("expected 'x' after a dimension", offset, offset + 1);
    return offset + 1;
  }

  /** `2x?x`, read from the text: to the lexer `0x4` is a number and `x4xf32` a name. */
  #shape(): number[] {
    const shape: number[] = [];
    let at = this.start;
    for (;;) {
      const first = this.source[at] ?? "";
      if (first === "?") {
        shape.push(DYNAMIC);
        at = this.#separator(at + 1);
      } else if (first >= "0" && first <= "9") {
        let end = at + 1;
        while (/\d/.test(this.source[end] ?? "")) end++;
        const size = Number(this.source.slice(at, end));
        if (!Number.isSafeInteger(size)) this.fail("dimension too large", at, end);
        shape.push(size);
        at = this.#separator(end);
      } else {
        break;
      }
    }
    if (at !== this.start) this.seek(at);
    return shape;
  }

  /** What a tensor holds. */
  element(): ElementType {
    const { start } = this;
    const type = this.nested(() => (this.kind === "(" ? this.#functionType() : this.nonFunctionType()));
    if (type.kind === "scalar") return type.element;
    return { kind: "foreign", text: this.textFrom(start) };
  }

  #complex(start: number): ElementType {
    this.expect("<");
    const part = this.element();
    this.expect(">");
    if (part === "f32") return "complex<f32>";
    return part === "f64" ? "complex<f64>" : { kind: "foreign", text: this.textFrom(start) };
  }

  /** Text from `start` to the end of the token before the current one. */
  textFrom(start: number): string {
    return this.source.slice(start, this.previousEnd);
  }

  #shapedType(kind: "vector" | "memref", start: number): Type {
    this.expect("<");
    const plain = this.kind !== "[" && this.kind !== "*";
    if (plain) {
      const shape = this.#shape();
      const element = this.element();
      if (this.take(">")) return { kind, shape, element };
    }
    // Layouts, memory spaces and scalable dimensions are not modelled: the text stands for the type.
    let depth = 1;
    while (depth > 0) {
      if (this.kind === "<") depth++;
      else if (this.kind === ">") depth--;
      else if (this.kind === "the end") this.fail("expected '>'");
      this.next();
    }
    return { kind: "scalar", element: { kind: "foreign", text: this.textFrom(start) } };
  }

  #dialectType(): Type {
    const { start } = this;
    const name = this.text.slice(1);
    const opens = this.source[this.end] === "<";
    if (!name.includes(".") && !opens) {
      this.next();
      return this.typeAlias(name);
    }
    this.next();
    if (name === "stablehlo.token") return { kind: "token" };
    if (name === "stablehlo.future" && opens) {
      return { kind: "future", types: this.nested(() => this.list("<", ">", () => this.#futureElement())) };
    }
    if (name === "quant.uniform" && opens) {
      const element = this.nested(() => this.#quantized(start));
      return { kind: "scalar", element };
    }
    if (opens) this.balanced();
    // StableHLO's types are all known: another name is a mistake, or newer than this reader.
    if (name.startsWith("stablehlo.")) this.fail(`unknown stablehlo type: ${name.slice(10)}`, start);
    return { kind: "foreign", text: this.textFrom(start + 1) };
  }

  #futureElement(): Type {
    const { start } = this;
    const type = this.type();
    if (type.kind !== "tensor") this.fail("future element type must be a ranked tensor", start);
    return type;
  }

  /** `!quant.uniform<i8<-10:10>:f32:1, {0.5:3, 0.25}>`; the current token is `<`. */
  #quantized(start: number): ElementType {
    const { start: open } = this;
    this.expect("<");
    const stored = this.#storage();
    const { storage } = stored;
    const bits = BigInt(/\d+/.exec(storage)![0]);
    const signed = storage[0] === "i";
    let storageMin = signed ? -(1n << (bits - 1n)) : 0n;
    let storageMax = (1n << (signed ? bits - 1n : bits)) - 1n;
    if (this.take("<")) {
      storageMin = this.bigInteger();
      this.expect(":");
      storageMax = this.bigInteger();
      this.expect(">");
    }
    this.expect(":");
    const expressed = this.element();
    let axis: number | undefined;
    if (this.take(":")) {
      if (this.kind === "{") {
        // Blocks over several axes: kept as text.
        this.seek(open);
        this.balanced();
        return { kind: "foreign", text: this.textFrom(start) };
      }
      axis = this.integer();
    }
    if (typeof expressed !== "string" || !isFloat(expressed)) return this.fail("expected a float type");
    this.expect(",");
    const parts = axis === undefined ? [this.#scale()] : this.list("{", "}", () => this.#scale());
    this.expect(">");
    const element = quantizedElement({ ...stored, storageMin, storageMax, expressed }, axis, parts);
    const problem = problemOfQuantized(element);
    return problem ? this.fail(problem, start, this.previousEnd) : element;
  }

  #storage(): Pick<QuantizedElement, "storage" | "signless"> {
    const word = this.keyword();
    const signless = word.startsWith("u") && !word.startsWith("ui");
    const name = signless ? `ui${word.slice(1)}` : word;
    if (!elements.has(name) || !isInteger(name as Element)) this.fail(`'${word}' is no storage type`);
    return { storage: name as IntegerElement, ...(signless && { signless }) };
  }

  #scale(): readonly [scale: number, zeroPoint: bigint] {
    const negative = this.take("-");
    if (this.kind !== "a float" && this.kind !== "an integer") this.fail("expected a scale");
    const scale = Number(this.text) * (negative ? -1 : 1);
    this.next();
    return [scale, this.take(":") ? this.bigInteger() : 0n];
  }
}

function quantizedElement(
  base: {
    readonly storage: IntegerElement;
    readonly signless?: true;
    readonly storageMin: bigint;
    readonly storageMax: bigint;
    readonly expressed: FloatElement;
  },
  axis: number | undefined,
  parts: readonly (readonly [number, bigint])[],
): QuantizedElement {
  const scales = parts.map(([scale]) => scale);
  const zeroPoints = parts.map(([, zeroPoint]) => zeroPoint);
  return { kind: "quantized", ...base, ...(axis !== undefined && { axis }), scales, zeroPoints };
}

function scalarElement(word: string): ElementType | undefined {
  if (elements.has(word)) return word as Element;
  return foreignScalar.test(word) ? { kind: "foreign", text: word } : undefined;
}
