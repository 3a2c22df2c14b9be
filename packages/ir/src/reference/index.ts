export {
  type CheckOutcome,
  evaluate,
  type EvaluateOptions,
  evaluateOp,
  type OperationHost,
  prepare,
  type PreparedModule,
} from "./evaluate.ts";
export { EvaluateError } from "./error.ts";
export { asTensor, type Datum, isTensor, type Tensor, tensorOf, tokenDatum } from "./tensor.ts";
