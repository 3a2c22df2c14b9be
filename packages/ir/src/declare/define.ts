/**
 * `defineOp`: the one declaration of an operation. The text parser and printer, the verifier, the VHLO codec, the
 * builder, the reference evaluator, docs and coverage are all derived from it; nothing else lists ops by hand.
 */
import type { Attribute } from "../model/attributes.ts";
import type { Operation, Region } from "../model/operation.ts";
import type { TensorType, Type } from "../model/types.ts";
import type { Datum, Tensor } from "../reference/tensor.ts";
import type { AnyKind, AttributeField } from "./attribute_fields.ts";
import { compileFormat, type Format } from "./format.ts";
import type { AttributeKind } from "./kinds.ts";
import type { Arity, ValueField } from "./values.ts";
import type { Version } from "./version.ts";

export * from "./attribute_fields.ts";
export * from "./values.ts";

// Regions ------------------------------------------------------------------------------------------------------

export interface RegionField<A extends "one" | "variadic" = "one" | "variadic"> {
  readonly arity: A;
  readonly description: string;
  /** One block that ends in a terminator, unless this says otherwise. */
  readonly holds?: "blocks or nothing" | "symbols";
}
export const region: RegionField<"one"> = { arity: "one", description: "a region" };
/** The body of a function, which may branch; one that is declared only has none. */
export const optionalBody: RegionField<"one"> = { ...region, holds: "blocks or nothing" };
/** The body of a module: symbols in any order, no terminator. */
export const symbols: RegionField<"one"> = { ...region, holds: "symbols" };
export const regions: RegionField<"variadic"> = { arity: "variadic", description: "any number of regions" };

/** A block to go on to, and the field of the operands that it takes. */
export interface SuccessorField {
  readonly operands: string;
}

// The declaration ----------------------------------------------------------------------------------------------

export type ValueFields = Readonly<Record<string, ValueField>>;
export type AttributeFields = Readonly<Record<string, AnyKind>>;
export type RegionFields = Readonly<Record<string, RegionField>>;

export type ByArity<F, One> = F extends { arity: "variadic" }
  ? readonly One[]
  : F extends { arity: "optional" }
    ? One | undefined
    : One;
type TypesOf<F extends ValueFields> = {
  readonly [K in keyof F]: F[K] extends ValueField<infer T, Arity> ? ByArity<F[K], T> : never;
};
/** Fields of tensors see tensors; those that may also be tokens or tuples see data. */
type DataOf<F extends ValueFields> = {
  readonly [K in keyof F]: F[K] extends ValueField<infer T, Arity>
    ? ByArity<F[K], [T] extends [TensorType] ? Tensor : Datum>
    : never;
};
export type AttributesOf<A extends AttributeFields> = {
  readonly [K in keyof A]: A[K] extends AttributeField<infer T, infer P>
    ? P extends true
      ? T
      : T | undefined
    : A[K] extends AttributeKind<infer T>
      ? T
      : never;
};
export type RegionsOf<R extends RegionFields, One> = {
  readonly [K in keyof R]: R[K] extends { arity: "variadic" } ? readonly One[] : One;
};

/** Calls a region of the op being evaluated; captured values are bound already. */
export type RegionFunction = (...args: readonly Datum[]) => readonly Datum[];

/** One of the processes that run a program together (spec: "StableHLO process grid"). */
export interface ProcessId {
  readonly replica: number;
  readonly partition: number;
}

export interface ProcessGrid {
  readonly replicas: number;
  readonly partitions: number;
}

/** What `evaluate` may know besides its arguments. */
export interface EvaluateContext {
  /** Declared result types, flattened. */
  readonly results: readonly Type[];
  readonly operation: Operation;
  /** Blobs of the module, for constants that are kept apart. */
  readonly resources: ReadonlyMap<string, Uint8Array>;
  /** Runs a function of the module: for `func.call`, composites and custom calls. */
  call(symbol: string, args: readonly Datum[]): readonly Datum[];
  /** Reports what a checking op found: what is wrong, or nothing. */
  check(failure: string | undefined): void;
  /** The process that evaluates; `{ replica: 0, partition: 0 }` when there is one. */
  readonly process: ProcessId;
  /** How many processes run the program. */
  readonly grid: ProcessGrid;
  /** Puts data on a channel, for any process to take. */
  give(channel: unknown, data: readonly Datum[]): void;
  /**
   * What process `from`, or any process, gave on a channel: at the nth call what it gave at its nth. Waits for it.
   */
  take(channel: unknown, from?: ProcessId): readonly Datum[];
  /** Runs `run` in every process of a grid as if at once; the results by replica, then by partition. */
  parallel(grid: ProcessGrid, run: (process: ProcessId) => readonly Datum[]): readonly (readonly Datum[])[];
}

/** What checks and inference may know besides types. */
export interface Known {
  /** Numbers of the operand of that name if it is a constant of integers. */
  integers(operand: string): readonly number[] | undefined;
  /** The operation that a symbol names; absent where symbols cannot be looked up. */
  readonly symbol?: (name: string) => Operation | undefined;
}

