import { checkCalls } from "./kernel/check.ts";
import { customCalls } from "./kernel/custom.ts";

/** Targets of `stablehlo.custom_call` that evaluation gives a meaning. */
export const evaluatedCalls: ReadonlySet<string> = new Set([
  ...Object.keys(customCalls),
  ...Object.keys(checkCalls),
]);
