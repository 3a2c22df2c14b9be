export { evaluate, type EvaluateOptions } from "./evaluate.ts";
export type { Datum, Tensor } from "./tensor.ts";
