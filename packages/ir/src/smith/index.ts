/** Programs out of nothing, for fuzzing: made, damaged and made smaller. */
export { type Sample, without } from "./cut.ts";
export {
  type GenerateOptions,
  generatedOps,
  generateModule,
  generateSample,
  leftOut,
  repeatableOps,
} from "./generate.ts";
export { mutateModule } from "./mutate.ts";
export { Random } from "./random.ts";
export { shrink } from "./shrink.ts";
export { Draws, randomTensor } from "./values.ts";
