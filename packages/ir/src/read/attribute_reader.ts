/** Attributes and locations of the textual form. */

import type { AssemblyReader } from "../declare/assembly.ts";
import type { NamedForm } from "../declare/directives/records.ts";
import type { Syntax } from "../declare/kinds.ts";
import {
  type Attribute,
  type Attributes,
  booleanAttribute,
  enumAttribute,
  type RecordAttribute,
  unit,
} from "../model/attributes.ts";
import { DiagnosticError, error } from "../model/diagnostic.ts";
import type { Location } from "../model/location.ts";
import type { Mentions } from "../model/spans.ts";
import { type Element, isElement, isFloat, isInteger, type Type } from "../model/types.ts";
import { enumKinds, recordForms, recordSpellings } from "../ops/attribute_forms.ts";
import { readDense, readDenseArray } from "./dense_reader.ts";
import { bitsOfNumber, floatBits, integerValue } from "./elements.ts";
import { readLocation } from "./location_reader.ts";
import { TypeReader } from "./type_reader.ts";

const i64: Type = { kind: "scalar", element: "i64" };
const f64: Type = { kind: "scalar", element: "f64" };
const i1: Type = { kind: "scalar", element: "i1" };

/** Builtin attributes that are kept as text; foreign attributes of these names have no `#`. */
const builtinText = ["affine_map", "affine_set", "strided", "sparse", "distinct"];

export abstract class AttributeReader extends TypeReader {
  abstract attributeAlias(name: string): Attribute;
  abstract locationAlias(name: string): Location;
  /** What record forms read through. */
  abstract readonly assembly: AssemblyReader;
  /** Of the operation that is being read, if they are wanted. */
  mentions: Mentions | undefined;

  /** Says that the attribute `name` is written from `start` to here. */
  mention(name: string, start: number): void {
    this.mentions?.attributes.set(name, { start, end: this.previousEnd });
  }

  attribute(syntax?: Syntax): Attribute {
    return syntax && this.kind !== "#" ? this.#short(syntax) : this.#full();
  }

  seesAttribute(syntax?: Syntax): boolean {
    switch (syntax?.form) {
      case "enum":
        return this.kind === "#" || syntax.values.some((value) => this.sees(value));
      case "symbolName":
        return this.kind === "@";
      case "string":
        return this.kind === "a string";
      case "list":
        return this.kind === "[" || this.kind === "#" || this.sees("array");
      case "record":
        return this.kind === "#" || this.kind === "<" || this.kind === "[" || this.kind === "{";
      case "number":
        return (
          this.kind === "an integer" ||
          this.kind === "a float" ||
          this.kind === "-" ||
          this.sees("true") ||
          this.sees("false")
        );
      case undefined:
        return this.kind !== "{" && this.kind !== ":" && this.kind !== "the end";
    }
  }

  // Forms that lean on the declaration ---------------------------------------------------------------------------

