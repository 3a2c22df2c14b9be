/** The algorithms of dot products that some hardware has; StableHLO knows no others (spec: dot_general I8 to I14). */
import type { RecordAttribute } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";

type Fields = RecordAttribute["fields"];

/** Elements of `lhs` and `rhs`, those of the sum, and the number of primitive operations. */
const known = new Set([
  "f16 f16 1",
  "f16 f32 1",
  "bf16 bf16 1",
  "bf16 f32 1",
  "bf16 f32 3",
  "bf16 f32 6",
  "bf16 f32 9",
  "tf32 f32 1",
  "tf32 f32 3",
  "f32 f32 1",
  "f64 f64 1",
]);
const eightBits = /^f8(?!E8M0)/;

function elementName(type: unknown): string {
  const { kind, ...rest } = type as Type;
  if (kind !== "scalar" || !("element" in rest)) return kind;
  const { element } = rest;
  return typeof element === "string" ? element : element.kind === "foreign" ? element.text : element.kind;
}

/** Why no hardware computes so, if that is known. */
export function problemOfAlgorithm(fields: Fields): string | undefined {
  const counts = ["lhs_component_count", "rhs_component_count", "num_primitive_operations"] as const;
  const negative = counts.find((name) => (fields[name] as number) < 1);
  if (negative) return `'${negative}' of a dot algorithm must be positive, but is ${fields[negative]}`;
  return isKnownAlgorithm(fields)
    ? undefined
    : "no hardware is known to support this dot algorithm: types, components or operations do not fit together";
}

export function isKnownAlgorithm(fields: Fields): boolean {
  const [lhs, rhs, sum] = ["lhs_precision_type", "rhs_precision_type", "accumulation_type"].map((name) =>
    elementName(fields[name]),
  );
  const operations = fields.num_primitive_operations;
  if (fields.lhs_component_count !== 1 || fields.rhs_component_count !== 1) return false;
  if (eightBits.test(lhs!) && eightBits.test(rhs!)) return sum === "f32" && operations === 1;
  return lhs === rhs && known.has(`${lhs} ${sum} ${operations}`) && !fields.allow_imprecise_accumulation;
}
