/** The public surface of @hloom/ir: read, verify, rewrite, evaluate and write StableHLO. */

export * from "./construct/index.ts";
export * as fields from "./declare/define.ts";
export * from "./declare/index.ts";
export * from "./model/index.ts";
// These names mean the model's types and lists; as fields of declarations they are `fields.tensor` and so on.
export { complexes, floats, signedIntegers, tensor, token, unsignedIntegers } from "./model/index.ts";
export { hasEffects, referencedSymbols } from "./ops/effects.ts";
export * from "./ops/index.ts";
export * from "./read/index.ts";
export * from "./reference/index.ts";
export * from "./rewrite/index.ts";
export * as smith from "./smith/index.ts";
export * from "./verify/index.ts";
export * from "./write/index.ts";
