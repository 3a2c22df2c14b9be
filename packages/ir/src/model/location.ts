/** Where an operation came from: the JAX source line, kept through every stage so that errors can name it. */
import type { Attribute } from "./attributes.ts";

export type Location =
  | { readonly kind: "unknown" }
  | {
      readonly kind: "file";
      readonly file: string;
      readonly line: number;
      readonly column: number;
      readonly endLine?: number;
      readonly endColumn?: number;
    }
  | { readonly kind: "name"; readonly name: string; readonly child?: Location }
  | { readonly kind: "call"; readonly callee: Location; readonly caller: Location }
  | { readonly kind: "fused"; readonly locations: readonly Location[]; readonly metadata?: Attribute };

export const unknownLocation: Location = { kind: "unknown" };

/** The file position a person should look at: the innermost frame that names a file. */
export function filePosition(location: Location): { file: string; line: number; column: number } | undefined {
  switch (location.kind) {
    case "file":
      return location;
    case "name":
      return location.child && filePosition(location.child);
    case "call":
      return filePosition(location.callee) ?? filePosition(location.caller);
    case "fused":
      for (const part of location.locations) {
        const found = filePosition(part);
        if (found) return found;
      }
      return undefined;
    case "unknown":
      return undefined;
  }
}

/** `model.py:42:7 (dot_general)`, or "unknown location". */
export function locationText(location: Location): string {
  const position = filePosition(location);
  const name = location.kind === "name" ? location.name : undefined;
  if (!position) return name ?? "unknown location";
  return `${position.file}:${position.line}:${position.column}${name ? ` (${name})` : ""}`;
}