  #short(syntax: Syntax): Attribute {
    switch (syntax.form) {
      case "number":
        return this.#number({ kind: "scalar", element: syntax.element });
      case "string":
        return { kind: "string", value: this.string() };
      case "symbolName":
        return { kind: "string", value: this.symbolName() };
      case "list":
        if (this.kind !== "[") return this.#full();
        return {
          kind: "denseArray",
          element: syntax.element,
          values: this.list("[", "]", () => this.arrayElement(syntax.element)),
        };
      case "enum":
        return this.#enumValue(syntax.name, syntax.values);
      case "record":
        return this.#record(syntax.name);
    }
  }

  #enumValue(name: string, values: readonly string[]): Attribute {
    const { start, end } = this;
    const word = this.keyword();
    if (!values.includes(word)) this.fail(`expected one of ${values.join(", ")}`, start, end);
    return enumAttribute(name, word);
  }

  #record(name: string, form = recordForms.get(name)): Attribute {
    if (!form) return this.fail(`unknown attribute '#${name}'`);
    const { start } = this;
    return this.nested(() => {
      if (!form.bare) this.expect("<");
      const fields = this.#fieldsOf(form, name);
      const problem = form.problem?.(fields);
      if (problem) this.fail(problem, start, this.previousEnd);
      return { kind: "record", name, fields };
    });
  }

  /** Fields up to the end of a record. What is missing on one line may leave the reader on another: both are said. */
  #fieldsOf(form: NamedForm, name: string): RecordAttribute["fields"] {
    try {
      const fields = form.parse(this.assembly);
      if (!form.bare) this.expect(">");
      return fields;
    } catch (problem) {
      if (!(problem instanceof DiagnosticError) || problem.diagnostic.span?.start === this.start)
        throw problem;
      const span = { start: this.start, end: this.end };
      const stop = error("text/attribute", `attribute '#${name}' cannot be read from here on`, { span });
      throw new DiagnosticError(problem.diagnostic, [...problem.consequences, stop]);
    }
  }

  arrayElement(element: Element): bigint {
    const text = this.literalText();
    const value = isFloat(element) ? floatBits(text, element) : integerValue(text, element);
    return value ?? this.fail(`'${text}' is no value of ${element}`);
  }

  /** A number, `true` or `false` with its sign, taken. */
  literalText(): string {
    const sign = this.take("-") ? "-" : "";
    const literal =
      this.kind === "an integer" || this.kind === "a float" || this.sees("true") || this.sees("false");
    if (!literal) this.fail("expected a number");
    const { text } = this;
    this.next();
    return sign + text;
  }

  // Full forms ---------------------------------------------------------------------------------------------------

  #full(): Attribute {
    switch (this.kind) {
      case "#":
        return this.#dialectAttribute();
      case "[":
        return { kind: "array", elements: this.nested(() => this.list("[", "]", () => this.attribute())) };
      case "{":
        return { kind: "dictionary", entries: this.nested(() => this.#dictionaryAttribute()) };
      case "a string":
        return this.#string();
      case "@":
        return this.#symbol();
      case "an integer":
      case "a float":
      case "-":
        return this.#number(undefined);
      case "an identifier":
        return this.#named();
      case "(":
      case "!":
        return { kind: "type", type: this.type() };
    }
    return this.fail("expected an attribute");
  }

  #named(): Attribute {
    const { start, text } = this;
    switch (text) {
      case "true":
      case "false":
        this.next();
        return booleanAttribute(text === "true");
      case "unit":
        this.next();
        return unit;
      case "dense":
        return this.nested(() => readDense(this));
      case "array":
        return this.nested(() => readDenseArray(this));
      case "dense_resource":
        return this.#resource();
      case "loc":
        return { kind: "location", location: this.requiredLocation() };
    }
    if (!builtinText.includes(text)) return { kind: "type", type: this.type() };
    this.next();
    if (text === "distinct") this.balanced();
    if (this.kind === "<") this.balanced();
    return { kind: "foreign", text: this.textFrom(start) };
  }

  #string(): Attribute {
    const value = this.string();
    return this.take(":") ? { kind: "string", value, type: this.type() } : { kind: "string", value };
  }

  #symbol(): Attribute {
    const path = [this.symbolName()];
    while (this.take("::")) path.push(this.symbolName());
    return { kind: "symbol", path };
  }

  /** `3 : i32`, `1.5`, `0x7FC00000 : f32`; without a type in the text or the declaration, i64 or f64. */
  #number(declared: Type | undefined): Attribute {
    const { start, end } = this;
    const text = this.literalText();
    const boolean = text === "true" || text === "false";
    const isFloatText = text.includes(".");
    const typed = declared === undefined && !boolean && this.take(":");
    const type = typed ? this.type() : (declared ?? (isFloatText ? f64 : boolean ? i1 : i64));
    const element = type.kind === "scalar" ? type.element : undefined;
    if (element !== undefined && isElement(element)) {
      if (isFloat(element)) {
        const bits = floatBits(text, element) ?? this.#integralFloat(text, element, declared);
        return bits === undefined
          ? this.fail(`'${text}' is no value of ${element}`, start, end)
          : { kind: "float", bits, type };
      }
      const value = isInteger(element) ? integerValue(text, element) : undefined;
      if (value === undefined) return this.fail("integer constant out of range for attribute", start, end);
      return { kind: "integer", value, type };
    }
    return this.#foreignNumber(text, type);
  }

  /** A format that wants a float takes `1` too, as a directive of MLIR would not; older check ops write it. */
  #integralFloat(text: string, element: Element, declared: Type | undefined): bigint | undefined {
    return declared && !text.includes("x") ? bitsOfNumber(Number(text), element) : undefined;
  }

  /** Numbers of `index` and of integer widths that tensors do not have. */
  #foreignNumber(text: string, type: Type): Attribute {
    if (text.includes(".") || type.kind !== "scalar") return this.fail(`'${text}' is no value of its type`);
    const value =
      text === "true"
        ? 1n
        : text === "false"
          ? 0n
          : text.startsWith("-")
            ? -BigInt(text.slice(1))
            : BigInt(text);
    return { kind: "integer", value, type };
  }

  #resource(): Attribute {
    this.next();
    this.expect("<");
    const key = this.kind === "a string" ? this.string() : this.keyword();
    this.expect(">");
    this.expect(":");
    const type = this.type();
    if (type.kind !== "tensor") return this.fail("expected a ranked tensor type");
    return { kind: "resource", key, type };
  }

  #dictionaryAttribute(): Attributes {
    const entries = new Map<string, Attribute>();
    // What is in it are no attributes of the operation.
    const { mentions } = this;
    this.mentions = undefined;
    this.dictionary(entries);
    this.mentions = mentions;
    return Object.fromEntries(entries);
  }

  /** `{name = value, flag}` if it comes next. */
  dictionary(into: Map<string, Attribute>): void {
    if (this.kind !== "{") return;
    this.list("{", "}", () => {
      const { start, end } = this;
      const name = this.takeString() ?? this.takeKeyword() ?? this.fail("expected an attribute name");
      if (into.has(name)) this.fail(`duplicate key '${name}' in dictionary attribute`, start, end);
      into.set(name, this.take("=") ? this.attribute() : unit);
      this.mention(name, start);
    });
  }

  // Dialect attributes -------------------------------------------------------------------------------------------

  #dialectAttribute(): Attribute {
    const { start } = this;
    const name = this.text.slice(1);
    const opens = this.source[this.end] === "<";
    const pretty = name.includes(".");
    if (!pretty && !opens) {
      this.next();
      return this.attributeAlias(name);
    }
    const known = this.#balanced(() =>
      pretty ? this.#knownAttribute(name, opens) : this.#opaqueAttribute(name),
    );
    if (known) return known;
    this.seek(start);
    this.next();
    if (opens) this.balanced();
    if (name === "stablehlo" || name.startsWith("stablehlo."))
      this.fail("unknown stablehlo attribute", start);
    return { kind: "foreign", text: this.textFrom(start + 1) };
  }

  /** Brackets that do not match are what is wrong with an attribute, whatever that makes of its parts. */
  #balanced<T>(read: () => T): T {
    const { start, end } = this;
    try {
      return read();
    } catch (problem) {
      const open = problem instanceof DiagnosticError && unmatchedBracket(this.source, end);
      if (!open) throw problem;
      return this.fail(`'${open}' in the attribute has no match`, start, end);
    }
  }

  /** `#stablehlo.gather<…>`, `#stablehlo.result_accuracy_mode<DEFAULT>` */
  #knownAttribute(name: string, opens: boolean): Attribute | undefined {
    const enumeration = enumKinds.get(name);
    if (enumeration && opens) {
      this.next();
      this.expect("<");
      const attribute = this.#enumValue(name, enumeration.values);
      this.expect(">");
      return attribute;
    }
    const spelling = recordSpellings.get(name);
    const form = spelling?.form ?? recordForms.get(name);
    if (!form || form.bare || !opens) return undefined;
    this.next();
    return this.#record(spelling?.name ?? name, form);
  }

  /** `#stablehlo<comparison_direction EQ>`, `#sdy<manual_axes{"x"}>`; the current token is `#stablehlo`. */
  #opaqueAttribute(dialect: string): Attribute | undefined {
    this.next();
    this.expect("<");
    if (this.kind !== "an identifier") return undefined;
    const name = `${dialect}.${this.text}`;
    const enumeration = enumKinds.get(name);
    if (!enumeration && !recordForms.has(name)) return undefined;
    this.next();
    const attribute = enumeration ? this.#enumValue(name, enumeration.values) : this.#record(name);
    this.expect(">");
    return attribute;
  }

  // Locations ----------------------------------------------------------------------------------------------------

  /** A trailing `loc(…)`. */
  location(): Location | undefined {
    return this.sees("loc") ? this.requiredLocation() : undefined;
  }

  requiredLocation(): Location {
    this.expect("loc");
    this.expect("(");
    const location = readLocation(this);
    this.expect(")");
    return location;
  }
}

const closers: Readonly<Record<string, string>> = { "<": ">", "(": ")", "[": "]", "{": "}" };

/** The bracket that is closed by one of another kind, or not at all, in what opens at `start`; undefined if all match. */
function unmatchedBracket(source: string, start: number): string | undefined {
  const open: string[] = [];
  for (const [found] of source.slice(start).matchAll(/"(?:\\.|[^"\\])*"|->|[<>()[\]{}]/g)) {
    if (closers[found]) open.push(found);
    else if (found.length === 1 && closers[open.at(-1) ?? ""] !== found) return open.at(-1);
    else if (found.length === 1) open.pop();
    if (open.length === 0) return undefined;
  }
  return open.at(-1);
}
