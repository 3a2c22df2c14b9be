/**
 * What MLIR's printer calls the values of a program: `%0`, `%cst`, `%arg0`. Numbers and names start anew in sibling
 * regions and go on in nested ones, so that a name is never used twice where both are visible.
 */
import type { OpDefinition } from "../declare/define.ts";
import { splitByFields } from "../declare/view.ts";
import type { Block, Operation, Region, Value } from "../model/operation.ts";
import { definitionOf } from "../ops/index.ts";

export interface Names {
  /** Name of a value without `%`; for a result that shares its operation's name, with `#` and its number. */
  of(value: Value): string;
  /** Names that introduce the results of an operation, `0:2`. */
  introduced(operation: Operation): readonly string[];
  /** `bb1` */
  label(block: Block): string;
}

interface Context {
  readonly region: Region;
  readonly scope: Scope;
  readonly nextValue: number;
  readonly nextArgument: number;
  readonly nextConflict: number;
}

class Scope {
  readonly #names = new Set<string>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  has(name: string): boolean {
    for (let scope: Scope | undefined = this; scope; scope = scope.#outer)
      if (scope.#names.has(name)) return true;
    return false;
  }

  add(name: string): void {
    this.#names.add(name);
  }
}

/** `generic` text numbers all results: names are the pretty form's. */
export function nameValues(root: Operation, generic: boolean): Names {
  return new Namer(generic).run(root);
}

class Namer implements Names {
  readonly #generic: boolean;
  readonly #names = new Map<Value, string>();
  /** Operations with several named groups of results: the index at which each starts. */
  readonly #groups = new Map<Operation, readonly number[]>();
  /** Labels of blocks, which are numbered in each region. */
  readonly #labels = new Map<Block, string>();
  #scope = new Scope();
  #nextValue = 0;
  #nextArgument = 0;
  #nextConflict = 0;

  constructor(generic: boolean) {
    this.#generic = generic;
  }

  run(root: Operation): this {
    const contexts: Context[] = [];
    this.#push(contexts, root);
    this.#operation(root);
    for (let context = contexts.pop(); context; context = contexts.pop()) {
      this.#scope = new Scope(context.scope);
      // Generic text never uses a number twice.
      if (!this.#generic) {
        this.#nextValue = context.nextValue;
        this.#nextArgument = context.nextArgument;
        this.#nextConflict = context.nextConflict;
      }
      this.#region(context.region);
      for (const block of context.region.blocks) {
        for (const operation of block.operations) this.#push(contexts, operation);
      }
    }
    return this;
  }

  #push(contexts: Context[], operation: Operation): void {
    for (const region of operation.regions) {
      contexts.push({
        region,
        scope: this.#scope,
        nextValue: this.#nextValue,
        nextArgument: this.#nextArgument,
        nextConflict: this.#nextConflict,
      });
    }
  }

  #region(region: Region): void {
    const argument = this.#generic
      ? undefined
      : region.parent && definitionOf(region.parent.name)?.names?.argument;
    region.blocks.forEach((block, i) => {
      this.#labels.set(block, `bb${i}`);
      for (const value of block.arguments) {
        const name = argument?.(value.index, region.parent!);
        if (name !== undefined) this.#names.set(value, this.#unique(name));
        else if (i === 0) this.#names.set(value, this.#unique(`arg${this.#nextArgument++}`));
        else this.#names.set(value, String(this.#nextValue++));
      }
      for (const operation of block.operations) this.#operation(operation);
    });
  }

  #operation(operation: Operation): void {
    const [first] = operation.results;
    if (!first) return;
    if (!this.#generic) this.#named(operation);
    if (!this.#names.has(first)) this.#names.set(first, String(this.#nextValue++));
  }

  #named(operation: Operation): void {
    const definition = definitionOf(operation.name);
    const [first] = operation.results;
    const name = definition?.names?.result?.(first!.type, operation);
    if (name !== undefined) this.#names.set(first!, this.#unique(name));
    else if (definition && definition.results.length > 1) this.#nameFields(definition, operation);
  }

  /** Ops with several declared results, a fixed number of them, name each after its field. */
  #nameFields(definition: OpDefinition, operation: Operation): void {
    const parts = splitByFields(definition.results, operation.results);
    if (!parts || definition.results.some((field) => field.arity === "variadic")) return;
    const groups: number[] = [];
    parts.forEach((part, i) => {
      const [first] = part;
      if (!first) return;
      this.#names.set(first, this.#unique(definition.results[i]!.name));
      groups.push(first.index);
    });
    if (groups.length > 1) this.#groups.set(operation, groups);
  }

  #unique(name: string): string {
    let unique = name;
    while (this.#scope.has(unique)) unique = `${name}_${this.#nextConflict++}`;
    this.#scope.add(unique);
    return unique;
  }

  of(value: Value): string {
    const own = this.#names.get(value);
    const { owner } = value;
    if (own !== undefined) {
      const shared = owner.kind === "operation" && this.#groupSize(owner, value.index) > 1;
      return shared ? `${own}#0` : own;
    }
    if (owner.kind !== "operation") return "<<UNKNOWN SSA VALUE>>";
    const start = (this.#groups.get(owner) ?? [0]).findLast((index) => index <= value.index) ?? 0;
    const name = this.#names.get(owner.results[start]!);
    return name === undefined ? "<<UNKNOWN SSA VALUE>>" : `${name}#${value.index - start}`;
  }

  #groupSize(operation: Operation, start: number): number {
    const groups = this.#groups.get(operation) ?? [0];
    const next = groups[groups.indexOf(start) + 1] ?? operation.results.length;
    return next - start;
  }

  label(block: Block): string {
    return this.#labels.get(block) ?? "<<UNKNOWN BLOCK>>";
  }

  introduced(operation: Operation): readonly string[] {
    const groups = this.#groups.get(operation) ?? [0];
    return groups.map((start) => {
      const size = this.#groupSize(operation, start);
      return `${this.#names.get(operation.results[start]!)}${size > 1 ? `:${size}` : ""}`;
    });
  }
}
