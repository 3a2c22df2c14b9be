export * from "./define.ts";
export * from "./version.ts";
export * as kinds from "./kinds.ts";
export * from "./view.ts";
