/** Element types that MLX computes with; see runtime/ops.def. `f64` lives on the CPU device only. */
import type { Element } from "@hloom/ir";

export const elements: ReadonlySet<Element> = new Set<Element>([
  "i1",
  "i8",
  "i16",
  "i32",
  "i64",
  "ui8",
  "ui16",
  "ui32",
  "ui64",
  "bf16",
  "f16",
  "f32",
  "f64",
  "complex<f32>",
]);
