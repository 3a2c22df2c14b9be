/** Operations, regions and SSA names of the textual form. */
import type { ArgumentName, AssemblyReader, Parameter, ParsedOperation } from "../declare/assembly.ts";
import type { NamedField, OpDefinition } from "../declare/define.ts";
import type { FormatElement } from "../declare/format.ts";
import { i32Array } from "../declare/kinds.ts";
import { knownOf, splitByFields, typeArguments } from "../declare/view.ts";
import type { Attribute } from "../model/attributes.ts";
import { DiagnosticError, error } from "../model/diagnostic.ts";
import { unknownLocation } from "../model/location.ts";
import { createOperation, type Operation, type Region, type Value } from "../model/operation.ts";
import type { Spans } from "../model/spans.ts";
import { sameType, type Type } from "../model/types.ts";
import { allDefinitions, definitionOf } from "../ops/index.ts";
import { typeText } from "../write/text.ts";
import { RegionReader } from "./region_reader.ts";
import { suggestion } from "./suggest.ts";

interface ResultName {
  readonly name: ArgumentName;
  readonly count: number;
}

export abstract class OperationReader extends RegionReader implements AssemblyReader {
  readonly assembly: AssemblyReader = this;

  definition(name: string): OpDefinition | undefined {
    return definitionOf(name);
  }

  // Operations ---------------------------------------------------------------------------------------------------

  /** Where parts of operations stand; absent when nobody wants to know. */
  abstract readonly spans: Spans | undefined;

  operation(): Operation {
    const { mentions: outer } = this;
    const mentions = this.spans && { values: [], attributes: new Map() };
    this.mentions = mentions;
    const operation = this.#operation();
    if (mentions) this.spans?.add(operation, mentions);
    this.mentions = outer;
    return operation;
  }

