export { verify, type VerifiedModule, type VerifyResult } from "./verify.ts";
