export {
  type Agreement,
  agreement,
  isMistake,
  type Outcome,
  outcomes,
  type Trial,
  tryOn,
} from "./agreement/index.ts";
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
