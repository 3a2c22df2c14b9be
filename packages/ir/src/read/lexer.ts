/** Tokens of MLIR's textual form, one at a time, without allocating: a token is a kind and two offsets. */
import { bytesOfText, textOfBytes } from "../model/byte_string.ts";
import { DiagnosticError, error } from "../model/diagnostic.ts";

/**
 * Kind of a token; punctuation is its own kind, and no keyword is spelled like the others. `%`, `@`, `#`, `!` and `^` stand for the name that follows them too,
 * and `%` also for the number of a result: `%0#1`.
 */
export type TokenKind =
  | "an identifier"
  | "an integer"
  | "a float"
  | "a string"
  | "%"
  | "@"
  | "#"
  | "!"
  | "^"
  | "the end"
  | Punctuation;
type Punctuation =
  | ("(" | ")" | "[" | "]" | "{" | "}" | "<" | ">" | "," | ":" | "=" | "-" | "?" | "*" | "+" | "|" | "/")
  | ("->" | "::" | "..." | "{-#" | "#-}");

const DIGIT = 1;
const LETTER = 2;
/** `$` and `.`: in names, not at their start. */
const JOINT = 4;
/** `-`: in names after a sigil only. */
const DASH = 8;
const SPACE = 16;
const classes = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code);
  if (/\d/.test(character)) classes[code] = DIGIT;
  else if (/[A-Za-z_]/.test(character)) classes[code] = LETTER;
  else if (/[$.]/.test(character)) classes[code] = JOINT;
  else if (character === "-") classes[code] = DASH;
  else if (/\s/.test(character)) classes[code] = SPACE;
}

const single = new Map<number, Punctuation>(
  ([..."()[]{}<>,:=-?*+|/"] as Punctuation[]).map((text) => [text.charCodeAt(0), text]),
);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const SLASH = 0x2f;

export class Lexer {
  readonly source: string;
  kind: TokenKind = "the end";
  start = 0;
  end = 0;
  /** End of the token before the current one. */
  previousEnd = 0;

  constructor(source: string) {
    this.source = source;
    this.next();
  }

  /** Text of the current token. */
  get text(): string {
    return this.source.slice(this.start, this.end);
  }

  /** Moves to the token that starts at or after `offset`. */
  seek(offset: number): void {
    this.end = offset;
    this.next();
  }

  next(): void {
    const { source } = this;
    this.previousEnd = this.end;
    let at = this.#skipSpace(this.end);
    this.start = at;
    if (at >= source.length) {
      this.kind = "the end";
      this.end = at;
      return;
    }
    const code = source.charCodeAt(at);
    const kind = classes[code] ?? 0;
    if (kind & LETTER) {
      do at++;
      while ((classes[source.charCodeAt(at)] ?? 0) & (LETTER | DIGIT | JOINT));
      this.kind = "an identifier";
      this.end = at;
    } else if (kind & DIGIT) {
      this.#number(at);
    } else {
      this.#symbol(at, source[at]!);
    }
  }

