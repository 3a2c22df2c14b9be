/** Functions made for the arguments that they are called with, each once. */
import type { Attribute, Attributes } from "../../model/attributes.ts";
import {
  type Block,
  createOperation,
  createRegion,
  functionsOf,
  functionType,
  type Module,
  type Operation,
  symbolName,
  topLevel,
  type Value,
  walk,
} from "../../model/operation.ts";
import { bytesOf } from "../../model/storage.ts";
import { DYNAMIC, isInteger, sameElement, type Type } from "../../model/types.ts";
import { hasEffects, referencedSymbols } from "../../ops/effects.ts";
import { func, stablehlo } from "../../ops/index.ts";
import type { Tensor } from "../../reference/tensor.ts";
import { typeText } from "../../write/index.ts";
import { constantOf } from "../constants.ts";
import { mergeTypes } from "./merge_types.ts";
import type { RefinedInput } from "./refine_shapes.ts";
import { reject } from "./shape_calls.ts";

/** What is known of one argument. */
export interface Argument {
  readonly type: Type;
  readonly constant?: Tensor;
}

export interface Callee {
  readonly operation: Operation;
  readonly results: readonly Type[];
  /** Values of the results that are known. */
  readonly constants: readonly (Tensor | undefined)[];
  /** Which of the original arguments it still takes. */
  readonly taken: readonly boolean[];
  /** Whether it does nothing but compute its results. */
  readonly isPure: boolean;
  /** Attributes of a call of the original, for this one. */
  readonly rename: (attributes: Attributes) => Attributes;
}

type Refine = (source: Operation, args: readonly Argument[], name: string) => Callee;

/** The arguments of the entry function, of the given types or values. */
export function checkArguments(
  entry: Operation,
  inputs: readonly RefinedInput[] | undefined,
): readonly Argument[] {
  const declared = functionType(entry).inputs;
  if (!inputs) return declared.map((type) => ({ type }));
  if (inputs.length !== declared.length) {
    return reject(entry, "refine/arguments", `it takes ${declared.length} arguments, not ${inputs.length}`);
  }
  return declared.map((type, i) => {
    const input = inputs[i]!;
    const given: Type = "data" in input ? input.type : input;
    const merged = fits(type, given) ? mergeTypes(type, given) : undefined;
    if (!merged)
      return reject(
        entry,
        "refine/arguments",
        `argument ${i} is ${typeText(type)}, which ${typeText(given)} is not`,
      );
    return "data" in input ? { type: merged, constant: input } : { type: merged };
  });
}

function fits(declared: Type, given: Type): boolean {
  if (declared.kind !== given.kind && declared.kind !== "unranked") return false;
  return !("element" in declared) || !("element" in given) || sameElement(declared.element, given.element);
}

export class Specialisations {
  readonly made: Callee[] = [];
  /** Top-level operations that stay as they are: others than the entry may run them. */
  readonly kept: ReadonlySet<Operation>;
  private readonly functions: ReadonlyMap<string, Operation>;
  private readonly byKey = new Map<string, Callee>();
  private readonly running = new Set<Operation>();
  private readonly matters = new Map<Operation, boolean>();
  private readonly names: Set<string>;
  private readonly refine: Refine;

  constructor(module: Module, entry: Operation, refine: Refine) {
    this.functions = functionsOf(module);
    this.kept = keptOperations(module, entry, this.functions);
    this.names = new Set([...this.kept].flatMap((operation) => symbolName(operation) ?? []));
    this.refine = refine;
  }

  /** The callee of a call or a composite, for its arguments. */
  called(call: Operation, args: readonly Argument[]): Callee {
    const [name] = referencedSymbols(call);
    const source = name === undefined ? undefined : this.functions.get(name);
    if (!source) return reject(call, "refine/callee", `there is no function @${name ?? "?"}`);
    const bind = call.name === func.call.name && this.mattersForShapes(source);
    return this.of(source, bind ? args : args.map(({ type }) => ({ type })), name!);
  }

  of(source: Operation, args: readonly Argument[], name: string): Callee {
    const key = `${name}(${args.map(argumentKey).join(", ")})`;
    const known = this.byKey.get(key);
    if (known) return known;
    if (this.running.has(source))
      reject(source, "refine/recursion", `@${name} calls itself, so its shapes cannot be refined`);
    this.running.add(source);
    const callee = this.refine(source, args, this.freeName(name));
    this.running.delete(source);
    this.byKey.set(key, callee);
    this.made.push(callee);
    return callee;
  }

