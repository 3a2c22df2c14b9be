export { type Spread, spread } from "./spread.ts";
export type { Tiling } from "./tiling.ts";
