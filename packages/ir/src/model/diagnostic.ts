/** What is wrong with an input, as a value: collected, never thrown across a package border. */
import { type Location, locationText } from "./location.ts";

/** A stretch of a source text, in UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Stable and derived: `text/expected-type`, `bytecode/truncated`, `transpose/C2`. */
  readonly code: string;
  /** Lower case, names in quotes, says what is wrong; actual values go into notes. */
  readonly message: string;
  /** Full name of the operation that the message is about. */
  readonly op?: string;
  /** Place in the text that was read. */
  readonly span?: Span;
  /** Byte offset in the bytecode that was read. */
  readonly offset?: number;
  /** Place in the user's program. */
  readonly location?: Location;
  readonly notes?: readonly string[];
}

export function error(code: string, message: string, rest: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: "error", code, message, ...rest };
}

/** Thrown inside one reader or checker to leave it early; its entry function turns it into a {@link Diagnostic}. */
export class DiagnosticError extends Error {
  override readonly name = "DiagnosticError";
  readonly diagnostic: Diagnostic;

  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
  }
}

/** What a diagnostic is about: its name for people, its text, and the file that locations of operations name. */
export interface DiagnosticSource {
  readonly name: string;
  readonly text?: string;
  readonly file?: string;
}

/** `file:line:column: error: …` with the source line and a caret when the text is at hand. */
export function renderDiagnostic(diagnostic: Diagnostic, source?: DiagnosticSource): string {
  const lines: string[] = [];
  const op = diagnostic.op ? `'${diagnostic.op}' ` : "";
  const head = `${diagnostic.severity}: ${op}${diagnostic.message} [${diagnostic.code}]`;
  const span = diagnostic.span ?? spanOf(diagnostic.location, source);
  if (span && source?.text !== undefined) {
    const { start, end } = span;
    const before = source.text.slice(0, start);
    const line = before.split("\n").length;
    const lineStart = before.lastIndexOf("\n") + 1;
    const lineEnd = source.text.indexOf("\n", start);
    const excerpt = source.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
    const column = start - lineStart;
    const width = Math.max(1, Math.min(end - start, excerpt.length - column));
    lines.push(`${source.name}:${line}:${column + 1}: ${head}`, ...clipped(excerpt, column, width));
  } else {
    const place = diagnostic.offset === undefined ? "" : `byte ${diagnostic.offset}: `;
    lines.push(`${source ? `${source.name}: ` : ""}${place}${head}`);
  }
  if (diagnostic.location && diagnostic.location.kind !== "unknown" && (diagnostic.span || !span)) {
    lines.push(`  at ${locationText(diagnostic.location)}`);
  }
  for (const note of diagnostic.notes ?? []) lines.push(`  note: ${note}`);
  return lines.join("\n");
}

/** The word at a location, when it is a place in the source itself. */
function spanOf(location: Location | undefined, source: DiagnosticSource | undefined): Span | undefined {
  if (location?.kind !== "file" || source?.text === undefined || location.file !== source.file)
    return undefined;
  let start = 0;
  for (let line = 1; line < location.line; line++) {
    start = source.text.indexOf("\n", start) + 1;
    if (start === 0) return undefined;
  }
  start += location.column - 1;
  const word = /^[^\s(){}[\]<>,:=]*/.exec(source.text.slice(start, start + 200))![0];
  return { start, end: start + Math.max(1, word.length) };
}

/** The excerpt and its caret line, at most 160 columns wide: constants make lines of megabytes. */
function clipped(excerpt: string, column: number, width: number): string[] {
  const from = Math.max(0, column - 60);
  const shown = excerpt.slice(from, from + 160);
  const carets = "^".repeat(Math.max(1, Math.min(width, shown.length - (column - from))));
  return [`  ${shown}`, `  ${" ".repeat(column - from)}${carets}`];
}