/** What an operation knows that is looked at without its surroundings. */
export const nothingKnown: Known = { integers: () => undefined };

/** Whether a constraint holds; a text says in detail why it does not. */
export type Verdict = boolean | string;

/** Arguments of constraints and inference: types of operands, attribute values, regions, all by their declared names. */
export type TypeArguments<
  O extends ValueFields,
  A extends AttributeFields,
  G extends RegionFields,
> = TypesOf<O> & AttributesOf<A> & RegionsOf<G, Region>;

type InferTypes<O extends ValueFields, A extends AttributeFields, G extends RegionFields> = (
  args: TypeArguments<O, A, G>,
  known: Known,
) => readonly Type[];

export interface OpInit<
  O extends ValueFields,
  A extends AttributeFields,
  R extends ValueFields,
  G extends RegionFields,
> {
  /** VHLO version that brought the op; absent for dialects that VHLO does not carry. */
  readonly since?: Version;
  /** One sentence from the point of view of a user. */
  readonly summary: string;
  readonly operands?: O;
  readonly attributes?: A;
  readonly results?: R;
  readonly regions?: G;
  /** Types of the arguments that regions take, where the operands say so: for builders and generators. */
  readonly regionArguments?: (args: TypesOf<O> & AttributesOf<A>) => {
    readonly [K in keyof G]?: readonly Type[];
  };
  /** Blocks that the op may go on to, each with the field of the operands that become the block's arguments. */
  readonly successors?: Readonly<Record<string, keyof O & string>>;
  /**
   * Pretty text in ODS's assembly notation: `$name`, literals in backticks, `type($name)`, `attr-dict`,
   * `functional-type(operands, results)`, `custom<Directive>(…)`, optional groups. Absent: generic form only.
   */
  readonly format?: string;
  /** Label of the spec's constraint → [what must hold, the test]. Checked in order, all reported. */
  readonly constraints?: Readonly<
    Record<string, readonly [string, (args: TypeArguments<O, A, G> & TypesOf<R>, known: Known) => Verdict]>
  >;
  /** Types of the results, in order; compared with the declared ones. Throws where none follow, and says why. */
  readonly infer?: InferTypes<O, A, G> | undefined;
  /** Where the element types of the results are free: their shapes and bounds, with elements that mean nothing. */
  readonly inferShapes?: (args: TypeArguments<O, A, G>, known: Known) => readonly TensorType[];
  /** Whether results of the declared types may stand for those that were inferred; compatible ones unless told. */
  readonly fits?: (inferred: readonly Type[], declared: readonly Type[]) => boolean;
  /**
   * What `evaluate` sees of quantized tensors: the floats that they express, or, for ops that only move elements or
   * pass them on, the stored integers. Unless told, ops with regions or effects see what is stored.
   */
  readonly quantized?: "expressed" | "stored";
  /** The golden meaning, written to look like the spec's formula. */
  readonly evaluate?: (
    args: DataOf<O> & AttributesOf<A> & RegionsOf<G, RegionFunction>,
    context: EvaluateContext,
  ) => Datum | readonly Datum[];
  /** VHLO names and versions where they differ from `vhlo.<mnemonic>_v1`; see `vhlo.ts`. */
  readonly vhlo?: VhloHistory;
  /** What the printer calls results and region arguments (`%cst`, `%iterArg`) instead of numbering them. */
  readonly names?: ValueNames;
  /** Dialect whose prefix is left out of op names directly inside the regions: `return` for `func.return`. */
  readonly defaultDialect?: string;
  /** Operands may change places: the short text of a reduction relies on it. */
  readonly commutative?: boolean;
  /** Regions see nothing of what surrounds them: functions and modules. */
  readonly isolated?: boolean;
  /** Ends its block. */
  readonly terminator?: boolean;
  /** Has an effect besides its results: never removed when they are unused. */
  readonly effects?: boolean;
}

export interface ValueNames {
  /** Name of the only result by its type. Ops with several declared results are named after them anyway. */
  readonly result?: (type: Type, operation: Operation) => string;
  /** Name of an argument of the op's regions. */
  readonly argument?: (index: number, operation: Operation) => string;
}

/** Versions of the op in VHLO, newest last. Absent: one version `_v1` since `since`. */
export interface VhloHistory {
  /** `[since of v1, since of v2, …]` */
  readonly versions: readonly Version[];
  /** Attributes of older versions that mean nothing any more, with the version that dropped each. */
  readonly retired?: Readonly<Record<string, Version>>;
  /** Rewrites the attributes (VHLO names, already read) of an older version to the newest one's. */
  readonly upgrade?: (
    from: number,
    attributes: Readonly<Record<string, Attribute>>,
  ) => Readonly<Record<string, Attribute>>;
  /** Values of the retired attributes that an older version needs. */
  readonly downgrade?: (operation: Operation) => Readonly<Record<string, Attribute>>;
  /** Uses of the op that came after it, or after its older versions, and that no attribute gives away. */
  readonly extensions?: readonly VhloExtension[];
}

export interface VhloExtension {
  /** "several operands" */
  readonly what: string;
  readonly since: Version;
  readonly isUsed: (operation: Operation) => boolean;
}

