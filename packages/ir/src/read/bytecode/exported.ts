/**
 * `jax.export.Exported.serialize()`: a flatbuffer whose root table describes the calling convention and holds the
 * artifact. Only the artifact matters here; its field has had the same number in every version of JAX's schema.
 */
import { bytecodeMagic as magic } from "../../declare/codes.ts";

/** `mlir_module_serialized` of `table Exported`. */
const moduleField = 13;

/** Where the artifact lies in the flatbuffer; undefined when the bytes are not one with an artifact in its place. */
export function embeddedArtifact(
  bytes: Uint8Array,
): { readonly start: number; readonly end: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const u16 = (at: number) => (at >= 0 && at + 2 <= bytes.length ? view.getUint16(at, true) : undefined);
  const u32 = (at: number) => (at >= 0 && at + 4 <= bytes.length ? view.getUint32(at, true) : undefined);
  const table = u32(0);
  const toVtable = table === undefined ? undefined : u32(table);
  if (table === undefined || toVtable === undefined) return undefined;
  // The distance to the table of field offsets is signed.
  const vtable = table - (toVtable | 0);
  const slot = 4 + 2 * moduleField;
  const vtableSize = u16(vtable);
  if (vtableSize === undefined || vtableSize < slot + 2) return undefined;
  const field = u16(vtable + slot);
  if (!field) return undefined;
  const toVector = u32(table + field);
  if (toVector === undefined) return undefined;
  const vector = table + field + toVector;
  const length = u32(vector);
  if (length === undefined || length < magic.length || vector + 4 + length > bytes.length) return undefined;
  const start = vector + 4;
  return magic.every((byte, i) => bytes[start + i] === byte) ? { start, end: start + length } : undefined;
}
