/** The npm package `hloom`: programs that JAX exported, as functions of TypeScript. */
export type { ArrayInput, Shaped, TypedArray } from "./arguments.ts";
export { openBackend } from "./backends.ts";
export { type CompileOptions, compile, type LoadOptions, load } from "./compile.ts";
export type { DType, Shape } from "./dtype.ts";
export { ArgumentError, ProgramError } from "./errors.ts";
export type { AnyProgram, Program, TreeInput, TreeOutput } from "./program.ts";
export type { Port } from "./signature.ts";
export type { ProgramSource } from "./source.ts";
export { type Complex, type Nested, type Scalar, Tensor, type TensorData } from "./tensor.ts";
export type { TreeOf } from "./tree.ts";
