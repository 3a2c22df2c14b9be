/**
 * Compiles ODS's assembly notation, once per declaration, into the list of elements that the text reader and the
 * text writer both interpret. A name that the declaration does not have is an error when the op is declared.
 */
import type { Directive, Parameter } from "./assembly.ts";
import type { OpDefinition } from "./define.ts";
import { directives } from "./directives/index.ts";

export type FormatElement =
  /** A keyword or punctuation. */
  | { readonly kind: "literal"; readonly text: string }
  /** `` ` ` `` forces a space, two backticks suppress the one that the spacing rules would put. */
  | { readonly kind: "space"; readonly text: "" | " " }
  | { readonly kind: "newline" }
  /** `$name` */
  | { readonly kind: "field"; readonly field: Parameter; readonly optional: boolean }
  /** `type(…)` */
  | { readonly kind: "types"; readonly fields: readonly Parameter[] }
  /** `operands` */
  | { readonly kind: "operands" }
  /** `functional-type(…)`; absent fields stand for all of them. */
  | { readonly kind: "signature"; readonly operands?: Parameter; readonly results?: Parameter }
  /** `attr-dict`, `attr-dict-with-keyword` */
  | { readonly kind: "dictionary"; readonly keyword: boolean }
  | { readonly kind: "custom"; readonly directive: Directive; readonly parameters: readonly Parameter[] }
  | {
      readonly kind: "optional";
      readonly then: readonly FormatElement[];
      readonly otherwise: readonly FormatElement[];
      /** The group is printed when this field has a value. */
      readonly anchor: Parameter;
    };

export interface Format {
  /** The notation it was compiled from, for docs. */
  readonly text: string;
  readonly elements: readonly FormatElement[];
  /** Attributes that the format spells itself, so that `attr-dict` leaves them out. */
  readonly bound: readonly string[];
}

type Fields = Pick<OpDefinition, "name" | "operands" | "attributes" | "results" | "regions" | "successors">;

