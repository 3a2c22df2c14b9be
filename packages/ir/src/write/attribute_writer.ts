/** Types, attributes and locations as text. */
import type { AssemblyWriter } from "../declare/assembly.ts";
import { integersOf, type Syntax } from "../declare/kinds.ts";
import type { Attribute } from "../model/attributes.ts";
import type { Location } from "../model/location.ts";
import {
  DYNAMIC,
  type ElementType,
  isElement,
  isUnsigned,
  type QuantizedElement,
  type Type,
} from "../model/types.ts";
import { enumKinds, recordForms } from "../ops/attribute_forms.ts";
import { denseText, numberText } from "./elements_text.ts";
import { floatText } from "./float_text.ts";
import { keywordOrString, quote, symbolText } from "./quote.ts";

/** Whether the type of a number may be left out: never, when it is the usual one, or always. */
type Elision = "never" | "usual" | "always";

/** Builtin attributes that are kept as text, without `#`. */
const builtinText = /^(?:affine_map|affine_set|strided|sparse|distinct|dense)\b/;

export abstract class AttributeWriter {
  #out = "";
  readonly #types = new Map<Type, string>();
  /** What record forms write through. */
  abstract readonly assembly: AssemblyWriter;

  get output(): string {
    return this.#out;
  }

  text(text: string): void {
    this.#out += text;
  }

  list<T>(items: readonly T[], item: (item: T) => void): void {
    items.forEach((value, i) => {
      if (i > 0) this.text(", ");
      item(value);
    });
  }

  /** Names of affine maps, which MLIR defines before the module; absent where maps are written in place. */
  protected mapNames: Map<string, string> | undefined;

  symbolName(name: string): void {
    this.text(symbolText(name));
  }

