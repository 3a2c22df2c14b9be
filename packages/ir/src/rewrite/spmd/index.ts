export { type Spread, spread } from "./spread.ts";
export { isReplicated, type Tiling } from "./tiling.ts";
