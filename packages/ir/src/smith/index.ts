/** Programs out of nothing, for fuzzing: made, damaged and made smaller. */
export { type GenerateOptions, generatedOps, generateModule } from "./generate.ts";
export { mutateModule } from "./mutate.ts";
export { Random } from "./random.ts";
export { shrinkModule } from "./shrink.ts";
export { randomTensor, randomType } from "./values.ts";
