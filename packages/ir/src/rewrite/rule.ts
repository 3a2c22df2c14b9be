/** Rules as data: what they match, what they emit, and why they exist. */
import type { OpDefinition } from "../declare/define.ts";
import { attributeValues } from "../declare/view.ts";
import type { Operation, Value } from "../model/operation.ts";
import type { Builder } from "./builder.ts";

export interface Rule<Captures = unknown> {
  readonly name: string;
  /** One sentence: why the right-hand side is better or needed. Goes into docs/rules.md. */
  readonly why: string;
  /** Names of the operations that the rule looks at. */
  readonly on: readonly string[];
  /** What the emission needs, or undefined when the rule does not apply. Must not change anything. */
  match(operation: Operation): Captures | undefined;
  /** Values that replace the operation's results, of the same types. */
  emit(captures: Captures, builder: Builder, operation: Operation): readonly Value[];
}

/** Typed-by-use attribute access for rules: `attr<number>(definition, operation, "dimension")`. */
export function attr<T>(definition: OpDefinition, operation: Operation, name: string): T {
  return attributeValues(definition, operation)[name] as T;
}