  #operation(): Operation {
    const names = this.kind === "%" ? this.#resultNames() : [];
    const { start, end } = this;
    const generic = this.kind === "a string";
    const name = generic ? this.string() : this.operationName();
    const operation = generic ? this.#generic(name, start, end) : this.#custom(name, start, end);
    this.#defineResults(names, operation, start, end);
    return operation;
  }

  /** `%0:2, %1 =` */
  #resultNames(): ResultName[] {
    const names: ResultName[] = [];
    do {
      const name = this.argumentName();
      const count = this.take(":") ? this.integer() : 1;
      if (count < 1) this.fail("expected named operation to have at least 1 result", name.start, name.end);
      names.push({ name, count });
    } while (this.take(","));
    this.expect("=");
    return names;
  }

  #defineResults(names: readonly ResultName[], operation: Operation, start: number, end: number): void {
    if (names.length === 0) return;
    const { results } = operation;
    const bound = names.reduce((sum, { count }) => sum + count, 0);
    if (bound !== results.length) {
      const message = `operation defines ${results.length} results but was provided ${bound} to bind`;
      this.fail(message, start, end);
    }
    let at = 0;
    for (const { name, count } of names) {
      this.define(name, results.slice(at, at + count));
      at += count;
    }
  }

  operationName(): string {
    const { start, end } = this;
    const name = this.takeKeyword();
    if (name === undefined) return this.fail("expected operation name in quotes");
    if (name.includes(".")) return name;
    const full = `${this.defaultDialect}.${name}`;
    if (definitionOf(full)) return full;
    // Functions and modules are written without a prefix also where no dialect is implied.
    for (const dialect of ["builtin", "func"])
      if (definitionOf(`${dialect}.${name}`)) return `${dialect}.${name}`;
    return this.#unknownOperation(name, start, end);
  }

  #unknownOperation(name: string, start: number, end: number): never {
    const meant = suggestion(
      name,
      Array.from(allDefinitions(), (definition) => definition.name),
    );
    const hint = meant === undefined ? "(tried default dialect as well)" : `(did you mean '${meant}'?)`;
    return this.fail(`custom op '${name}' is unknown ${hint}`, start, end);
  }

  #custom(name: string, start: number, end: number): Operation {
    const definition = definitionOf(name);
    if (!definition?.format) {
      if (definition) return this.fail(`custom op '${name}' has no custom assembly form`, start, end);
      return this.#unknownOperation(name, start, end);
    }
    const op: ParsedOperation = {
      definition,
      operands: definition.operands.map(() => []),
      operandTypes: definition.operands.map(() => undefined),
      resultTypes: definition.results.map(() => undefined),
      regions: definition.regions.map(() => []),
      successors: [],
      attributes: new Map(),
    };
    const { openRegions } = this;
    try {
      this.#elements(definition.format.elements, op);
      return this.#finish(op, start, end);
    } catch (problem) {
      // What goes wrong between the operations of a region is not about the operation around it.
      if (!(problem instanceof DiagnosticError) || openRegions !== this.openRegions) throw problem;
      throw new DiagnosticError({ op: definition.name, ...problem.diagnostic }, problem.consequences);
    }
  }

  /** Puts together what the format gave, checks operands against their types, infers results that it left out. */
  #finish(op: ParsedOperation, start: number, end: number): Operation {
    const operands = op.operands.flat();
    const types = op.signature?.inputs;
    if (types && types.length !== operands.length) {
      this.fail(`${operands.length} operands present, but expected ${types.length}`, start, end);
    }
    let at = 0;
    op.operands.forEach((values, field) => {
      const declared = types?.slice(at, at + values.length) ?? op.operandTypes[field];
      at += values.length;
      if (!declared) return;
      if (declared.length !== values.length) {
        this.fail(`${values.length} operands present, but expected ${declared.length}`, start, end);
      }
      values.forEach((value, i) => this.#checkType(value, declared[i]!, start, end));
    });
    if (op.definition.attributes.some(({ name }) => name === "operandSegmentSizes")) {
      const lengths = op.operands.map(({ length }) => length);
      op.attributes.set("operandSegmentSizes", i32Array.encode(lengths));
    }
    const location = op.location ?? this.location() ?? this.locationAt(start);
    const results = op.signature?.results ?? this.#declaredResults(op);
    const operation = createOperation(op.definition.name, {
      operands,
      attributes: Object.fromEntries(op.attributes),
      regions: op.regions.flat(),
      successors: op.successors,
      ...(results && { results }),
      ...(location && { location }),
    });
    if (!results) this.#inferResults(op.definition, operation, start, end);
    return operation;
  }

  #declaredResults(op: ParsedOperation): Type[] | undefined {
    const results: Type[] = [];
    for (const types of op.resultTypes) {
      if (!types) return undefined;
      results.push(...types);
    }
    return results;
  }

  #inferResults(definition: OpDefinition, operation: Operation, start: number, end: number): void {
    const args = typeArguments(definition, operation, false);
    let types: readonly Type[] | undefined;
    try {
      types = args && definition.infer?.(args as never, knownOf(definition, operation));
    } catch {
      types = undefined;
    }
    if (!types) return this.fail("the types of the results do not follow from the operands", start, end);
    types.forEach((type, index) => {
      operation.results.push({ type, owner: operation, index });
    });
  }

  #checkType(value: Value, type: Type, start: number, end: number): void {
    if (sameType(value.type, type)) return;
    const [known, given] = [typeText(value.type), typeText(type)];
    this.fail(`use of value expects different type than prior uses: '${given}' vs '${known}'`, start, end);
  }

  // Generic form -------------------------------------------------------------------------------------------------

  #generic(name: string, start: number, end: number): Operation {
    const definition = definitionOf(name);
    const body = this.#genericBody(definition);
    if (body.type.inputs.length !== body.operands.length) {
      this.fail(
        `expected ${body.operands.length} operand types but had ${body.type.inputs.length}`,
        start,
        end,
      );
    }
    body.operands.forEach((value, i) => this.#checkType(value, body.type.inputs[i]!, start, end));
    return createOperation(name, {
      operands: body.operands,
      results: body.type.results,
      attributes: Object.fromEntries(body.attributes),
      regions: body.regions,
      successors: body.successors,
      location: this.location() ?? this.locationAt(start) ?? unknownLocation,
    });
  }

  /** `(%a)[^bb1] <{props}> ({regions}) {attributes} : type` */
  #genericBody(definition: OpDefinition | undefined) {
    const operands = this.list("(", ")", () => this.operand());
    const successors = this.kind === "[" ? this.list("[", "]", () => this.successor()) : [];
    const attributes = new Map<string, Attribute>();
    if (this.take("<")) {
      this.dictionary(attributes);
      this.expect(">");
    }
    const regions = this.kind === "(" ? this.list("(", ")", () => this.genericRegion(definition)) : [];
    this.dictionary(attributes);
    this.expect(":");
    return { operands, attributes, regions, successors, type: this.functionType() };
  }

  genericOperation(op: ParsedOperation): void {
    const { operands, attributes, regions, type } = this.#genericBody(op.definition);
    const parts = splitByFields(op.definition.operands, operands);
    const regionParts = splitByFields(op.definition.regions, regions);
    if (!parts || !regionParts) return this.fail("the operands or regions do not fit the operation");
    parts.forEach((part, i) => {
      op.operands[i] = part;
    });
    regionParts.forEach((part, i) => {
      op.regions[i] = part;
    });
    for (const [name, attribute] of attributes) op.attributes.set(name, attribute);
    op.signature = type;
  }

  // Formats ------------------------------------------------------------------------------------------------------

  #elements(elements: readonly FormatElement[], op: ParsedOperation): void {
    for (const element of elements) this.#element(element, op);
  }

  #element(element: FormatElement, op: ParsedOperation): void {
    switch (element.kind) {
      case "literal":
        return this.expect(element.text);
      case "space":
      case "newline":
        return;
      case "field":
        return this.#field(element.field, element.optional, op);
      case "types":
        for (const field of element.fields) this.#types(field, op);
        return;
      case "operands":
        return this.#allOperands(op);
      case "signature":
        return this.#signature(element, op);
      case "dictionary":
        if (!element.keyword || this.take("attributes")) this.#attributes(op);
        return;
      case "custom":
        return this.#directive(element, op);
      case "optional":
        return this.#elements(this.#groupStarts(element.then, op) ? element.then : element.otherwise, op);
    }
  }

  #directive({ directive, parameters }: FormatElement & { kind: "custom" }, op: ParsedOperation): void {
    const { start } = this;
    directive.parse(this, op, ...parameters);
    // One that writes a whole operation writes more than its attributes.
    if (directive.tight) return;
    for (const { kind, name } of parameters) if (kind === "attribute") this.mention(name, start);
  }

  /** `{…}`; what the op declares must be of its kind, which is said here, where it stands. */
  #attributes({ attributes, definition }: ParsedOperation): void {
    const { start, end } = this;
    const given = new Set(attributes.keys());
    this.dictionary(attributes);
    for (const { name, kind, label } of definition.attributes) {
      const attribute = attributes.get(name);
      if (!attribute || given.has(name) || kind.decode(attribute) !== undefined) continue;
      const message = `attribute '${name}' failed to satisfy constraint: ${kind.description}`;
      const code = `${definition.mnemonic}/${label ?? "attributes"}`;
      throw new DiagnosticError(error(code, message, { op: definition.name, span: { start, end } }));
    }
  }

  /** Whether an optional group is there: its first element tells. */
  #groupStarts(then: readonly FormatElement[], op: ParsedOperation): boolean {
    const first = then.find((element) => element.kind !== "space" && element.kind !== "newline");
    switch (first?.kind) {
      case "literal":
        return this.sees(first.text);
      case "operands":
        return this.kind === "%";
      case "field":
        if (first.field.kind === "attribute") return this.seesAttribute(first.field.syntax);
        return first.field.kind === "region" ? this.kind === "{" : this.kind === "%";
      default:
        return this.fail(
          `the format of '${op.definition.name}' starts an optional group with what cannot be seen`,
        );
    }
  }

  #field(field: Parameter, optional: boolean, op: ParsedOperation): void {
    if (field.kind === "attribute") {
      if (optional && !this.seesAttribute(field.syntax)) return;
      const { start } = this;
      op.attributes.set(field.name, this.attribute(field.syntax));
      this.mention(field.name, start);
    } else if (field.kind === "successor") {
      op.successors[field.index] = this.successor();
    } else if (field.kind === "region") {
      op.regions[field.index] = this.#regions(op.definition, op.definition.regions[field.index]!);
    } else {
      op.operands[field.index] = this.#operands(op.definition.operands[field.index]!);
    }
  }

  #regions(definition: OpDefinition, field: NamedField<{ readonly arity: string }>): Region[] {
    if (field.arity === "one") return [this.region(definition)];
    const regions: Region[] = [];
    if (this.kind !== "{") return regions;
    do regions.push(this.region(definition));
    while (this.take(","));
    return regions;
  }

  #operands(field: NamedField<{ readonly arity: string }>): Value[] {
    if (field.arity === "one") return [this.operand()];
    const first = this.takeOperand();
    if (!first) return [];
    const values = [first];
    while (field.arity === "variadic" && this.take(",")) values.push(this.operand());
    return values;
  }

  #allOperands(op: ParsedOperation): void {
    const values: Value[] = [];
    if (this.kind === "%") {
      do values.push(this.operand());
      while (this.take(","));
    }
    const parts = splitByFields(op.definition.operands, values);
    if (!parts)
      return this.fail(`${values.length} operands present, which do not fit '${op.definition.name}'`);
    parts.forEach((part, i) => {
      op.operands[i] = part;
    });
  }

  #types(field: Parameter, op: ParsedOperation): void {
    const declared = field.kind === "result" ? op.definition.results : op.definition.operands;
    const { arity } = declared[field.index]!;
    const some =
      arity === "one" || (field.kind === "result" ? this.#seesType() : op.operands[field.index]!.length > 0);
    const types = arity === "variadic" && some ? this.types() : some ? [this.type()] : [];
    (field.kind === "result" ? op.resultTypes : op.operandTypes)[field.index] = types;
  }

  #seesType(): boolean {
    return this.kind === "an identifier" || this.kind === "!" || this.kind === "(";
  }

  #signature(
    element: { readonly operands?: Parameter; readonly results?: Parameter },
    op: ParsedOperation,
  ): void {
    const type = this.functionType();
    if (!element.operands && !element.results) {
      op.signature = type;
      return;
    }
    if (element.operands) op.operandTypes[element.operands.index] = type.inputs;
    const parts = splitByFields(op.definition.results, type.results);
    if (!parts) return this.fail(`${type.results.length} results do not fit '${op.definition.name}'`);
    parts.forEach((part, i) => {
      op.resultTypes[i] = part;
    });
  }
}
