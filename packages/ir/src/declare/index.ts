export * from "./define.ts";
export * as kinds from "./kinds.ts";
export { type RecordField, type RecordKind, type RecordValue, record } from "./record_kinds.ts";
export * from "./version.ts";
export * from "./view.ts";