/** A declaration, with its types erased: what readers, writers, the verifier and backends hold. */
export interface OpDefinition {
  readonly name: string;
  readonly dialect: string;
  readonly mnemonic: string;
  readonly since?: Version;
  readonly summary: string;
  readonly operands: readonly NamedField<ValueField>[];
  readonly attributes: readonly NamedField<AttributeField>[];
  readonly results: readonly NamedField<ValueField>[];
  readonly regions: readonly NamedField<RegionField>[];
  readonly successors: readonly NamedField<SuccessorField>[];
  readonly regionArguments?: (args: never) => Readonly<Record<string, readonly Type[] | undefined>>;
  readonly format?: Format;
  readonly constraints: readonly {
    readonly label: string;
    readonly sentence: string;
    readonly test: (args: never, known: Known) => Verdict;
  }[];
  readonly infer?: (args: never, known: Known) => readonly Type[];
  readonly inferShapes?: (args: never, known: Known) => readonly TensorType[];
  readonly fits?: (inferred: readonly Type[], declared: readonly Type[]) => boolean;
  readonly evaluate?: (args: never, context: EvaluateContext) => Datum | readonly Datum[];
  readonly vhlo?: VhloHistory;
  readonly names?: ValueNames;
  readonly defaultDialect?: string;
  readonly commutative: boolean;
  readonly isolated: boolean;
  readonly quantized: "expressed" | "stored";
  readonly terminator: boolean;
  readonly effects: boolean;
}

export type NamedField<F> = F & { readonly name: string };

/** A definition that still knows its types, so that builders and rules are typed. */
export interface TypedOp<
  O extends ValueFields,
  A extends AttributeFields,
  R extends ValueFields,
  G extends RegionFields,
  I extends boolean = boolean,
> extends OpDefinition {
  readonly types?: {
    readonly operands: O;
    readonly attributes: A;
    readonly results: R;
    readonly regions: G;
    /** Whether the types of the results follow from the operands. */
    readonly inferred: I;
  };
}

type OpName = `${string}.${string}`;

export function defineOp<
  const O extends ValueFields = Record<never, never>,
  const A extends AttributeFields = Record<never, never>,
  const R extends ValueFields = Record<never, never>,
  const G extends RegionFields = Record<never, never>,
>(
  name: OpName,
  init: OpInit<O, A, R, G> & { readonly infer: InferTypes<O, A, G> },
): TypedOp<O, A, R, G, true>;
export function defineOp<
  const O extends ValueFields = Record<never, never>,
  const A extends AttributeFields = Record<never, never>,
  const R extends ValueFields = Record<never, never>,
  const G extends RegionFields = Record<never, never>,
>(name: OpName, init: OpInit<O, A, R, G> & { readonly infer?: undefined }): TypedOp<O, A, R, G, false>;
export function defineOp<
  O extends ValueFields,
  A extends AttributeFields,
  R extends ValueFields,
  G extends RegionFields,
>(name: OpName, init: OpInit<O, A, R, G>): TypedOp<O, A, R, G> {
  const dot = name.indexOf(".");
  const definition = {
    name,
    dialect: name.slice(0, dot),
    mnemonic: name.slice(dot + 1),
    summary: init.summary,
    operands: named(init.operands ?? {}),
    attributes: Object.entries<AnyKind>(init.attributes ?? {}).map(([key, entry]) => ({
      name: key,
      ...attributeField(entry),
    })),
    results: named(init.results ?? {}),
    regions: named(init.regions ?? {}),
    successors: Object.entries(init.successors ?? {}).map(([key, operands]) => ({ name: key, operands })),
    constraints: Object.entries(init.constraints ?? {}).map(([label, [sentence, test]]) => ({
      label,
      sentence,
      test,
    })),
    commutative: init.commutative ?? false,
    isolated: init.isolated ?? false,
    quantized: init.quantized ?? (init.regions || init.effects ? "stored" : "expressed"),
    terminator: init.terminator ?? false,
    effects: init.effects ?? false,
    ...(init.since && { since: init.since }),
    ...(init.regionArguments && { regionArguments: init.regionArguments }),
    ...(init.infer && { infer: init.infer }),
    ...(init.inferShapes && { inferShapes: init.inferShapes }),
    ...(init.fits && { fits: init.fits }),
    ...(init.evaluate && { evaluate: init.evaluate }),
    ...(init.vhlo && { vhlo: init.vhlo }),
    ...(init.names && { names: init.names }),
    ...(init.defaultDialect && { defaultDialect: init.defaultDialect }),
  };
  return init.format === undefined
    ? definition
    : { ...definition, format: compileFormat(definition, init.format) };
}

function named<F>(fields: Readonly<Record<string, F>>): NamedField<F>[] {
  return Object.entries(fields).map(([name, field]) => ({ name, ...field }));
}

function attributeField(entry: AnyKind): AttributeField {
  return "kind" in entry ? entry : { kind: entry, present: true, required: true };
}

export function fieldOf<F extends { readonly name: string }>(
  fields: readonly F[],
  name: string,
): F | undefined {
  return fields.find((field) => field.name === name);
}
