/**
 * Attributes and types as they will be written: each once, its parts known, its number not yet. MLIR numbers entries
 * by how often they are used, which is known only after everything has been seen; so parts keep references.
 */

import { compareVersions } from "../../declare/version.ts";
import type { VhloGap } from "../../declare/vhlo.ts";

/** `plain`: the number; `present`: the number with the flag that says that an optional attribute is there. */
export type Part =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "entry"; readonly entry: Entry; readonly spelling: "plain" | "present" }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "resource"; readonly key: string };

export interface Entry {
  readonly table: "attribute" | "type";
  readonly dialect: string;
  /** Whether the parts are the dialect's own form; otherwise they are one text. */
  readonly custom: boolean;
  readonly parts: readonly Part[];
  /** Place of creation: what entries are told apart by before they have numbers. */
  readonly id: number;
  uses: number;
  number: number;
}

export interface EntryInit {
  readonly table: Entry["table"];
  readonly dialect: string;
  readonly custom: boolean;
  readonly parts: readonly Part[];
}

/** An entry where it is used, with the latest version of VHLO that something in it needs there. */
export interface Encoded {
  readonly entry: Entry;
  readonly needs?: VhloGap | undefined;
}

/** Equal entries are one. */
export class EntryPool {
  readonly #known = new Map<string, Entry>();

  intern(init: EntryInit): Entry {
    const key = `${init.table === "type"}${init.dialect}:${init.parts.map(partKey).join("")}`;
    let entry = this.#known.get(key);
    if (!entry) {
      entry = { ...init, id: this.#known.size, uses: 0, number: -1 };
      this.#known.set(key, entry);
    }
    return entry;
  }
}

export function laterOf(a: VhloGap | undefined, b: VhloGap | undefined): VhloGap | undefined {
  if (!a || !b) return a ?? b;
  return compareVersions(a.since, b.since) >= 0 ? a : b;
}

/** Each part's key says its own length, so that keys of parts in a row cannot be mistaken for others. */
function partKey(part: Part): string {
  switch (part.kind) {
    case "bytes":
      return `b${part.bytes.length};${latin1(part.bytes)}`;
    case "entry":
      return `${part.spelling === "plain" ? "e" : "p"}${part.entry.id};`;
    case "string":
      return `s${part.text.length};${part.text}`;
    case "resource":
      return `r${part.key.length};${part.key}`;
  }
}

const chunk = 2 ** 13;

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += chunk)
    text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  return text;
}
