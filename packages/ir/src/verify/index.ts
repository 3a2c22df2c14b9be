export { type VerifiedModule, type VerifyResult, verify } from "./verify.ts";
