/** A module, a type or an attribute as MLIR prints it. */
import type { Attribute } from "../model/attributes.ts";
import type { Module } from "../model/operation.ts";
import type { Type } from "../model/types.ts";
import { type Names, nameValues } from "./names.ts";
import { OperationWriter } from "./operation_writer.ts";
import { keywordOrString } from "./quote.ts";

export interface WriteTextOptions {
  /** Every operation as `"name"(…) <{…}> : …`, which reads without any declaration. */
  readonly generic?: boolean;
  /** `loc(…)` after each operation and argument. */
  readonly locations?: boolean;
}

/** The canonical text of a module, equal to MLIR's own print; ends with a newline. */
export function writeText(module: Module, options: WriteTextOptions = {}): string {
  const { generic = false, locations = false } = options;
  const mapNames = new Map<string, string>();
  const names = nameValues(module.operation, generic);
  const writer = new OperationWriter(names, { generic, locations, mapNames });
  writer.operation(module.operation);
  writer.text("\n");
  if (module.resources.size > 0) writer.text(resourcesText(module.resources));
  if (mapNames.size === 0) return writer.output;
  const definitions = Array.from(mapNames, ([map, name]) => `${name} = ${map}\n`);
  return definitions.join("") + writer.output;
}

const noNames: Names = {
  of: () => "<<UNKNOWN SSA VALUE>>",
  introduced: () => [],
  label: () => "<<UNKNOWN BLOCK>>",
};

/** `tensor<2x3xf32>` */
export function typeText(type: Type): string {
  const writer = new OperationWriter(noNames, { generic: false, locations: false });
  writer.type(type);
  return writer.output;
}

/** `dense<[1, 2]> : tensor<2xi32>` */
export function attributeText(attribute: Attribute): string {
  const writer = new OperationWriter(noNames, { generic: false, locations: false });
  writer.attribute(attribute);
  return writer.output;
}

/** Blobs start with their alignment, four bytes, little endian. */
const alignment = "08000000";

function resourcesText(resources: ReadonlyMap<string, Uint8Array>): string {
  const entries = Array.from(resources, ([key, bytes]) => {
    const digits = Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join("");
    return `      ${keywordOrString(key)}: "0x${alignment}${digits}"`;
  });
  return `\n{-#\n  dialect_resources: {\n    builtin: {\n${entries.join(",\n")}\n    }\n  }\n#-}\n`;
}
