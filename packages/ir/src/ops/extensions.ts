/** What ops were allowed later than they came, for writing to older versions (StableHLO: "Version log" of VHLO). */
import type { VhloExtension } from "../declare/define.ts";
import { elementOf } from "../declare/kinds.ts";
import type { Version } from "../declare/version.ts";
import type { Operation } from "../model/operation.ts";
import { type ElementType, sameElement, type Type } from "../model/types.ts";

/** Folds whose results have other elements than their operands. */
export const promotion: VhloExtension = {
  what: "results of another element type than the operands",
  since: "0.17.0",
  isUsed: ({ operands, results }) =>
    results.some(({ type }, i) => {
      const operand = operands[i];
      return operand !== undefined && !isSameElement(elementOf(operand.type), elementOf(type));
    }),
};

function isSameElement(a: ElementType | undefined, b: ElementType | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameElement(a, b);
}

/** Collectives that took one operand at first. */
export function severalOperands(since: Version): VhloExtension {
  return {
    what: "a number of operands other than one",
    since,
    isUsed: ({ operands }) => operands.length !== 1,
  };
}

export const compositeRegions: VhloExtension = {
  what: "regions",
  since: "1.14.0",
  isUsed: ({ regions }) => regions.length > 0,
};

export const typedFfi: VhloExtension = {
  what: "a dictionary as `backend_config`",
  since: "1.3.0",
  isUsed: ({ attributes }) =>
    attributes.backend_config?.kind === "dictionary" || isTypedFfi(attributes.api_version),
};

export const futureOperands: VhloExtension = {
  what: "operands of type future",
  since: "1.17.0",
  isUsed: ({ operands }) => operands.some(({ type }: { readonly type: Type }) => type.kind === "future"),
};

function isTypedFfi(version: Operation["attributes"][string] | undefined): boolean {
  return version?.kind === "integer" && version.value === 4n;
}
