/** What StableHLO asks of custom calls: layouts, aliases of operands and results, and the calls that make buffers. */
import type { Verdict } from "../declare/define.ts";
import { integersOf, type ValueOf } from "../declare/kinds.ts";
import type { Attribute } from "../model/attributes.ts";
import { sameElement, sameType, type Type } from "../model/types.ts";
import { compatibleDimension } from "./inference.ts";
import type { outputOperandAlias } from "./records.ts";

type Alias = ValueOf<typeof outputOperandAlias>;

export interface CustomCall {
  readonly inputs: readonly Type[];
  readonly results: readonly Type[];
  readonly call_target_name: string;
  readonly operand_layouts: readonly Attribute[] | undefined;
  readonly result_layouts: readonly Attribute[] | undefined;
  readonly output_operand_aliases: readonly Alias[];
  readonly backend_config: Attribute | undefined;
  readonly api_version: number;
}

// Layouts ------------------------------------------------------------------------------------------------------

/** A tuple as the only result stands for its elements. */
function resultTypes({ results }: CustomCall): readonly Type[] {
  const [only] = results;
  return results.length === 1 && only?.kind === "tuple" ? only.types : results;
}

function layoutsFit(types: readonly Type[], layouts: readonly Attribute[], role: string): Verdict {
  if (types.length !== layouts.length) return `${layouts.length} layouts for ${types.length} ${role}s`;
  for (const [i, type] of types.entries()) {
    const layout = integersOf(layouts[i]!) ?? [];
    if (type.kind === "tuple") return `${role} #${i} is a tuple, which has no layout`;
    if (type.kind === "unranked") continue;
    const rank = "shape" in type ? type.shape.length : 0;
    const permutes = layout.length === rank && type.kind !== "scalar" && isPermutation(layout);
    if (!permutes)
      return `the layout [${layout.join(", ")}] of ${role} #${i} is no permutation of its dimensions`;
  }
  return true;
}

function isPermutation(values: readonly number[]): boolean {
  return [...values].sort((a, b) => a - b).every((value, i) => value === i);
}

// Aliases ------------------------------------------------------------------------------------------------------

function partOf(type: Type | undefined, indices: readonly number[]): Type | undefined {
  let part = type;
  for (const index of indices) part = part?.kind === "tuple" ? part.types[index] : undefined;
  return part;
}

const whole = (results: readonly Type[]): Type | undefined =>
  results.length > 1 ? { kind: "tuple", types: results } : results[0];

function aliasesFit({ inputs, results, output_operand_aliases }: CustomCall): Verdict {
  for (const { operand_index, operand_tuple_indices, output_tuple_indices } of output_operand_aliases) {
    if (!inputs[operand_index]) return `there is no operand #${operand_index}`;
    const operand = partOf(inputs[operand_index], operand_tuple_indices);
    if (!operand) return `operand #${operand_index} has no part [${operand_tuple_indices.join(", ")}]`;
    const result = partOf(whole(results), output_tuple_indices);
    if (!result) return `the results have no part [${output_tuple_indices.join(", ")}]`;
    if (!sameType(operand, result)) return `operand #${operand_index} and its result differ in type`;
  }
  return true;
}

// Buffers ------------------------------------------------------------------------------------------------------

const isBuffer = (type: Type | undefined) => type?.kind === "memref";
const isTensor = (type: Type | undefined) => type?.kind === "tensor" || type?.kind === "unranked";

function sameContents(a: Type, b: Type): boolean {
  if (!("element" in a) || !("element" in b) || !sameElement(a.element, b.element)) return false;
  if (!("shape" in a) || !("shape" in b)) return true;
  return (
    a.shape.length === b.shape.length && a.shape.every((size, i) => compatibleDimension(size, b.shape[i]!))
  );
}

/** Calls that every user of StableHLO knows: what they take and give. */
const bufferCalls: Readonly<Record<string, (call: CustomCall) => Verdict>> = {
  CreateBuffer({ inputs, results }) {
    if (inputs.length > 0) return "CreateBuffer takes no operands";
    return (results.length === 1 && isBuffer(results[0])) || "CreateBuffer gives one buffer";
  },
  Pin({ inputs, results }) {
    if (inputs.length !== 1 || !isTensor(inputs[0])) return "Pin takes one tensor";
    if (results.length !== 1 || !isBuffer(results[0])) return "Pin gives one buffer";
    return sameContents(inputs[0]!, results[0]!) || "Pin gives a buffer of the type of its tensor";
  },
  Unpin({ inputs, results }) {
    if (inputs.length !== 1 || !isBuffer(inputs[0])) return "Unpin takes one buffer";
    if (results.length !== 1 || !isTensor(results[0])) return "Unpin gives one tensor";
    return sameContents(inputs[0]!, results[0]!) || "Unpin gives a tensor of the type of its buffer";
  },
};

/** Elsewhere each buffer that is a result is one that is an operand, and no buffer is two of them. */
function buffersFit(call: CustomCall): Verdict {
  const { inputs, results, output_operand_aliases } = call;
  const rule = bufferCalls[call.call_target_name];
  if (rule) return rule(call);
  const aliases = output_operand_aliases.filter(({ operand_index, operand_tuple_indices }) =>
    isBuffer(partOf(inputs[operand_index], operand_tuple_indices)),
  );
  const outputs = aliases.map(({ output_tuple_indices }) => output_tuple_indices.join());
  const operands = aliases.map(({ operand_index, operand_tuple_indices }) =>
    [operand_index, ...operand_tuple_indices].join(),
  );
  if (new Set(outputs).size < outputs.length) return "a buffer of the results has two operands";
  if (new Set(operands).size < operands.length) return "a buffer of the operands is two results";
  const lost = bufferPlaces(whole(results)).find((place) => !outputs.includes(place.join()));
  return lost === undefined || `the buffer [${lost.join(", ")}] of the results is no operand`;
}

function bufferPlaces(type: Type | undefined, place: readonly number[] = []): (readonly number[])[] {
  if (type?.kind === "tuple") return type.types.flatMap((part, i) => bufferPlaces(part, [...place, i]));
  return isBuffer(type) ? [place] : [];
}

/** The spec has no labels here: I4 is the input, L layouts, A aliases, B buffers. */
export const customCallConstraints = {
  L1: [
    "`operand_layouts` and `result_layouts` are given both or neither",
    (call) => (call.operand_layouts === undefined) === (call.result_layouts === undefined),
  ],
  L2: [
    "`operand_layouts` permute the dimensions of each of `inputs`",
    (call) => !call.operand_layouts || layoutsFit(call.inputs, call.operand_layouts, "operand"),
  ],
  L3: [
    "`result_layouts` permute the dimensions of each of `results`",
    (call) => !call.result_layouts || layoutsFit(resultTypes(call), call.result_layouts, "result"),
  ],
  A1: ["`output_operand_aliases` join parts of `inputs` and `results` of the same type", aliasesFit],
  I4: [
    "`backend_config` is a dictionary for `api_version` 4 and a string for others",
    ({ backend_config: config, api_version }) =>
      config === undefined || config.kind === (api_version === 4 ? "dictionary" : "string"),
  ],
  B1: ["buffers in `inputs` and `results` are paired by `output_operand_aliases`", buffersFit],
} satisfies Readonly<Record<string, readonly [string, (call: CustomCall) => Verdict]>>;
