/** What every notation is made of: expected and optional tokens, lists, numbers, strings. */
import { DiagnosticError, error } from "../model/diagnostic.ts";
import { Lexer, unquote } from "./lexer.ts";

/** Levels of regions, types and attributes inside one another: more would need more stack than a caller may have. */
const maximumDepth = 300;

export class TokenReader extends Lexer {
  #depth = 0;

  sees(text: string): boolean {
    if (this.kind === text) return true;
    return (
      this.kind === "an identifier" &&
      this.end - this.start === text.length &&
      this.source.startsWith(text, this.start)
    );
  }

  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail(`expected '${text}'`);
  }

  takeKeyword(): string | undefined {
    if (this.kind !== "an identifier") return undefined;
    const word = this.text;
    this.next();
    return word;
  }

  keyword(): string {
    return this.takeKeyword() ?? this.fail("expected a keyword");
  }

  takeInteger(): number | undefined {
    const negative = this.kind === "-" && /\d/.test(this.source[this.end] ?? "");
    return negative || this.kind === "an integer" ? this.integer() : undefined;
  }

  integer(): number {
    const value = this.bigInteger();
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : this.fail("integer value too large");
  }

  bigInteger(): bigint {
    const negative = this.take("-");
    if (this.kind !== "an integer") this.fail("expected an integer");
    if (this.end - this.start > 1000) this.fail("integer value too large");
    const value = BigInt(this.text);
    this.next();
    return negative ? -value : value;
  }

  takeString(): string | undefined {
    if (this.kind !== "a string") return undefined;
    const value = unquote(this.text) ?? this.fail("unknown escape in string");
    this.next();
    return value;
  }

  string(): string {
    return this.takeString() ?? this.fail("expected a string");
  }

  takeSymbolName(): string | undefined {
    if (this.kind !== "@") return undefined;
    const name = this.text.slice(1);
    const value = name.startsWith('"') ? (unquote(name) ?? this.fail("unknown escape in symbol name")) : name;
    this.next();
    return value;
  }

  symbolName(): string {
    return this.takeSymbolName() ?? this.fail("expected a symbol name");
  }

  list<T>(open: string, close: string, item: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    if (this.take(close)) return items;
    do items.push(item());
    while (this.take(","));
    if (!this.take(close)) this.fail(`expected ',' or '${close}'`);
    return items;
  }

  /** Runs `read` one level deeper, so that hostile nesting ends in a diagnostic and not in a full stack. */
  nested<T>(read: () => T): T {
    if (++this.#depth > maximumDepth) {
      const span = { start: this.start, end: this.end };
      throw new DiagnosticError(
        error("text/too-deep", `more than ${maximumDepth} levels of nesting`, { span }),
      );
    }
    const result = read();
    this.#depth--;
    return result;
  }

  /** Text up to and including the bracket that closes the current one; strings are skipped as a whole. */
  balanced(): string {
    const { start } = this;
    const open: string[] = [];
    do {
      const closer = closers[this.kind];
      if (closer) open.push(closer);
      else if (this.kind === open.at(-1)) open.pop();
      else if (
        this.kind === ">" ||
        this.kind === ")" ||
        this.kind === "]" ||
        this.kind === "}" ||
        this.kind === "the end"
      ) {
        this.fail(`expected '${open.at(-1)}'`);
      }
      this.#nextLoosely();
    } while (open.length > 0);
    return this.source.slice(start, this.previousEnd);
  }

  /** Dialects may use characters between brackets that are no tokens of the builtin notation. */
  #nextLoosely(): void {
    try {
      this.next();
    } catch (problem) {
      if (!(problem instanceof DiagnosticError) || this.source[this.start] === '"') throw problem;
      this.kind = "/";
      this.end = this.start + 1;
    }
  }
}

const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "<": ">" };
