export type { Around } from "./apply.ts";
export { evaluatedCalls } from "./calls.ts";
export { EvaluateError } from "./error.ts";
export {
  type CheckOutcome,
  type EvaluateOptions,
  evaluate,
  evaluateOp,
  type OperationHost,
  type PreparedModule,
  prepare,
} from "./evaluate.ts";
export { integerOfCall } from "./kernel/configuration.ts";
export { type HostCallback, setHostCallback } from "./kernel/host_callback.ts";
export { asTensor, type Datum, isTensor, type Tensor, tensorOf, tokenDatum } from "./tensor.ts";
