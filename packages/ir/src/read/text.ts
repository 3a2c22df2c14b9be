/** MLIR's textual form, pretty or generic, to a module. */
import type { Attribute } from "../model/attributes.ts";
import { type Diagnostic, DiagnosticError, error } from "../model/diagnostic.ts";
import { type Location, unknownLocation } from "../model/location.ts";
import {
  append,
  createBlock,
  createOperation,
  createRegion,
  type Module,
  type Operation,
} from "../model/operation.ts";
import { Spans } from "../model/spans.ts";
import type { Type } from "../model/types.ts";
import { hexBytes } from "./elements.ts";
import { OperationReader } from "./operation_reader.ts";

export interface ReadTextResult {
  /** Absent when there are errors. */
  readonly module?: Module;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReadTextOptions {
  /** Name of the text: operations without a location get their line and column in it, and diagnostics point at parts. */
  readonly file?: string;
}

/** Reads a whole text. Never throws: the first thing wrong with each function becomes a diagnostic with a span. */
export function readText(text: string, options: ReadTextOptions = {}): ReadTextResult {
  const first = outcome(() => new TextReader(text, options.file).module());
  if ("value" in first) return { module: first.value, diagnostics: [] };
  return { diagnostics: [...first.diagnostics, ...laterProblems(text, first.diagnostics[0]!)] };
}

type Outcome<T> = { readonly value: T } | { readonly diagnostics: readonly Diagnostic[] };

function outcome<T>(read: () => T): Outcome<T> {
  try {
    return { value: read() };
  } catch (problem) {
    if (problem instanceof DiagnosticError)
      return { diagnostics: [problem.diagnostic, ...problem.consequences] };
    if (problem instanceof RangeError) return { diagnostics: [error("text/too-large", problem.message)] };
    throw problem;
  }
}

const maximumProblems = 20;

/** Goes on with the next function each time: what is wrong there is wrong whatever the one before was meant to be. */
function laterProblems(text: string, { code, span }: Diagnostic): Diagnostic[] {
  const problems: Diagnostic[] = [];
  if (!span || code !== "text/syntax") return problems;
  const functionStart = /^[ \t]*(?=func\.func\b)/gm;
  functionStart.lastIndex = span.end;
  for (let match = functionStart.exec(text); match; match = functionStart.exec(text)) {
    if (problems.length === maximumProblems) break;
    const reader = new TextReader(text, undefined);
    const next = outcome(() => {
      reader.seek(match.index);
      return reader.operation();
    });
    const found = "diagnostics" in next ? next.diagnostics : [];
    problems.push(...found);
    const end = found.length > 0 ? found[0]!.span?.end : reader.previousEnd;
    functionStart.lastIndex = Math.max(functionStart.lastIndex, end ?? text.length) + 1;
  }
  return problems;
}

/** Where the text defines `#name = …` and `!name = …`. */
const aliasDefinition = /(?:^|[\n\r}\]>)])[ \t]*([#!][A-Za-z_][\w$]*)[ \t]*=(?!=)/g;

class TextReader extends OperationReader {
  readonly #resources = new Map<string, Uint8Array>();
  /** Offset of what an alias stands for; absent until one is used. */
  #definitions: Map<string, number> | undefined;
  readonly #attributes = new Map<string, Attribute>();
  readonly #locations = new Map<string, Location>();
  readonly #typeAliases = new Map<string, Type>();
  readonly #resolving = new Set<string>();
  readonly #file: string | undefined;
  readonly spans: Spans | undefined;
  /** Offsets of the starts of lines; filled at the first use. */
  readonly #lines: number[] = [];

  constructor(source: string, file: string | undefined) {
    super(source);
    this.#file = file;
    this.spans = file === undefined ? undefined : new Spans();
  }

  module(): Module {
    const operations: Operation[] = [];
    while (this.kind !== "the end") {
      if (this.kind === "#" || this.kind === "!") this.#skipAlias();
      else if (this.kind === "{-#") this.#fileMetadata();
      else operations.push(this.operation());
    }
    const [only] = operations;
    const operation = operations.length === 1 && only?.name === "builtin.module" ? only : wrap(operations);
    return { operation, resources: this.#resources, ...(this.spans && { spans: this.spans }) };
  }

  locationAt(offset: number): Location | undefined {
    if (this.#file === undefined) return undefined;
    const lines = this.#lines;
    if (lines.length === 0) {
      for (let at = 0; at >= 0; at = this.source.indexOf("\n", at) + 1 || -1) lines.push(at);
    }
    let [low, high] = [0, lines.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { kind: "file", file: this.#file, line: low + 1, column: offset - lines[low]! + 1 };
  }

  // Aliases ------------------------------------------------------------------------------------------------------

  attributeAlias(name: string): Attribute {
    return this.#resolve(`#${name}`, this.#attributes, () => this.attribute());
  }

  locationAlias(name: string): Location {
    return this.#resolve(`#${name}`, this.#locations, () => this.requiredLocation());
  }

  typeAlias(name: string): Type {
    return this.#resolve(`!${name}`, this.#typeAliases, () => this.type());
  }

  /** An alias may be used before the text defines it: what it stands for is read at the first use. */
  #resolve<T>(name: string, known: Map<string, T>, read: () => T): T {
    const value = known.get(name);
    if (value !== undefined) return value;
    const offset = this.#aliases().get(name);
    const [from, to] = [this.previousEnd - name.length, this.previousEnd];
    if (offset === undefined) return this.fail(`undefined symbol alias id '${name.slice(1)}'`, from, to);
    if (this.#resolving.has(name)) return this.fail(`alias '${name}' refers to itself`, from, to);
    this.#resolving.add(name);
    const { start } = this;
    this.seek(offset);
    const result = this.nested(read);
    this.seek(start);
    this.#resolving.delete(name);
    known.set(name, result);
    return result;
  }

  #aliases(): Map<string, number> {
    if (!this.#definitions) {
      this.#definitions = new Map();
      for (const match of this.source.matchAll(aliasDefinition)) {
        if (!this.#definitions.has(match[1]!))
          this.#definitions.set(match[1]!, match.index + match[0].length);
      }
    }
    return this.#definitions;
  }

  /** A definition on its way through the file: checked here even when nothing uses it. */
  #skipAlias(): void {
    const name = this.text;
    this.next();
    this.expect("=");
    if (name.startsWith("!")) this.#typeAliases.set(name, this.type());
    else if (this.sees("loc")) this.#locations.set(name, this.requiredLocation());
    else this.#attributes.set(name, this.attribute());
  }

  // Resources ----------------------------------------------------------------------------------------------------

  /** `{-# dialect_resources: { builtin: { key: "0x…" } } #-}` */
  #fileMetadata(): void {
    this.expect("{-#");
    while (!this.take("#-}")) {
      const section = this.keyword();
      this.expect(":");
      this.list("{", "}", () => this.#resourceGroup(section));
      this.take(",");
    }
  }

  #resourceGroup(section: string): void {
    this.keyword();
    this.expect(":");
    this.list("{", "}", () => {
      const key = this.takeString() ?? this.keyword();
      this.expect(":");
      const text = this.takeString();
      if (text === undefined) return void this.attribute();
      const bytes = hexBytes(text);
      // The first four bytes say how the rest is to be aligned.
      if (section === "dialect_resources" && bytes) this.#resources.set(key, bytes.subarray(4));
    });
  }
}

/** A file without a module at its top has one around all of it. */
function wrap(operations: readonly Operation[]): Operation {
  const block = createBlock();
  for (const operation of operations) append(block, operation);
  return createOperation("builtin.module", { regions: [createRegion(block)], location: unknownLocation });
}
