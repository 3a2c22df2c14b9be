/** Reading programs: typed views of operations, and visitors by op name. */
import type {
  AttributeFields,
  AttributesOf,
  ByArity,
  OpDefinition,
  RegionFields,
  RegionsOf,
  TypedOp,
  ValueField,
  ValueFields,
} from "../declare/define.ts";
import { attributeValues, operandsByName, regionsByName, resultsByName } from "../declare/view.ts";
import type { Location } from "../model/location.ts";
import { type Module, type Operation, type Region, walk } from "../model/operation.ts";
import type { builtin, check, chlo, func, interpreter, sdy, stablehlo } from "../ops/index.ts";
import { definitionOf } from "../ops/index.ts";
import type { ValueOfType } from "./types.ts";

type ValuesOf<F extends ValueFields> = {
  readonly [K in keyof F]: F[K] extends ValueField<infer T, infer _> ? ByArity<F[K], ValueOfType<T>> : never;
};

/** An operation by the names of its declaration. Defaults of attributes are filled in. */
export interface OperationView<
  O extends ValueFields = ValueFields,
  A extends AttributeFields = AttributeFields,
  R extends ValueFields = ValueFields,
  G extends RegionFields = RegionFields,
> {
  readonly name: string;
  readonly operands: ValuesOf<O>;
  readonly attributes: AttributesOf<A>;
  readonly results: ValuesOf<R>;
  readonly regions: RegionsOf<G, Region>;
  readonly location: Location;
  readonly operation: Operation;
}

export type ViewOf<D> =
  D extends TypedOp<infer O, infer A, infer R, infer G, infer _> ? OperationView<O, A, R, G> : never;

/** The operation as its declaration names its parts; undefined if it is another op or does not have those parts. */
export function viewAs<D extends OpDefinition>(operation: Operation, definition: D): ViewOf<D> | undefined {
  if (operation.name !== definition.name) return undefined;
  const operands = operandsByName(definition, operation);
  const results = resultsByName(definition, operation);
  const regions = regionsByName(definition, operation);
  if (!operands || !results || !regions) return undefined;
  const attributes = attributeValues(definition, operation);
  const { name, location } = operation;
  return { name, operands, attributes, results, regions, location, operation } as unknown as ViewOf<D>;
}

// By name -------------------------------------------------------------------------------------------------------

/** `dotGeneral` → `dot_general`, `ifOp` → `if`; one old op has dashes. */
type Mnemonic<K extends string> = K extends "crossReplicaSum"
  ? "cross-replica-sum"
  : K extends `${infer Word}Op`
    ? Snake<Word>
    : Snake<K>;
type Snake<S extends string> = S extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Snake<Rest>}`
    : `_${Lowercase<First>}${Snake<Rest>}`
  : "";

type Visitors<Dialect extends string, D> = {
  readonly [K in keyof D & string as `${Dialect}.${Mnemonic<K>}`]?: (op: ViewOf<D[K]>) => void;
};

/** What to do at operations, by name. */
export type Visitor = Visitors<"stablehlo", typeof stablehlo> &
  Visitors<"chlo", typeof chlo> &
  Visitors<"func", typeof func> &
  Visitors<"builtin", typeof builtin> &
  Visitors<"sdy", typeof sdy> &
  Visitors<"check", typeof check> &
  Visitors<"interpreter", typeof interpreter>;

/** Calls the visitor's function for each operation that it names, outer before inner, in program order. */
export function visit(root: Module | Operation, visitor: Visitor): void {
  const functions = visitor as Readonly<Record<string, ((op: never) => void) | undefined>>;
  walk("operation" in root ? root.operation : root, (operation) => {
    const take = functions[operation.name];
    const definition = take && definitionOf(operation.name);
    const view = definition && viewAs(operation, definition);
    if (view) take(view as never);
  });
}
