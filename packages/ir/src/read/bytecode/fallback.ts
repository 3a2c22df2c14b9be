/** Entries that their dialect has no binary form for: their assembly text. */
import type { Attribute } from "../../model/attributes.ts";
import { type FloatElement, floats, type Type } from "../../model/types.ts";

const floatNames = new Set<string>(floats);

export function typeOfText(text: string): Type {
  if (floatNames.has(text)) return { kind: "scalar", element: text as FloatElement };
  return { kind: "foreign", text: text.replace(/^!/, "") };
}

export function attributeOfText(text: string): Attribute {
  return { kind: "foreign", text: text.replace(/^#/, "") };
}
