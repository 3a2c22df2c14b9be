/** `sdy.sharding_rule`: which factors the dimensions of an operation are made of. */
import type { RecordAttribute } from "../../model/attributes.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { DYNAMIC } from "../../model/types.ts";
import { recordsOf } from "./axes.ts";

type Mappings = readonly (readonly (readonly number[])[])[];

function mappingsOf(records: unknown): Mappings {
  return recordsOf(records).map(({ fields }) =>
    recordsOf(fields.dim_mappings).map((mapping) => mapping.fields.factor_indices as readonly number[]),
  );
}

/** What is wrong with the factors of one operand or result. */
function problemOfValue(
  { type }: Value,
  mapping: Mappings[number],
  sizes: readonly number[],
): string | undefined {
  if (type.kind !== "tensor" || type.shape.includes(DYNAMIC)) return "is no tensor of known sizes";
  if (mapping.length !== type.shape.length)
    return `has ${type.shape.length} dimensions, but ${mapping.length} are mapped`;
  const seen = new Set<number>();
  for (const factors of mapping) {
    if (factors.length === 0) return "has a dimension without a factor";
    for (const factor of factors) {
      const size = sizes[factor];
      if (size === undefined) return `has the factor ${factor} of ${sizes.length}`;
      if (seen.has(factor)) return `has the factor ${factor} twice`;
      if (size === 1 && factors.length > 1) return "has a factor of size 1 beside others";
      seen.add(factor);
    }
  }
  return undefined;
}

function problemOfValues(
  role: string,
  values: readonly Value[],
  mappings: Mappings,
  sizes: readonly number[],
): string | undefined {
  if (values.length !== mappings.length)
    return `there are ${mappings.length} mappings for ${values.length} ${role}s`;
  if (mappings.length === 0) return `an operation without ${role}s has no sharding rule`;
  for (const [i, value] of values.entries()) {
    const problem = problemOfValue(value, mappings[i]!, sizes);
    if (problem) return `${role} #${i} ${problem}`;
  }
  return undefined;
}

export function problemOfRule(
  { fields }: RecordAttribute,
  { operands, results }: Operation,
): string | undefined {
  const sizes = fields.factor_sizes as readonly number[];
  const [inputs, outputs] = [mappingsOf(fields.operand_mappings), mappingsOf(fields.result_mappings)];
  const problem =
    problemOfValues("operand", operands, inputs, sizes) ?? problemOfValues("result", results, outputs, sizes);
  if (problem) return problem;
  const used = new Set([...inputs, ...outputs].flat(2));
  const unused = sizes.findIndex((_, factor) => !used.has(factor));
  if (unused >= 0) return `the factor ${unused} of size ${sizes[unused]} is in no mapping`;
  return problemOfFactors(fields, sizes.length, new Set(outputs.flat(2)));
}

/** Factors that are something special: reduced, replicated, permuted or blocked. */
function problemOfFactors(
  fields: RecordAttribute["fields"],
  count: number,
  inResults: ReadonlySet<number>,
): string | undefined {
  const special = ["reduction", "need_replication", "permutation"].map(
    (name) => (fields[`${name}_factors`] ?? []) as readonly number[],
  );
  const blocked = (fields.blocked_propagation_factors ?? []) as readonly number[];
  for (const list of [...special, blocked]) {
    if (list.some((factor, i) => i > 0 && list[i - 1]! >= factor))
      return "special factors are not unique and sorted";
    const outside = list.find((factor) => factor < 0 || factor >= count);
    if (outside !== undefined) return `the special factor ${outside} is not one of ${count}`;
  }
  const all = special.flat();
  if (new Set(all).size < all.length) return "a factor is special in two ways";
  const reduced = special[0]!.find((factor) => inResults.has(factor));
  return reduced === undefined ? undefined : `the reduced factor ${reduced} is in a result`;
}
