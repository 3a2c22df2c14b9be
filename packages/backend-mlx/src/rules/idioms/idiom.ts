/** A rule that recognises an idiom; its example is a module in which it fires, and the input of its generated test. */
import type { Rule } from "@hloom/ir";

export interface Idiom<Captures = unknown> extends Rule<Captures> {
  /** A module whose entry takes tensors and in which the rule fires at least once. */
  readonly example: string;
  /** How far results may lie from those of the example, relative to their size: the idiom rounds at other places. */
  readonly tolerance: number;
}
