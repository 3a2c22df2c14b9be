export { Builder, type EmitOptions, encodeAttributes } from "./builder.ts";
export { copyModule, type RewriteOptions, type Rewritten, removeUnused, rewriteModule } from "./driver.ts";
export { capturedValues, cloneBlock, inlineBlock, isolate, substitute } from "./inline.ts";
export * from "./passes/index.ts";
export { withoutTokens } from "./passes/tokens.ts";
export { attr, type Rule } from "./rule.ts";
export { isReplicated, type Spread, spread, type Tiling } from "./spmd/index.ts";
export {
  dialects,
  type RunStagesOptions,
  runStages,
  type Stage,
  type StageReport,
  type StagesResult,
} from "./stage.ts";
