/** MLIR bytecode to a module: container, names, entries, operations, each layer in a file of `bytecode/`. */
import { bytecodeMagic } from "../declare/codes.ts";
import { type Diagnostic, DiagnosticError, error } from "../model/diagnostic.ts";
import type { Module } from "../model/operation.ts";
import { builtinEncoding } from "./bytecode/builtin.ts";
import { readContainer } from "./bytecode/container.ts";
import { Cursor } from "./bytecode/cursor.ts";
import { declarationRules, verbatimRules } from "./bytecode/declarations.ts";
import { Entries, type EntryDecoders } from "./bytecode/entries.ts";
import { embeddedArtifact } from "./bytecode/exported.ts";
import { attributeOfText, typeOfText } from "./bytecode/fallback.ts";
import { readOperations } from "./bytecode/operations.ts";
import { readResources } from "./bytecode/resources.ts";
import { sdyEncoding } from "./bytecode/sdy.ts";
import { chloEncoding, stablehloEncoding } from "./bytecode/stablehlo.ts";
import { vhloEncoding } from "./bytecode/vhlo.ts";

export interface BytecodeOptions {
  /** Keeps ops as they are written, `vhlo.add_v1`, instead of reading them as StableHLO. */
  readonly verbatim?: boolean;
  /** Decodes also what no operation refers to. */
  readonly everything?: boolean;
}

const decoders: EntryDecoders = {
  dialects: {
    builtin: builtinEncoding,
    vhlo: vhloEncoding,
    sdy: sdyEncoding,
    stablehlo: stablehloEncoding,
    chlo: chloEncoding,
  },
  attributeOfText,
  typeOfText,
};

/** Whether the bytes are MLIR bytecode or a serialized `jax.export.Exported`. */
export function isBytecode(bytes: Uint8Array): boolean {
  return startsWithMagic(bytes) || embeddedArtifact(bytes) !== undefined;
}

/** Reads a portable artifact of any version, or the one inside of a serialized `jax.export.Exported`. Never throws. */
export function readBytecode(
  input: Uint8Array,
  options: BytecodeOptions = {},
): { readonly module?: Module; readonly diagnostics: readonly Diagnostic[] } {
  // Node's Buffer is a Uint8Array whose `slice` does not copy.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const artifact = startsWithMagic(bytes) ? { start: 0, end: bytes.length } : embeddedArtifact(bytes);
  if (!artifact)
    return {
      diagnostics: [error("bytecode/magic", "the bytes do not start with 'ML\\xefR'", { offset: 0 })],
    };
  try {
    return { module: read(bytes.subarray(artifact.start, artifact.end), options), diagnostics: [] };
  } catch (thrown) {
    return { diagnostics: [diagnosticOf(thrown, artifact.start)] };
  }
}

/** What went wrong, at its place in the whole input. Limits keep the stack and the memory; this is for callers with little of either. */
function diagnosticOf(thrown: unknown, start: number): Diagnostic {
  if (thrown instanceof RangeError) return error("bytecode/too-large", thrown.message);
  if (!(thrown instanceof DiagnosticError)) throw thrown;
  const { diagnostic } = thrown;
  return diagnostic.offset === undefined ? diagnostic : { ...diagnostic, offset: diagnostic.offset + start };
}

function startsWithMagic(bytes: Uint8Array): boolean {
  return bytecodeMagic.every((byte, i) => bytes[i] === byte);
}

function read(bytes: Uint8Array, options: BytecodeOptions): Module {
  const end = new Cursor(bytes, bytes.length);
  const container = readContainer(bytes);
  const resources = readResources(container);
  const entries = new Entries(container, decoders, resources.keys, end);
  const rules = options.verbatim ? verbatimRules : declarationRules(container.producer);
  const operation = readOperations(container, entries, rules, end);
  if (options.everything) decodeAll(entries, end);
  return { operation, resources: resources.blobs, producer: container.producer };
}

function decodeAll(entries: Entries, end: Cursor): void {
  for (let i = 0; i < entries.attributeCount; i++) entries.attribute(i, end);
  for (let i = 0; i < entries.typeCount; i++) entries.type(i, end);
}
