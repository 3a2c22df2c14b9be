/** Element types that programs may use: all of them. Which ones MLX computes with itself is in docs/dtypes.md. */
import { allElements, type Element } from "@hloom/ir";

export const elements: ReadonlySet<Element> = new Set(allElements);
