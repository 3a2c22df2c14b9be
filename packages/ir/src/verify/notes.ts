/** Values of fields as the notes of a diagnostic show them. */
import type { Attribute } from "../model/attributes.ts";
import type { Type } from "../model/types.ts";
import { attributeText, typeText } from "../write/text.ts";

const longest = 200;

/** A type, an attribute, a number, a list of them, or a record of them. */
export function valueText(value: unknown): string {
  const text = fullText(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function fullText(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return `[${value.map(fullText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if ("kind" in value) return isType(value) ? typeText(value) : attributeText(value as Attribute);
  if ("blocks" in value) return "a region";
  return `{${Object.entries(value)
    .map(([key, part]) => `${key} = ${fullText(part)}`)
    .join(", ")}}`;
}

const typeKinds = [
  "tensor",
  "unranked",
  "memref",
  "vector",
  "scalar",
  "token",
  "none",
  "tuple",
  "future",
  "function",
];

function isType(value: object): value is Type {
  return "kind" in value && typeof value.kind === "string" && typeKinds.includes(value.kind);
}
