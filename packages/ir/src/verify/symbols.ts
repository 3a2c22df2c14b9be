/** Symbols: names are unique, calls fit the functions that they name, functions fit their types. */
import type { Attribute, Attributes } from "../model/attributes.ts";
import { type Operation, symbolName } from "../model/operation.ts";
import { type FunctionType, sameType, type Type } from "../model/types.ts";
import { typeText } from "../write/text.ts";
import type { Report } from "./verify.ts";

/** Attributes that name a function, by the op that calls it. */
const callees: Readonly<Record<string, string>> = {
  "func.call": "callee",
  "stablehlo.composite": "decomposition",
};

export class Symbols {
  readonly #table = new Map<string, Operation>();
  readonly #repeated = new Set<Operation>();

  constructor(root: Operation) {
    for (const block of root.regions.flatMap((region) => region.blocks)) {
      for (const operation of block.operations) {
        const name = symbolName(operation);
        if (name === undefined) continue;
        if (this.#table.has(name)) this.#repeated.add(operation);
        else this.#table.set(name, operation);
      }
    }
  }

  lookup(name: string): Operation | undefined {
    return this.#table.get(name);
  }

  checkNames(operation: Operation, report: Report): void {
    if (!this.#repeated.has(operation)) return;
    report("verify/symbols", `redefinition of symbol named '${symbolName(operation)}'`);
  }

  /** Whether a call's operands and results are those of the function that it names. */
  checkReferences(operation: Operation, report: Report): void {
    const field = callees[operation.name];
    const symbol = field === undefined ? undefined : operation.attributes[field];
    if (symbol?.kind !== "symbol") return;
    const name = symbol.path.join("::");
    const type = signatureOf(this.#table.get(name));
    const part = { kind: "attribute", name: field! } as const;
    const code = `${operation.name.slice(operation.name.indexOf(".") + 1)}/callee`;
    if (!type) {
      report(code, `'${name}' does not reference a valid function`, { part });
      return;
    }
    const wrong = (message: string) => report(code, message);
    compareTypes("operand", type.inputs, typesOf(operation.operands), wrong);
    compareTypes("result", type.results, typesOf(operation.results), wrong);
  }
}

function compareTypes(
  role: "operand" | "result",
  expected: readonly Type[],
  given: readonly Type[],
  wrong: (message: string) => void,
): void {
  if (expected.length !== given.length) {
    wrong(
      `incorrect number of ${role}s for callee: expected ${expected.length}, but provided ${given.length}`,
    );
    return;
  }
  given.forEach((type, i) => {
    if (sameType(expected[i]!, type)) return;
    wrong(
      `${role} type mismatch: expected ${role} type '${typeText(expected[i]!)}', but provided '${typeText(type)}' for ${role} number ${i}`,
    );
  });
}

function signatureOf(operation: Operation | undefined): FunctionType | undefined {
  const attribute: Attribute | undefined = operation?.attributes.function_type;
  const typed = operation?.name === "func.func" && attribute?.kind === "type";
  return typed && attribute.type.kind === "function" ? attribute.type : undefined;
}

/**
 * A function's entry block and its return must have the types that the function declares; what is said of its values, and
 * of a module, is said by dialects.
 */
export function checkFunction(operation: Operation, report: Report): void {
  if (operation.name === "builtin.module") checkNames("module", operation.attributes, report);
  else if (operation.name === "func.func") {
    checkEntry(operation, report);
    for (const [role, field] of [
      ["argument", "arg_attrs"],
      ["result", "res_attrs"],
    ] as const) {
      const entries = operation.attributes[field];
      for (const entry of entries?.kind === "array" ? entries.elements : [])
        if (entry.kind === "dictionary") checkNames(role, entry.entries, report);
    }
  } else if (operation.name === "func.return") checkReturn(operation, report);
}

const ownNames = ["sym_name", "sym_visibility"];

function checkNames(role: string, attributes: Attributes, report: Report): void {
  const plain = Object.keys(attributes).find((name) => !name.includes(".") && !ownNames.includes(name));
  if (plain !== undefined)
    report("verify/attributes", `an attribute of the ${role} has no prefix of a dialect: '${plain}'`);
}

function checkEntry(func: Operation, report: Report): void {
  const type = signatureOf(func);
  if (!type) {
    report("func/type", "attribute 'function_type' must be a function type");
    return;
  }
  const block = func.regions[0]?.blocks[0];
  const { sym_visibility: visibility } = func.attributes;
  if (!block && !(visibility?.kind === "string" && visibility.value !== "public"))
    report("func/visibility", "a function without a body is not public: 'func.func private'");
  if (!block || sameTypes(typesOf(block.arguments), type.inputs)) return;
  report("func/type", "type of entry block arguments must match the function's input types");
}

/** JAX ends the comparators of custom calls with 'stablehlo.return': only `func.return` answers to its function. */
function checkReturn(operation: Operation, report: Report): void {
  const func = operation.parent?.parent?.parent;
  if (func?.name !== "func.func") {
    report("return/parent", "expects parent op 'func.func'");
    return;
  }
  const declared = signatureOf(func)?.results ?? [];
  const returned = typesOf(operation.operands);
  if (sameTypes(returned, declared)) return;
  const [given, wanted] = [returned, declared].map((types) => types.map(typeText).join(", "));
  const message = "type of return operands doesn't match function result type";
  report("return/types", message, { notes: [`returned: ${given}`, `declared: ${wanted}`] });
}

function typesOf(values: readonly { readonly type: Type }[]): Type[] {
  return values.map((value) => value.type);
}

function sameTypes(a: readonly Type[], b: readonly Type[]): boolean {
  return a.length === b.length && a.every((type, i) => sameType(type, b[i]!));
}
