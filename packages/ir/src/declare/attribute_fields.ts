/** Attributes in a declaration: required, optional or with a default, and what VHLO makes of them. */
import type { Attributes } from "../model/attributes.ts";
import { sameValue } from "../model/same.ts";
import type { AttributeKind } from "./kinds.ts";
import type { Version } from "./version.ts";

export interface AttributeField<T = unknown, P extends boolean = boolean> {
  readonly kind: AttributeKind<T>;
  /** Whether declarations may rely on a value: the attribute is required or has a default. */
  readonly present: P;
  readonly required: boolean;
  /** The value that an absent attribute stands for. */
  readonly default?: T;
  /** VHLO writes every attribute: a value for which this holds is dropped when reading, as StableHLO itself does. */
  readonly elided?: (value: T) => boolean;
  /** The field is dropped only when this other one is dropped too: layouts of a custom call come together. */
  readonly elidedWith?: string;
  /** What VHLO writes for an absent attribute, where that is not the default; `attributes` are the op's others. */
  readonly written?: (attributes: Attributes) => T;
  /** VHLO version that brought the field; older artifacts lack it. */
  readonly since?: Version;
  /** The constraint in the spec that the kind of the attribute stands for. */
  readonly label?: string;
}

export function optional<T>(
  kind: AttributeKind<T>,
  elided?: (value: T) => boolean,
  written?: (attributes: Attributes) => T,
): AttributeField<T, false> {
  return {
    kind,
    present: false,
    required: false,
    ...(elided && { elided }),
    ...(written && { written }),
  };
}

/** An optional attribute with a value when absent; VHLO's spelling of that value is dropped when reading. */
export function defaulted<T>(kind: AttributeKind<T>, value: T): AttributeField<T, true> {
  return { kind, present: true, required: false, default: value, elided: (other) => sameValue(other, value) };
}

/** An optional attribute with a value when absent, which MLIR nevertheless writes out: it is never dropped. */
export function writtenOut<T>(kind: AttributeKind<T>, value: T): AttributeField<T, true> {
  return { kind, present: true, required: false, default: value };
}

/** A required attribute whose kind is a constraint of the spec. */
export function labelled<T>(label: string, kind: AttributeKind<T>): AttributeField<T, true> {
  return { kind, present: true, required: true, label };
}

/** A field whose empty value VHLO means as absent only if the field `other` is empty as well. */
export function elidedTogether<T, P extends boolean>(
  other: string,
  field: AttributeField<T, P>,
): AttributeField<T, P> {
  return { ...field, elidedWith: other };
}

/** A field that came with a later VHLO version; older artifacts mean its absence. */
export function added<T, P extends boolean>(
  since: Version,
  field: AttributeField<T, P>,
): AttributeField<T, P> {
  return { ...field, since };
}

// biome-ignore lint/suspicious/noExplicitAny: the record's value types vary by key; each use site infers them.
export type AnyKind = AttributeKind<any> | AttributeField<any, boolean>;