  /** The function of `source` with another body; `taken` says which arguments it still has. */
  define(source: Operation, name: string, body: Block, taken: readonly boolean[]): Callee {
    const returned = body.operations.at(-1)?.operands ?? [];
    const inputs = body.arguments.map(({ type }) => type);
    const results = returned.map(({ type }) => type);
    const { arg_attrs, ...others } = source.attributes;
    const operation = createOperation(source.name, {
      attributes: {
        ...others,
        sym_name: { kind: "string", value: name },
        function_type: { kind: "type", type: { kind: "function", inputs, results } },
        ...(arg_attrs && { arg_attrs: onlyTaken(arg_attrs, taken) }),
      },
      regions: [createRegion(body)],
      location: source.location,
    });
    const original = symbolName(source)!;
    return {
      operation,
      results,
      taken,
      constants: returned.map(integerConstant),
      isPure: isPure(operation, this.made),
      rename: (attributes) => renamed(attributes, original, name, taken),
    };
  }

  /**
   * Whether the values of integer arguments are worth a function of their own: it is about dynamic shapes, or it may
   * return a size. Others would only be repeated for nothing.
   */
  private mattersForShapes(source: Operation): boolean {
    const known = this.matters.get(source);
    if (known !== undefined) return known;
    this.matters.set(source, false);
    let matters = functionType(source).results.some(isSize);
    walk(source, ({ name, results, operands, attributes }) => {
      matters ||= [...results, ...operands].some(({ type }) => isDynamic(type));
      const callee =
        name === func.call.name && attributes.callee?.kind === "symbol" ? attributes.callee.path[0] : "";
      const called = this.functions.get(callee!);
      matters ||= called !== undefined && this.mattersForShapes(called);
    });
    this.matters.set(source, matters);
    return matters;
  }

  private freeName(wanted: string): string {
    let name = wanted;
    for (let i = 0; this.names.has(name); i++) name = `${wanted}_${i}`;
    this.names.add(name);
    return name;
  }
}

/** Attributes of a call whose callee has another name and takes fewer arguments. */
function renamed(attributes: Attributes, from: string, to: string, taken: readonly boolean[]): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]): [string, Attribute] => {
      if (value.kind === "symbol" && value.path[0] === from) return [key, { kind: "symbol", path: [to] }];
      return [key, key === "arg_attrs" ? onlyTaken(value, taken) : value];
    }),
  );
}

function onlyTaken(attribute: Attribute, taken: readonly boolean[]): Attribute {
  return attribute.kind === "array"
    ? { kind: "array", elements: attribute.elements.filter((_, i) => taken[i]) }
    : attribute;
}

function argumentKey({ type, constant }: Argument): string {
  return typeText(type) + (constant ? `=${bytesOf(constant.data).join(".")}` : "");
}

function integerConstant(value: Value): Tensor | undefined {
  const integers = value.type.kind === "tensor" && isInteger(value.type.element);
  return integers ? constantOf(value) : undefined;
}

/** Calls of functions that have been made: only those that are pure themselves are no effect. */
function isPure(operation: Operation, made: readonly Callee[]): boolean {
  const pure = new Set(made.flatMap((callee) => (callee.isPure ? symbolName(callee.operation)! : [])));
  let found = true;
  walk(operation, (inner) => {
    if (inner === operation) return;
    if (hasEffects(inner) || referencedSymbols(inner).some((symbol) => !pure.has(symbol))) found = false;
  });
  return found;
}

function isSize(type: Type): boolean {
  return type.kind === "tensor" && isInteger(type.element) && type.shape.length < 2;
}

export function isDynamic(type: Type): boolean {
  if (type.kind === "tuple" || type.kind === "future") return type.types.some(isDynamic);
  return type.kind === "unranked" || (type.kind === "tensor" && type.shape.includes(DYNAMIC));
}

/** What the entry does not call and the module still needs: public functions, symbols in attributes, all they call. */
function keptOperations(
  module: Module,
  entry: Operation,
  functions: ReadonlyMap<string, Operation>,
): Set<Operation> {
  const kept = new Set<Operation>();
  const keep = (symbol: string) => {
    const operation = functions.get(symbol);
    if (operation) kept.add(operation);
  };
  for (const operation of topLevel(module)) {
    const visibility = operation.attributes.sym_visibility;
    const isPrivate = visibility?.kind === "string" && visibility.value === "private";
    if (operation !== entry && (operation.name !== func.func.name || !isPrivate)) kept.add(operation);
  }
  walk(module.operation, (operation) => {
    const isCall = operation.name === func.call.name || operation.name === stablehlo.composite.name;
    if (!isCall) for (const symbol of referencedSymbols(operation)) keep(symbol);
  });
  for (const operation of kept) {
    walk(operation, (inner) => {
      for (const symbol of referencedSymbols(inner)) keep(symbol);
    });
  }
  return kept;
}
