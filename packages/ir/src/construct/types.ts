/**
 * The builder's methods as types, derived from the declarations: a mistyped attribute, a missing one or a token where a
 * tensor is wanted does not compile.
 */
import type {
  AttributeField,
  AttributeFields,
  RegionFields,
  TypedOp,
  ValueField,
  ValueFields,
} from "../declare/define.ts";
import type { AttributeKind } from "../declare/kinds.ts";
import type { Value } from "../model/operation.ts";
import type { TensorType, Type } from "../model/types.ts";
import type { BlockBuilder } from "./block.ts";

/** A value of a type that the type checker knows. */
export type ValueOfType<T extends Type = Type> = Value & { readonly type: T };
export type TensorValue = ValueOfType<TensorType>;

/** Values of fields that may be anything count as tensors, which they nearly always are. */
type Held<T extends Type> = Type extends T ? TensorValue : ValueOfType<T>;

// Arguments of a method -----------------------------------------------------------------------------------------

type Intersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void
  ? I
  : never;
type Last<U> = Intersection<U extends unknown ? () => U : never> extends () => infer L ? L : never;
/** One place for each member of a union. Their order means nothing: types do not keep the order of fields. */
type Places<U, Found extends unknown[] = []> = [U] extends [never]
  ? Found
  : Places<Exclude<U, Last<U>>, [Last<U>, ...Found]>;

type Operand<F, L extends readonly Value[]> =
  F extends ValueField<infer T, infer A>
    ? A extends "variadic"
      ? L
      : A extends "optional"
        ? ValueOfType<T> | undefined
        : ValueOfType<T>
    : never;

/** As many operands as the op declares, in their order; each may be what any of them is. */
type Operands<O extends ValueFields, L extends readonly Value[]> = Each<
  Places<keyof O>,
  Operand<O[keyof O], L>
>;
type Each<P extends readonly unknown[], One> = { [I in keyof P]: One };

/** Fields that say `optional`, `defaulted` and so on; a bare kind is required. */
type OptionalKeys<A extends AttributeFields> = {
  [K in keyof A]: A[K] extends { readonly required: boolean } ? K : never;
}[keyof A];
type ValueIn<K> =
  K extends AttributeField<infer T, boolean> ? T : K extends AttributeKind<infer T> ? T : never;

/** What a region computes: gets a builder and the region's arguments, returns what the region returns. */
export type RegionBody = (b: BlockBuilder, ...args: TensorValue[]) => readonly Value[];

type ResultTypes<R extends ValueFields, Declared extends readonly Type[]> = {
  readonly [K in keyof R]: R[K] extends ValueField<infer T, infer A>
    ? A extends "variadic"
      ? Declared
      : T
    : never;
};

type Bag<
  A extends AttributeFields,
  R extends ValueFields,
  G extends RegionFields,
  I extends boolean,
  Declared extends readonly Type[],
> = { readonly [K in Exclude<keyof A, OptionalKeys<A>>]: ValueIn<A[K]> } & {
  readonly [K in OptionalKeys<A>]?: ValueIn<A[K]> | undefined;
} & {
  readonly [K in keyof G]: G[K] extends { arity: "variadic" } ? readonly RegionBody[] : RegionBody;
} & (I extends true ? Partial<ResultTypes<R, Declared>> : ResultTypes<R, Declared>);

// Results of a method -------------------------------------------------------------------------------------------

type Results<
  R extends ValueFields,
  I extends boolean,
  L extends readonly Value[],
  Declared extends readonly Type[],
> = [keyof R] extends [never]
  ? undefined
  : keyof R extends Only<keyof R>
    ? Result<R[keyof R], I, L, Declared>
    : { readonly [K in keyof R]: Result<R[K], I, L, Declared> };

/** The member of a union of one, else nothing. */
type Only<U> = Places<U> extends [infer One] ? One : never;

/** Several results are as many as the types that were given, or as the operands in a list. */
type Result<F, I extends boolean, L extends readonly Value[], Declared extends readonly Type[]> =
  F extends ValueField<infer T, infer A>
    ? A extends "variadic"
      ? Each<I extends true ? L : Declared, Held<T>>
      : Held<T>
    : never;

type Arguments<P extends readonly unknown[], B> =
  Record<never, never> extends B ? [...operands: P, fields?: B] : [...operands: P, fields: B];

/**
 * The method of an op: its operands in order, then one object with its attributes and regions by name, and the types
 * of the results where they do not follow from the operands. Gives the result; several ones by name, or as a list.
 */
export type Method<D> =
  D extends TypedOp<infer O, infer A, infer R, infer G, infer I>
    ? <const L extends readonly Value[], const Declared extends readonly Type[]>(
        ...args: Operands<O, L> extends infer P extends readonly unknown[]
          ? Arguments<P, Bag<A, R, G, I, Declared>>
          : never
      ) => Results<R, I, L, Declared>
    : never;

export type Methods<D> = { readonly [K in keyof D]: Method<D[K]> };
