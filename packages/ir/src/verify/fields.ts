/** Operands, attributes, results and regions against the fields that the operation declares. */
import type { NamedField, OpDefinition, ValueField } from "../declare/define.ts";
import { attributeValues, fieldOfEach, splitByFields } from "../declare/view.ts";
import type { Attribute } from "../model/attributes.ts";
import type { Operation, Value } from "../model/operation.ts";
import { typeText } from "../write/text.ts";
import { valueText } from "./notes.ts";
import type { Report } from "./verify.ts";

/** Whether all fields are there and of their kinds. */
export function checkFields(definition: OpDefinition, operation: Operation, report: Report): boolean {
  const { attributes, operands: given, results: made } = operation;
  const operands = checkValues("operand", definition, given, attributes.operandSegmentSizes, report);
  const results = checkValues("result", definition, made, attributes.resultSegmentSizes, report);
  const regions = splitByFields(definition.regions, operation.regions) !== undefined;
  if (!regions) {
    const { length } = definition.regions;
    report(
      `${definition.mnemonic}/regions`,
      `requires ${length} regions, but has ${operation.regions.length}`,
    );
  }
  return checkAttributes(definition, operation, report) && regions && operands && results;
}

function checkValues(
  role: "operand" | "result",
  definition: OpDefinition,
  values: readonly Value[],
  sizes: Attribute | undefined,
  report: Report,
): boolean {
  const declared = role === "operand" ? definition.operands : definition.results;
  const code = `${definition.mnemonic}/${role}s`;
  const fields = fieldOfEach(declared, values, sizes);
  if (!fields) {
    report(code, `expected ${countText(declared)} ${role}s, but found ${values.length}`);
    return false;
  }
  let sound = true;
  for (let index = 0; index < values.length; index++) {
    const { type } = values[index]!;
    const field = fields[index]!;
    if (field.accepts(type)) continue;
    report(code, `${role} #${index} must be ${field.description}, but got '${typeText(type)}'`, {
      notes: [`${field.name} = ${typeText(type)}`],
      part: role === "operand" ? { kind: "operands", index, count: 1 } : undefined,
    });
    sound = false;
  }
  return sound;
}

function countText(fields: readonly NamedField<ValueField>[]): string {
  const least = fields.filter((field) => field.arity === "one").length;
  return least === fields.length ? String(least) : `${least} or more`;
}

function checkAttributes(definition: OpDefinition, operation: Operation, report: Report): boolean {
  let sound = true;
  const values = attributeValues(definition, operation);
  for (const field of definition.attributes) {
    const attribute = operation.attributes[field.name];
    const code = `${definition.mnemonic}/${field.label ?? "attributes"}`;
    if (attribute === undefined) {
      if (!field.required) continue;
      report(code, `requires attribute '${field.name}'`);
      sound = false;
    } else if (values[field.name] === undefined) {
      const message = `attribute '${field.name}' failed to satisfy constraint: ${field.kind.description}`;
      report(code, message, {
        notes: [`${field.name} = ${valueText(attribute)}`],
        part: { kind: "attribute", name: field.name },
      });
      sound = false;
    }
  }
  return sound;
}
