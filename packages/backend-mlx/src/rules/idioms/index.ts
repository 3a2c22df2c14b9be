/** The idioms, one file for each kind; `docs/rules.md` lists them with their reasons. */
import { argmax } from "./argmax.ts";
import { attention } from "./attention.ts";
import { choice } from "./choice.ts";
import type { Idiom } from "./idiom.ts";
import { logsumexp } from "./logsumexp.ts";
import { layerNorm, normBias, normWeight, rmsNorm } from "./norms.ts";
import { softmax } from "./softmax.ts";

export type { Idiom } from "./idiom.ts";

export const idioms: readonly Idiom[] = [
  softmax,
  logsumexp,
  layerNorm,
  rmsNorm,
  normWeight,
  normBias,
  argmax,
  choice,
  attention,
] as readonly Idiom[];
