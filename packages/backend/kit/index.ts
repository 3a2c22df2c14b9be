export { conform, conformanceCases, tableText } from "./conform.ts";
export type {
  ConformanceTable,
  ConformOptions,
  KitCase,
  KnownFailure,
  Open,
  ProgramSource,
  Verdict,
  VerdictRow,
} from "./types.ts";
