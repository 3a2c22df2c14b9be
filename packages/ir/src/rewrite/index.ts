export { Builder, encodeAttributes, type EmitOptions } from "./builder.ts";
export { copyModule, removeUnused, type RewriteOptions, type Rewritten, rewriteModule } from "./driver.ts";
export { attr, type Rule, rule } from "./rule.ts";
export { dialects, type RunStagesOptions, runStages, type Stage, type StageReport, type StagesResult } from "./stage.ts";
export { capturedValues, inlineBlock, isolate, substitute } from "./inline.ts";