  /** What `write` puts out, taken back from the output. */
  #captured(write: () => void): string {
    const before = this.#out;
    this.#out = "";
    write();
    const text = this.#out;
    this.#out = before;
    return text;
  }

  // Types --------------------------------------------------------------------------------------------------------

  type(type: Type): void {
    let text = this.#types.get(type);
    if (text === undefined) this.#types.set(type, (text = this.#typeText(type)));
    this.text(text);
  }

  #typeText(type: Type): string {
    switch (type.kind) {
      case "tensor": {
        const encoding = type.encoding && this.#captured(() => this.attribute(type.encoding!));
        return `tensor<${shapeText(type.shape)}${this.#elementText(type.element)}${encoding ? `, ${encoding}` : ""}>`;
      }
      case "unranked":
        return `tensor<*x${this.#elementText(type.element)}>`;
      case "memref":
      case "vector":
        return `${type.kind}<${shapeText(type.shape)}${this.#elementText(type.element)}>`;
      case "scalar":
        return this.#elementText(type.element);
      case "token":
        return "!stablehlo.token";
      case "none":
        return "none";
      case "tuple":
        return `tuple<${this.#typeTexts(type.types)}>`;
      case "future":
        return `!stablehlo.future<${this.#typeTexts(type.types)}>`;
      case "function":
        return this.signatureText(type.inputs, type.results);
      case "foreign":
        return `!${type.text}`;
    }
  }

  #typeTexts(types: readonly Type[]): string {
    return types.map((type) => this.#captured(() => this.type(type))).join(", ");
  }

  signatureText(inputs: readonly Type[], results: readonly Type[]): string {
    const bare = results.length === 1 && results[0]!.kind !== "function";
    const output = this.#typeTexts(results);
    return `(${this.#typeTexts(inputs)}) -> ${bare ? output : `(${output})`}`;
  }

  #elementText(element: ElementType): string {
    if (isElement(element)) return element;
    return element.kind === "foreign" ? element.text : quantizedText(element);
  }

  // Attributes ---------------------------------------------------------------------------------------------------

  attribute(attribute: Attribute, syntax?: Syntax): void {
    if (!syntax || !this.#short(attribute, syntax)) this.#full(attribute, "never");
  }

  /** The form that leans on the declaration; false when the attribute is not of the declared kind. */
  #short(attribute: Attribute, syntax: Syntax): boolean {
    switch (syntax.form) {
      case "number":
        if (attribute.kind !== "integer" && attribute.kind !== "float") return false;
        this.#full(attribute, "always");
        return true;
      case "symbolName":
        if (attribute.kind !== "string") return false;
        this.symbolName(attribute.value);
        return true;
      case "list": {
        if (attribute.kind === "denseArray") {
          this.text(`[${attribute.values.map((value) => numberText(value, syntax.element)).join(", ")}]`);
          return true;
        }
        const values = integersOf(attribute);
        if (values)
          this.text(`[${values.map((value) => numberText(BigInt(value), syntax.element)).join(", ")}]`);
        return values !== undefined;
      }
      case "enum":
        if (attribute.kind !== "enum") return false;
        this.text(attribute.value);
        return true;
      case "record":
        if (attribute.kind !== "record") return false;
        this.#record(attribute);
        return true;
      case "string":
        return false;
    }
  }

  #record(attribute: Attribute & { readonly kind: "record" }): void {
    const form = recordForms.get(attribute.name);
    if (!form) throw new Error(`no text form for the attribute '${attribute.name}'`);
    if (!form.bare) this.text("<");
    form.print(this.assembly, attribute.fields);
    if (!form.bare) this.text(">");
  }

  #full(attribute: Attribute, elision: Elision): void {
    switch (attribute.kind) {
      case "unit":
        return this.text("unit");
      case "integer":
      case "float":
        return this.#number(attribute, elision);
      case "string":
        this.text(quote(attribute.value));
        if (attribute.type) this.#typed(attribute.type);
        return;
      case "type":
        return this.type(attribute.type);
      case "array":
        this.text("[");
        this.list(attribute.elements, (element) => this.#full(element, "usual"));
        return this.text("]");
      case "dictionary":
        this.text("{");
        this.namedAttributes(Object.entries(attribute.entries));
        return this.text("}");
      case "symbol":
        return this.text(attribute.path.map(symbolText).join("::"));
      case "denseArray":
        return this.#denseArray(attribute);
      case "dense":
        this.text(`dense<${denseText(attribute)}>`);
        return this.#typed(attribute.type);
      case "denseString":
        return this.#denseString(attribute);
      case "resource":
        this.text(`dense_resource<${keywordOrString(attribute.key)}>`);
        return this.#typed(attribute.type);
      case "enum":
        return this.text(enumText(attribute.name, attribute.value));
      case "record":
        return this.#namedRecord(attribute);
      case "location":
        return this.location(attribute.location);
      case "foreign":
        return this.text(this.#foreignText(attribute.text));
    }
  }

  #foreignText(text: string): string {
    if (!builtinText.test(text)) return `#${text}`;
    if (!this.mapNames || !text.startsWith("affine_map<")) return text;
    let name = this.mapNames.get(text);
    if (name === undefined) {
      const { size } = this.mapNames;
      this.mapNames.set(text, (name = `#map${size === 0 ? "" : size}`));
    }
    return name;
  }

  #typed(type: Type): void {
    this.text(" : ");
    this.type(type);
  }

  #number(attribute: Attribute & { readonly kind: "integer" | "float" }, elision: Elision): void {
    const { type } = attribute;
    const element = type.kind === "scalar" && isElement(type.element) ? type.element : undefined;
    const value = attribute.kind === "integer" ? attribute.value : attribute.bits;
    this.text(element ? numberText(value, element) : String(value));
    const usual = attribute.kind === "integer" ? "i64" : "f64";
    if (element === "i1" || elision === "always" || (elision === "usual" && element === usual)) return;
    this.#typed(type);
  }

  #denseArray({ element, values }: Attribute & { readonly kind: "denseArray" }): void {
    if (!isElement(element)) throw new Error("an array of elements that are no numbers");
    const texts = values.map((value) => numberText(value, element)).join(", ");
    this.text(`array<${element}${texts && `: ${texts}`}>`);
  }

  #denseString({ type, values }: Attribute & { readonly kind: "denseString" }): void {
    let at = 0;
    const nested = (depth: number): string => {
      if (depth === type.shape.length) return quote(values[at++] ?? "");
      return `[${Array.from({ length: type.shape[depth]! }, () => nested(depth + 1)).join(", ")}]`;
    };
    this.text(`dense<${values.length === 1 ? quote(values[0]!) : nested(0)}>`);
    this.#typed(type);
  }

  #namedRecord(attribute: Attribute & { readonly kind: "record" }): void {
    const bare = recordForms.get(attribute.name)?.bare;
    const dot = attribute.name.indexOf(".");
    if (bare) this.text(`#${attribute.name.slice(0, dot)}<${attribute.name.slice(dot + 1)}`);
    else this.text(`#${attribute.name}`);
    this.#record(attribute);
    if (bare) this.text(">");
  }

  /** `a = 1 : i32, flag`, by name: MLIR keeps dictionaries sorted. */
  namedAttributes(entries: readonly (readonly [string, Attribute])[]): void {
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.list(sorted, ([name, attribute]) => {
      this.text(keywordOrString(name));
      if (attribute.kind === "unit") return;
      this.text(" = ");
      this.#full(attribute, "never");
    });
  }

  // Locations ----------------------------------------------------------------------------------------------------

  location(location: Location): void {
    this.text("loc(");
    this.#locationBody(location);
    this.text(")");
  }

  #locationBody(location: Location): void {
    switch (location.kind) {
      case "unknown":
        return this.text("unknown");
      case "file": {
        const { line, column, endLine, endColumn } = location;
        this.text(`${quote(location.file)}:${line}:${column}`);
        if (endLine === undefined) return;
        return this.text(` to ${endLine === line ? "" : endLine}:${endColumn}`);
      }
      case "name":
        this.text(quote(location.name));
        if (!location.child || location.child.kind === "unknown") return;
        this.text("(");
        this.#locationBody(location.child);
        return this.text(")");
      case "call":
        this.text("callsite(");
        this.#locationBody(location.callee);
        this.text(" at ");
        this.#locationBody(location.caller);
        return this.text(")");
      case "fused":
        this.text("fused");
        if (location.metadata) {
          this.text("<");
          this.attribute(location.metadata);
          this.text(">");
        }
        this.text("[");
        this.list(location.locations, (part) => this.#locationBody(part));
        return this.text("]");
    }
  }
}

