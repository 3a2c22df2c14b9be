/** Where the operands and attributes of operations stand in the text that they were read from. */
import type { Span } from "./diagnostic.ts";
import type { Operation, Value } from "./operation.ts";

/** A part of an operation that a diagnostic is about: some operands in a row, or an attribute. */
export type Part =
  | { readonly kind: "operands"; readonly index: number; readonly count: number }
  | { readonly kind: "attribute"; readonly name: string };

/** What a reader meets while it reads one operation. */
export interface Mentions {
  /** In the order of the text, which need not be the order of the operands. */
  readonly values: (Span & { readonly value: Value })[];
  readonly attributes: Map<string, Span>;
}

export class Spans {
  readonly #mentions = new WeakMap<Operation, Mentions>();

  add(operation: Operation, mentions: Mentions): void {
    this.#mentions.set(operation, mentions);
  }

  /** Undefined for what the text does not spell out. */
  of(operation: Operation, part: Part): Span | undefined {
    const mentions = this.#mentions.get(operation);
    if (!mentions) return undefined;
    if (part.kind === "attribute") return mentions.attributes.get(part.name);
    const spans = Array.from({ length: part.count }, (_, i) =>
      spanOfOperand(mentions, operation, part.index + i),
    ).filter((span) => span !== undefined);
    if (spans.length === 0) return undefined;
    const start = Math.min(...spans.map((span) => span.start));
    return { start, end: Math.max(...spans.map((span) => span.end)) };
  }
}

/** A value that is an operand several times is mentioned as often, in the same order. */
function spanOfOperand({ values }: Mentions, { operands }: Operation, index: number): Span | undefined {
  const value = operands[index];
  const before = operands.slice(0, index).filter((operand) => operand === value).length;
  const mention = values.filter((each) => each.value === value)[before];
  return mention && { start: mention.start, end: mention.end };
}
