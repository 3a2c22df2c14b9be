/**
 * The lowered form: one `mlx.*` operation per operation of the runtime (`runtime/ops.def` is generated from these).
 * Attributes and then regions, in declared order, are the parameters of the instruction.
 */
import * as control from "./dialect/control.ts";
import * as elementwise from "./dialect/elementwise.ts";
import * as idioms from "./dialect/idioms.ts";
import * as structure from "./dialect/structure.ts";

export const mlx: typeof elementwise & typeof structure & typeof idioms & typeof control = {
  ...elementwise,
  ...structure,
  ...idioms,
  ...control,
};
