/** Widths of what integer and float attributes hold. */
import { bitWidth, type ElementType, isElement, isFloat, isInteger } from "../../model/types.ts";

export function integerWidth(element: ElementType): number | undefined {
  if (isElement(element)) return isInteger(element) ? bitWidth(element) : undefined;
  if (element.kind !== "foreign") return undefined;
  if (element.text === "index") return 64;
  const width = /^[su]?i(\d+)$/.exec(element.text)?.[1];
  return width === undefined ? undefined : Number(width);
}

const foreignFloatWidths: ReadonlyMap<string, number> = new Map([
  ["tf32", 19],
  ["f80", 80],
  ["f128", 128],
]);

export function floatWidth(element: ElementType): number | undefined {
  if (isFloat(element)) return bitWidth(element);
  return typeof element === "object" && element.kind === "foreign"
    ? foreignFloatWidths.get(element.text)
    : undefined;
}
