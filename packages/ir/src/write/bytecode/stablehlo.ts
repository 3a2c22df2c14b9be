/** StableHLO's own types, which ops of other dialects than VHLO may have in a mixed artifact. */
import { stablehloTypes } from "../../declare/codes.ts";
import type { Type } from "../../model/types.ts";
import type { EntryWriter } from "./entry_writer.ts";

export function writeStablehloType(
  writer: EntryWriter,
  type: Type & { readonly kind: "token" | "future" },
): boolean {
  writer.varint(stablehloTypes.indexOf(type.kind));
  if (type.kind === "future") writer.types(type.types);
  return true;
}
