/** The public surface of @hloom/ir: read, verify, rewrite, evaluate and write StableHLO. */
export * from "./model/index.ts";
export * from "./declare/index.ts";
export * from "./ops/index.ts";
export * from "./read/index.ts";
export * from "./verify/index.ts";
export * from "./write/index.ts";
export * from "./reference/index.ts";
export * from "./rewrite/index.ts";