function shapeText(shape: readonly number[]): string {
  let text = "";
  for (const size of shape) text += size === DYNAMIC ? "?x" : `${size}x`;
  return text;
}

function enumText(name: string, value: string): string {
  if (enumKinds.get(name)?.angled) return `#${name}<${value}>`;
  const dot = name.indexOf(".");
  return `#${name.slice(0, dot)}<${name.slice(dot + 1)} ${value}>`;
}

function quantizedText(element: QuantizedElement): string {
  const { storage, storageMin, storageMax, expressed, axis, scales, zeroPoints } = element;
  const bits = BigInt(/\d+/.exec(storage)![0]);
  const signed = !isUnsigned(storage);
  const least = signed ? -(1n << (bits - 1n)) : 0n;
  const greatest = (1n << (signed ? bits - 1n : bits)) - 1n;
  const range = storageMin === least && storageMax === greatest ? "" : `<${storageMin}:${storageMax}>`;
  const parts = scales.map(
    (scale, i) => `${floatText(scale, "f64", () => 0n)}${zeroPoints[i] ? `:${zeroPoints[i]}` : ""}`,
  );
  const scaleList = axis === undefined ? parts[0] : `{${parts.join(",")}}`;
  const name = element.signless ? storage.replace("ui", "u") : storage;
  return `!quant.uniform<${name}${range}:${expressed}${axis === undefined ? "" : `:${axis}`}, ${scaleList}>`;
}
