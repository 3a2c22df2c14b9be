export * from "./attributes.ts";
export * from "./byte_string.ts";
export * from "./diagnostic.ts";
export * from "./floats.ts";
export * from "./location.ts";
export * from "./operation.ts";
export * from "./storage.ts";
export * from "./types.ts";
