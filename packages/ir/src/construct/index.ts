export { type BlockBuilder, blockBuilder, type FunctionHandle, taking } from "./block.ts";
export { type ComplexLiteral, dense, type Literal, type ScalarLiteral } from "./literal.ts";
export { type BuildOptions, buildModule, type FunctionOptions, type ModuleBuilder } from "./module.ts";
export { BuildError } from "./operation.ts";
export type { Method, Methods, RegionBody, TensorValue, ValueOfType } from "./types.ts";
export { type OperationView, type ViewOf, type Visitor, viewAs, visit } from "./visit.ts";
