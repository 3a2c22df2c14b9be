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
  /** The operand or attribute at fault, in the text that was read. */
  readonly part?: Span;
  /** Byte offset in the bytecode that was read. */
  readonly offset?: number;
  /** Place in the user's program. */
  readonly location?: Location;
  readonly notes?: readonly string[];
}

export function error(code: string, message: string, rest: Partial<Diagnostic> = {}): Diagnostic {
  return { severity: "error", code, message, ...rest };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Thrown inside one reader or checker to leave it early; its entry function turns it into a {@link Diagnostic}. */
export class DiagnosticError extends Error {
  override readonly name = "DiagnosticError";
  readonly diagnostic: Diagnostic;
  /** What follows from it and is worth saying at its own place. */
  readonly consequences: readonly Diagnostic[];

  constructor(diagnostic: Diagnostic, consequences: readonly Diagnostic[] = []) {
    super(diagnostic.message);
    this.diagnostic = diagnostic;
    this.consequences = consequences;
  }
}

/** What a diagnostic is about: its name for people, its text, and the file that locations of operations name. */
export interface DiagnosticSource {
  readonly name: string;
  readonly text?: string;
  readonly file?: string;
}

/**
 * `file:line:column: error: …` with the source line and a caret when the text is at hand. The caret is under the part
 * at fault; a part on another line than its operation is shown after it.
 */
export function renderDiagnostic(diagnostic: Diagnostic, source?: DiagnosticSource): string {
  const { severity, op, message, code, location, offset, notes = [] } = diagnostic;
  const head = `${severity}: ${op ? `'${op}' ` : ""}${message} [${code}]`;
  const own = spanOf(location, source);
  const span = diagnostic.span ?? own;
  const lines: string[] = [];
  if (span && source?.text !== undefined) {
    const part = diagnostic.part ?? span;
    const [main, other] = onOneLine(source.text, span, part) ? [part] : [span, part];
    lines.push(`${placeText(main, source)}: ${head}`, ...excerpt(main, source.text));
    if (other) lines.push(`  ${placeText(other, source)}: here`, ...excerpt(other, source.text));
  } else {
    const place = offset === undefined ? "" : `byte ${offset}: `;
    lines.push(`${source ? `${source.name}: ` : ""}${place}${head}`);
  }
  if (location && location.kind !== "unknown" && !own) lines.push(`  at ${locationText(location)}`);
  return [...lines, ...notes.map((note) => `  note: ${note}`)].join("\n");
}

/** Line and column of an offset in a text, from 1. */
export function positionIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}

function onOneLine(text: string, a: Span, b: Span): boolean {
  return !text.slice(Math.min(a.start, b.start), Math.max(a.start, b.start)).includes("\n");
}

function placeText({ start }: Span, { name, text = "" }: DiagnosticSource): string {
  const { line, column } = positionIn(text, start);
  return `${name}:${line}:${column}`;
}

/** The line that a span starts in, and carets under it. */
function excerpt({ start, end }: Span, text: string): string[] {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const column = start - lineStart;
  return clipped(line, column, Math.max(1, Math.min(end - start, line.length - column)));
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
