/** A module to MLIR bytecode: the artifact's ops, numbers for everything, sections, each layer in a file of `bytecode/`. */
import { containerSince as since } from "../declare/codes.ts";
import {
  bytecodeVersionOf,
  currentVersion,
  isVhloVersion,
  minimumVersion,
  type Version,
} from "../declare/version.ts";
import { type Diagnostic, DiagnosticError, error } from "../model/diagnostic.ts";
import type { Module } from "../model/operation.ts";
import { ArtifactBuilder, type ArtifactOperation } from "./bytecode/artifact.ts";
import {
  type Context,
  dialectSection,
  entrySections,
  resourceSections,
  StringTable,
  writeHeader,
} from "./bytecode/container.ts";
import { Emitter } from "./bytecode/emitter.ts";
import { Numbering } from "./bytecode/numbering.ts";
import { OperationsWriter } from "./bytecode/operations.ts";

/**
 * The version of StableHLO that artifacts are written for unless another is asked for: the one of jaxlib 0.10.2, the
 * reader that our artifacts are tested with. StableHLO promises that every later version reads it too.
 */
export const defaultTarget: Version = "1.17.0";

export interface WriteBytecodeOptions {
  /** The StableHLO that must be able to read the artifact, `1.13.7`; {@link defaultTarget} if absent. */
  readonly version?: string;
  /** Source locations of operations and arguments; true if absent. */
  readonly locations?: boolean;
}

/**
 * Writes a portable artifact: VHLO of the target version, mixed with Shardy's ops if the module has them. The module
 * must verify. What the target cannot express is an error that says since when it can be.
 */
export function writeBytecode(
  module: Module,
  { version = defaultTarget, locations = true }: WriteBytecodeOptions = {},
): { readonly bytes?: Uint8Array; readonly diagnostics: readonly Diagnostic[] } {
  if (!isVhloVersion(version)) return { diagnostics: [unknownTarget(version)] };
  try {
    const builder = new ArtifactBuilder({ target: version, locations });
    const artifact = builder.build(module.operation);
    if (builder.diagnostics.length > 0) return { diagnostics: builder.diagnostics };
    return { bytes: write(artifact, version, module.resources), diagnostics: [] };
  } catch (thrown) {
    if (thrown instanceof DiagnosticError) return { diagnostics: [thrown.diagnostic] };
    if (thrown instanceof RangeError) return { diagnostics: [error("bytecode/too-large", thrown.message)] };
    throw thrown;
  }
}

function unknownTarget(version: string): Diagnostic {
  const message = `"${version}" is not a version of StableHLO to write for`;
  const notes = [`versions are ${minimumVersion} to ${currentVersion}, such as ${defaultTarget}`];
  return error("bytecode/unknown-version", message, { notes });
}

function write(
  artifact: ArtifactOperation,
  target: Version,
  blobs: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const version = bytecodeVersionOf(target);
  const context: Context = { version, numbering: new Numbering(artifact), strings: new StringTable() };
  const emitter = new Emitter();
  writeHeader(emitter, version, `StableHLO_v${target}`);
  emitter.section("dialects", dialectSection(context));
  const { offsets, entries } = entrySections(context);
  emitter.section("entryOffsets", offsets);
  emitter.section("entries", entries);
  const operations = new OperationsWriter(context);
  emitter.section("operations", operations.section(artifact));
  const { offsets: resourceOffsets, resources } = resourceSections(context, blobs);
  emitter.section("resourceOffsets", resourceOffsets);
  emitter.section("resources", resources);
  // The table is complete only now.
  emitter.section("strings", context.strings.section());
  if (version >= since.nativeProperties) emitter.section("properties", operations.propertiesSection());
  return emitter.bytes.slice();
}
