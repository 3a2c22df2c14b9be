/** Single attributes, as bytecode and other attributes hold them in strings. */
import type { Attribute } from "../model/attributes.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { readText } from "./text.ts";

const key = "attribute.text";

/** Reads the text of one attribute. Never throws. */
export function readAttribute(text: string): {
  readonly attribute?: Attribute;
  readonly diagnostics: readonly Diagnostic[];
} {
  // A module with the attribute is the smallest text that holds one.
  const { module, diagnostics } = readText(`module attributes {${key} = ${text}} {}`);
  const attribute = module?.operation.attributes[key];
  return { ...(attribute && { attribute }), diagnostics };
}
