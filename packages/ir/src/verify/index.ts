export { inferredTypes as typesByDeclaration } from "./constraints.ts";
export { type VerifiedModule, type VerifyResult, verify } from "./verify.ts";