  #skipSpace(from: number): number {
    const { source } = this;
    let at = from;
    for (;;) {
      const code = source.charCodeAt(at);
      if (code < 128 && classes[code] === SPACE) {
        at++;
      } else if (code === SLASH && source.charCodeAt(at + 1) === SLASH) {
        const line = source.indexOf("\n", at);
        at = line < 0 ? source.length : line + 1;
      } else {
        return at;
      }
    }
  }

  #number(start: number): void {
    const { source } = this;
    let at = start;
    const digits = () => {
      while (classes[source.charCodeAt(at)] === DIGIT) at++;
    };
    this.kind = "an integer";
    if (source.startsWith("0x", at) && /[\da-fA-F]/.test(source[at + 2] ?? "")) {
      at += 2;
      while (/[\da-fA-F]/.test(source[at] ?? "")) at++;
      this.end = at;
      return;
    }
    digits();
    if (source[at] === ".") {
      this.kind = "a float";
      at++;
      digits();
      const exponent = source[at] === "e" || source[at] === "E" ? at + 1 : 0;
      const sign = exponent && (source[exponent] === "-" || source[exponent] === "+") ? 1 : 0;
      if (exponent && classes[source.charCodeAt(exponent + sign)] === DIGIT) {
        at = exponent + sign;
        digits();
      }
    }
    this.end = at;
  }

  #symbol(at: number, character: string): void {
    const { source } = this;
    switch (character) {
      case "%":
      case "#":
      case "!":
      case "^":
        return this.#named(character, at);
      case "@":
        if (source.charCodeAt(at + 1) === QUOTE) {
          this.end = this.#stringEnd(at + 1);
          this.kind = "@";
          return;
        }
        return this.#named(character, at);
      case '"':
        this.end = this.#stringEnd(at);
        this.kind = "a string";
        return;
    }
    const long = (["->", "::", "{-#", "..."] as const).find((text) => source.startsWith(text, at));
    const kind = long ?? single.get(character.charCodeAt(0));
    if (!kind) this.fail(`unexpected character '${character}'`, at, at + 1);
    this.kind = kind;
    this.end = at + kind.length;
  }

  /** A sigil and its name: digits, or a letter followed by letters, digits and `$._-`. */
  #named(sigil: "%" | "#" | "!" | "^" | "@", start: number): void {
    const { source } = this;
    if (sigil === "#" && source.startsWith("#-}", start)) {
      this.kind = "#-}";
      this.end = start + 3;
      return;
    }
    let at = start + 1;
    const first = classes[source.charCodeAt(at)] ?? 0;
    const allowed = first === DIGIT ? DIGIT : LETTER | DIGIT | JOINT | DASH;
    while ((classes[source.charCodeAt(at)] ?? 0) & allowed) {
      // `#a->` and `!a->` end before the arrow.
      if (source[at] === "-" && source[at + 1] === ">") break;
      at++;
    }
    if (at === start + 1) this.fail(`expected a name after '${sigil}'`, start, at);
    if (sigil === "%" && source[at] === "#") {
      at++;
      while (classes[source.charCodeAt(at)] === DIGIT) at++;
    }
    this.kind = sigil;
    this.end = at;
  }

  #stringEnd(start: number): number {
    const { source } = this;
    for (let at = start + 1; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === QUOTE) return at + 1;
      if (code === BACKSLASH) at++;
      else if (code === NEWLINE) break;
    }
    return this.fail("expected '\"' at the end of the string", start, start + 1);
  }

  /** Without a place: at the current token, or behind the previous one when that ends its line. */
  fail(message: string, start?: number, end = this.end): never {
    if (start === undefined) {
      const { previousEnd: behind, source } = this;
      const breaks = behind > 0 && source.slice(behind, this.start).includes("\n");
      return breaks ? this.fail(message, behind - 1, behind) : this.fail(message, this.start, this.end);
    }
    throw new DiagnosticError(
      error("text/syntax", message, { span: { start, end: Math.max(end, start + 1) } }),
    );
  }
}

const plainEscapes: Readonly<Record<string, number>> = { n: 10, t: 9, '"': QUOTE, "\\": BACKSLASH };

/** The text of a string token, quotes included; undefined when an escape makes no sense. */
export function unquote(token: string): string | undefined {
  const body = token.slice(1, -1);
  let next = body.indexOf("\\");
  if (next < 0) return body;
  // Escapes are bytes of UTF-8, or of no text at all; each becomes one byte of the whole.
  const source = bytesOfText(body);
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let at = 0; at < source.length; ) {
    next = source.indexOf(BACKSLASH, at);
    const plain = source.subarray(at, next < 0 ? source.length : next);
    bytes.set(plain, length);
    length += plain.length;
    if (next < 0) break;
    const named = plainEscapes[String.fromCharCode(source[next + 1] ?? 0)];
    const byte = named ?? hexadecimal(source[next + 1], source[next + 2]);
    if (byte === undefined) return undefined;
    bytes[length++] = byte;
    at = next + (named === undefined ? 3 : 2);
  }
  return textOfBytes(bytes.subarray(0, length));
}

function hexadecimal(high = 0, low = 0): number | undefined {
  const text = String.fromCharCode(high, low);
  return /^[\da-fA-F]{2}$/.test(text) ? Number.parseInt(text, 16) : undefined;
}
