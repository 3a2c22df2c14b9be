/** Entries that their dialect has no binary form for are written as assembly text; the text reader knows it. */
import type { Attribute } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";
import { readText } from "../text.ts";
import { fail } from "./cursor.ts";

const key = "assembly.text";

export function attributeOfText(text: string, offset: number): Attribute {
  // A module with the attribute is the smallest text that holds one.
  const { module, diagnostics } = readText(`module attributes {${key} = ${text}} {}`);
  const attribute = module?.operation.attributes[key];
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
