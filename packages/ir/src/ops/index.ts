/**
 * The list of operations. A family file exports op declarations and nothing else; adding an op is adding its
 * `defineOp` there and its fixture beside it.
 */
import type { OpDefinition } from "../declare/define.ts";
import * as binary from "./binary.ts";
import * as builtin from "./builtin.ts";
import * as check from "./check.ts";
import * as chloFunctions from "./chlo.ts";
import * as chloBroadcasts from "./chlo_broadcast.ts";
import * as collective from "./collective.ts";
import * as contraction from "./contraction.ts";
import * as control from "./control.ts";
import * as controlFlow from "./control_flow.ts";
import * as convert from "./convert.ts";
import * as creation from "./creation.ts";
import * as custom from "./custom.ts";
import * as dynamic from "./dynamic.ts";
import * as dynamicExtensions from "./dynamic_extensions.ts";
import * as func from "./func.ts";
import * as indexing from "./indexing.ts";
import * as interpreter from "./interpreter.ts";
import * as linearAlgebra from "./linear_algebra.ts";
import { neighbours } from "./neighbours.ts";
import * as normalization from "./normalization.ts";
import * as processes from "./processes.ts";
import * as quantized from "./quantized.ts";
import * as random from "./random.ts";
import * as reduction from "./reduction.ts";
import * as sdy from "./sdy.ts";
import * as shape from "./shape.ts";
import * as slicing from "./slicing.ts";
import * as transfer from "./transfer.ts";
import * as unary from "./unary.ts";

/** StableHLO, by family in the order of the spec's chapters. */
export const stablehlo = {
  ...unary,
  ...binary,
  ...convert,
  ...creation,
  ...shape,
  ...slicing,
  ...dynamic,
  ...dynamicExtensions,
  ...contraction,
  ...reduction,
  ...indexing,
  ...control,
  ...collective,
  ...processes,
  ...transfer,
  ...random,
  ...linearAlgebra,
  ...normalization,
  ...quantized,
  ...custom,
};

/** CHLO, the client dialect that JAX writes in text. */
export const chlo = { ...chloFunctions, ...chloBroadcasts };

/** The neighbours that StableHLO programs mention. */
export { builtin, check, controlFlow, func, interpreter, neighbours, sdy };

const definitions = new Map<string, OpDefinition>(
  [stablehlo, builtin, check, chlo, controlFlow, func, interpreter, sdy, neighbours]
    .flatMap((family) => Object.values<OpDefinition>(family))
    .map((definition) => [definition.name, definition]),
);

/** The declaration of an op by its full name. */
export function definitionOf(name: string): OpDefinition | undefined {
  return definitions.get(name);
}

/** Adds a dialect of one's own, e.g. a backend's lowered ops, to what is read, verified, printed and evaluated. */
export function registerDialect(ops: Readonly<Record<string, OpDefinition>>): void {
  for (const definition of Object.values(ops)) {
    const known = definitions.get(definition.name);
    if (known && known !== definition) throw new Error(`op "${definition.name}" is declared twice`);
    definitions.set(definition.name, definition);
  }
}

export function allDefinitions(): IterableIterator<OpDefinition> {
  return definitions.values();
}
