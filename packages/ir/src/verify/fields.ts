/** Operands, attributes, results and regions against the fields that the operation declares. */
import type { NamedField, OpDefinition, ValueField } from "../declare/define.ts";
import { operandParts, resultParts, splitByFields } from "../declare/view.ts";
import type { Operation, Value } from "../model/operation.ts";
import { typeText } from "../write/text.ts";
import { valueText } from "./notes.ts";
import type { Report } from "./verify.ts";

/** Whether all fields are there and of their kinds. */
export function checkFields(definition: OpDefinition, operation: Operation, report: Report): boolean {
  const values = [
    checkValues("operand", definition, operandParts(definition, operation), operation.operands, report),
    checkValues("result", definition, resultParts(definition, operation), operation.results, report),
  ];
  const regions = splitByFields(definition.regions, operation.regions) !== undefined;
  if (!regions) {
    const { length } = definition.regions;
    report(
      `${definition.mnemonic}/regions`,
      `requires ${length} regions, but has ${operation.regions.length}`,
    );
  }
  return checkAttributes(definition, operation, report) && regions && !values.includes(false);
}

function checkValues(
  role: "operand" | "result",
  definition: OpDefinition,
  parts: readonly (readonly Value[])[] | undefined,
  values: readonly Value[],
  report: Report,
): boolean {
  const fields = role === "operand" ? definition.operands : definition.results;
  const code = `${definition.mnemonic}/${role}s`;
  if (!parts) {
    report(code, `expected ${countText(fields)} ${role}s, but found ${values.length}`);
    return false;
  }
  let sound = true;
  let index = 0;
  parts.forEach((part, i) => {
    const field = fields[i]!;
    for (const value of part) {
      const place = index++;
      if (field.accepts(value.type)) continue;
      const message = `${role} #${place} must be ${field.description}, but got '${typeText(value.type)}'`;
      report(code, message, {
        notes: [`${field.name} = ${typeText(value.type)}`],
        part: role === "operand" ? { kind: "operands", index: place, count: 1 } : undefined,
      });
      sound = false;
    }
  });
  return sound;
}

function countText(fields: readonly NamedField<ValueField>[]): string {
  const least = fields.filter((field) => field.arity === "one").length;
  return least === fields.length ? String(least) : `${least} or more`;
}

function checkAttributes(definition: OpDefinition, operation: Operation, report: Report): boolean {
  let sound = true;
  for (const field of definition.attributes) {
    const attribute = operation.attributes[field.name];
    const code = `${definition.mnemonic}/${field.label ?? "attributes"}`;
    if (attribute === undefined) {
      if (!field.required) continue;
      report(code, `requires attribute '${field.name}'`);
      sound = false;
    } else if (field.kind.decode(attribute) === undefined) {
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