const tokenPattern = /\s+|`[^`]*`|\$\w+|[A-Za-z][\w-]*|[(),<>^?:]|(.)/gy;

/** A group that has begun has all of its fields. */
function whole(element: FormatElement): FormatElement {
  return element.kind === "field" ? { ...element, optional: false } : element;
}

/** Throws an Error that names the op when the format has a mistake: formats are code, so this is for its author. */
export function compileFormat(definition: Fields, format: string): Format {
  return new FormatCompiler(definition, format).compile();
}

class FormatCompiler {
  readonly #definition: Fields;
  readonly #format: string;
  readonly #tokens: string[] = [];
  readonly #bound: string[] = [];
  #at = 0;

  constructor(definition: Fields, format: string) {
    this.#definition = definition;
    this.#format = format;
    for (const [token, unknown] of format.matchAll(tokenPattern)) {
      if (unknown !== undefined) this.#fail(`unexpected character '${unknown}'`);
      if (token.trim() !== "" || token.startsWith("`")) this.#tokens.push(token);
    }
  }

  compile(): Format {
    const elements = this.#sequence(undefined);
    return {
      text: this.#format.replace(/\s+/g, " ").trim(),
      elements,
      bound: [...this.#bound, ...this.#counts()],
    };
  }

  /** Attributes that follow from how many operands and results the text has. */
  #counts(): string[] {
    return this.#definition.attributes
      .map(({ name }) => name)
      .filter((name) => name.endsWith("SegmentSizes"));
  }

  #fail(problem: string): never {
    throw new Error(`format of "${this.#definition.name}": ${problem}\n  ${this.#format}`);
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#fail(`expected '${token}' before '${this.#tokens[this.#at] ?? "the end"}'`);
  }

  /** Elements up to the closing parenthesis of a group, or to the end. `anchors` collects those marked `^`. */
  #sequence(anchors: Parameter[] | undefined): FormatElement[] {
    const elements: FormatElement[] = [];
    while (this.#at < this.#tokens.length && this.#tokens[this.#at] !== ")") {
      const element = this.#element();
      elements.push(element);
      if (this.#take("^")) {
        if (!anchors) this.#fail("'^' outside of an optional group");
        anchors.push(this.#anchorOf(element));
      }
    }
    return elements;
  }

  #anchorOf(element: FormatElement): Parameter {
    if (element.kind === "field") return element.field;
    if (element.kind === "types" && element.fields[0]) return element.fields[0];
    if (element.kind === "custom" && element.parameters[0]) return element.parameters[0];
    return this.#fail(`'^' marks a field, not ${element.kind}`);
  }

  #element(): FormatElement {
    const token = this.#tokens[this.#at++]!;
    if (token.startsWith("`")) return this.#literal(token.slice(1, -1));
    if (token.startsWith("$")) return this.#field(token);
    switch (token) {
      case "(":
        return this.#optional();
      case "attr-dict":
      case "attr-dict-with-keyword":
        return { kind: "dictionary", keyword: token !== "attr-dict" };
      case "operands":
        return { kind: "operands" };
      case "type":
        this.#expect("(");
        return { kind: "types", fields: this.#fieldsUpTo(")", "type") };
      case "functional-type":
        return this.#signature();
      case "custom":
        return this.#custom();
    }
    return this.#fail(`unknown element '${token}'`);
  }

  #literal(text: string): FormatElement {
    if (text === "" || text === " ") return { kind: "space", text };
    return text === "\\n" ? { kind: "newline" } : { kind: "literal", text };
  }

  #field(token: string): FormatElement {
    const field = this.#parameter(token, "value");
    if (field.kind === "result") this.#fail(`'${token}' is a result: only its type can be written`);
    const attribute = field.kind === "attribute" ? this.#definition.attributes[field.index] : undefined;
    return { kind: "field", field, optional: attribute !== undefined && !attribute.required };
  }

  #optional(): FormatElement {
    const anchors: Parameter[] = [];
    const then = this.#sequence(anchors).map(whole);
    this.#expect(")");
    let otherwise: FormatElement[] = [];
    if (this.#take(":")) {
      this.#expect("(");
      otherwise = this.#sequence(anchors);
      this.#expect(")");
    }
    this.#expect("?");
    if (anchors.length !== 1) this.#fail("an optional group needs one field marked '^'");
    return { kind: "optional", then, otherwise, anchor: anchors[0]! };
  }

  #signature(): FormatElement {
    this.#expect("(");
    const operands = this.#take("operands") ? undefined : this.#parameter(this.#tokens[this.#at++]!, "type");
    this.#expect(",");
    const results = this.#take("results") ? undefined : this.#parameter(this.#tokens[this.#at++]!, "type");
    this.#expect(")");
    return { kind: "signature", ...(operands && { operands }), ...(results && { results }) };
  }

  #custom(): FormatElement {
    this.#expect("<");
    const name = this.#tokens[this.#at++]!;
    const directive = directives[name];
    if (!directive) this.#fail(`unknown directive 'custom<${name}>'`);
    this.#expect(">");
    const parameters = this.#take("(") ? this.#fieldsUpTo(")", "value") : [];
    return { kind: "custom", directive, parameters };
  }

  /** `$a, type($b), ref($c), operands, results, attr-dict` */
  #fieldsUpTo(end: string, part: "value" | "type"): Parameter[] {
    const fields: Parameter[] = [];
    while (!this.#take(end)) {
      if (fields.length > 0) this.#expect(",");
      const token = this.#tokens[this.#at++];
      if (token === undefined) this.#fail(`expected '${end}' before the end`);
      if (token === "type" || token === "ref") {
        this.#expect("(");
        fields.push(...this.#fieldsUpTo(")", token === "type" ? "type" : "value"));
      } else if (token === "operands") {
        fields.push(...this.#definition.operands.map(({ name }) => this.#parameter(`$${name}`, part)));
      } else if (token === "results") {
        fields.push(...this.#definition.results.map(({ name }) => this.#parameter(`$${name}`, part)));
      } else if (token === "attr-dict") {
        fields.push({ kind: "dictionary", name: token, index: 0, part });
      } else {
        fields.push(this.#parameter(token, part));
      }
    }
    return fields;
  }

  #parameter(token: string, part: "value" | "type"): Parameter {
    const name = token.slice(1);
    if (!token.startsWith("$")) this.#fail(`expected a field, not '${token}'`);
    const { operands, attributes, results, regions, successors } = this.#definition;
    const places = {
      operand: operands,
      attribute: attributes,
      region: regions,
      successor: successors,
      result: results,
    } as const;
    for (const kind of ["operand", "attribute", "region", "successor", "result"] as const) {
      // An op may name an operand and a result alike (`func.return`, `optimization_barrier`): values are operands.
      const index = places[kind].findIndex((field) => field.name === name);
      if (index < 0) continue;
      if (kind !== "attribute") return { kind, name, index, part };
      this.#bound.push(name);
      const syntax = attributes[index]!.kind.syntax;
      return { kind, name, index, part, ...(syntax && { syntax }) };
    }
    return this.#fail(`'${token}' is neither an operand, an attribute, a region, a successor nor a result`);
  }
}
