/** Entries that their dialect has no binary form for are written as assembly text; the text reader knows it. */
import type { Attribute } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";
import { readAttribute } from "../attribute_text.ts";
import { fail } from "./cursor.ts";

export function attributeOfText(text: string, offset: number): Attribute {
  const { attribute, diagnostics } = readAttribute(text);
  if (attribute) return attribute;
  const reason = diagnostics.map(({ message }) => message);
  return fail(
    "assembly",
    `the assembly text ${JSON.stringify(text.slice(0, 80))} cannot be read`,
    offset,
    reason,
  );
}

export function typeOfText(text: string, offset: number): Type {
  const attribute = attributeOfText(text, offset);
  return attribute.kind === "type"
    ? attribute.type
    : fail("assembly", `'${text.slice(0, 80)}' is not a type`, offset);
}
