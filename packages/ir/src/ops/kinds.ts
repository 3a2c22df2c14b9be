/** Attribute kinds that several op families share and that no record or enum covers. */
import { type AttributeField, defaulted, optional } from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import {
  type Attribute,
  type Attributes,
  booleanAttribute,
  integerAttribute,
  type RecordAttribute,
  unit,
} from "../model/attributes.ts";
import type { Type } from "../model/types.ts";
import { customCallApiVersion, precision } from "./enums.ts";
import { channelHandle, convDimensionNumbers } from "./records.ts";

/** Present or absent; VHLO writes a boolean. */
export const unitFlag: kinds.AttributeKind<boolean> = {
  description: "a unit attribute",
  decode: (attribute) => (attribute.kind === "unit" ? true : undefined),
  encode: () => unit,
  vhlo: {
    read: (parts, name) => (parts[name] && kinds.boolean.decode(parts[name]) === false ? undefined : unit),
    write: (attribute, name) => ({ [name]: booleanAttribute(attribute !== undefined) }),
  },
};

export const flag: AttributeField<boolean, true> = defaulted(unitFlag, false);

/** Collectives keep only the number of their channel in VHLO, and 0 stands for none. */
const channelId: typeof channelHandle = {
  ...channelHandle,
  vhlo: {
    names: ["channel_id"],
    read(parts) {
      const handle = parts.channel_id && kinds.i64.decode(parts.channel_id);
      return handle === undefined ? undefined : channelHandle.encode({ handle, type: 0 });
    },
    write(attribute) {
      const handle = (attribute && channelHandle.decode(attribute)?.handle) ?? 0;
      return { channel_id: integerAttribute(handle) };
    },
  },
};

export const channel = optional(channelId, ({ handle }) => handle === 0);

/** `dense<…> : tensor<groups x processes x i64>`, -1 where a group is shorter, or axes of a mesh. */
export type ReplicaGroups = readonly (readonly number[])[] | RecordAttribute;

export const replicaGroups: kinds.AttributeKind<ReplicaGroups> = {
  description: "replica groups: a two-dimensional tensor of 64-bit integers, or mesh axes",
  decode(attribute) {
    const meshAxes = attribute.kind === "record" && attribute.name === "stablehlo.replica_group_mesh_axes";
    return meshAxes ? attribute : kinds.i64Matrix.decode(attribute);
  },
  encode: (value) => ("kind" in value ? value : kinds.i64Matrix.encode(value)),
};

/** A list for which VHLO writes the empty one when it is absent. */
export function emptyByDefault<T>(
  kind: kinds.AttributeKind<readonly T[]>,
): AttributeField<readonly T[], false> {
  return optional(
    kind,
    (list) => list.length === 0,
    () => [],
  );
}

/** Dimensions of the window of a convolution, reduction or selection, from the attribute that always lists them. */
function windowRank({ dimension_numbers, window_dimensions }: Attributes): number {
  const numbers = dimension_numbers && convDimensionNumbers.decode(dimension_numbers);
  if (numbers) return numbers.input_spatial_dimensions.length;
  return (window_dimensions && kinds.integersOf(window_dimensions)?.length) ?? 0;
}

function forEachDimension<T>(value: T): (attributes: Attributes) => readonly T[] {
  return (attributes) => new Array<T>(windowRank(attributes)).fill(value);
}

/** Pairs of processes; older artifacts spell "none" as an empty one-dimensional tensor. */
export const sourceTargetPairs: kinds.AttributeKind<readonly (readonly number[])[]> = {
  ...kinds.i64Matrix,
  decode(attribute) {
    const none =
      attribute.kind === "dense" && attribute.type.element === "i64" && attribute.data.length === 0;
    return none ? [] : kinds.i64Matrix.decode(attribute);
  },
  vhlo: {
    read: (parts, name) => parts[name],
    write: (attribute, name) =>
      attribute ? { [name]: attribute } : kinds.i64Array.vhlo!.write(undefined, name),
  },
};

/** A window parameter per dimension; absent means all ones. An empty list is no splat to MLIR, and stays. */
export const onesByDefault = optional(
  kinds.i64Array,
  (values) => values.length > 0 && values.every((value) => value === 1),
  forEachDimension(1),
);

/** `dense<…> : tensor<nx2xi64>`, low and high per dimension; absent means no padding. */
export const noPaddingByDefault = optional(
  kinds.i64Pairs,
  (rows) => rows.every((row) => row.every((value) => value === 0)),
  forEachDimension([0, 0]),
);

export const noReversalByDefault = optional(
  kinds.booleanArray,
  (values) => values.length > 0 && values.every((value) => !value),
  forEachDimension(false),
);

export const precisionConfig = optional(
  kinds.arrayOf(precision),
  (values) => values.every((value) => value === "DEFAULT"),
  (): ["DEFAULT", "DEFAULT"] => ["DEFAULT", "DEFAULT"],
);

/** Text writes the number, `api_version = 4 : i32`; VHLO an enum. */
export const apiVersion: kinds.AttributeKind<number> = {
  ...kinds.i32,
  description: "a custom call API version, 0 to 4",
  decode(attribute) {
    const version = kinds.i32.decode(attribute);
    return version !== undefined && version in customCallApiVersion.values ? version : undefined;
  },
  vhlo: {
    read(parts, name): Attribute | undefined {
      const value = parts[name] && customCallApiVersion.decode(parts[name]);
      return value === undefined ? parts[name] : kinds.i32.encode(customCallApiVersion.values.indexOf(value));
    },
    write(attribute, name) {
      const version = (attribute && kinds.i32.decode(attribute)) ?? 1;
      const value = customCallApiVersion.values[version];
      return value === undefined ? {} : { [name]: customCallApiVersion.encode(value) };
    },
  },
};

/** The version of a composite; StableHLO writes an absent one as a wider number than a given one. */
export const compositeVersion: kinds.AttributeKind<number> = {
  ...kinds.i32,
  decode: (attribute) => kinds.i32.decode(attribute) ?? kinds.i64.decode(attribute),
  vhlo: {
    read: (parts, name) => parts[name],
    write: (attribute, name) => ({ [name]: attribute ?? integerAttribute(0) }),
  },
};

/** A string up to API version 3, a dictionary from version 4. */
export const backendConfig: AttributeField<Attribute, false> = optional(
  kinds.any,
  (value) =>
    value.kind === "string"
      ? value.value === ""
      : value.kind === "dictionary" && Object.keys(value.entries).length === 0,
  ({ api_version }) =>
    api_version?.kind === "integer" && api_version.value === 4n
      ? { kind: "dictionary", entries: {} }
      : { kind: "string", value: "" },
);

/** `dense<[1, 0]> : tensor<2xindex>` */
export const layout: kinds.AttributeKind<Attribute> = {
  description: "a layout: a vector of index",
  decode(attribute) {
    if (attribute.kind !== "dense" || attribute.type.shape.length !== 1) return undefined;
    const { element } = attribute.type;
    return typeof element === "object" && element.kind === "foreign" && element.text === "index"
      ? attribute
      : undefined;
  },
  encode: (value) => value,
};

/** Fields that version 1 of an op lacked, as the empty list they stand for. */
export function emptyLists(...names: readonly string[]): Readonly<Record<string, Attribute>> {
  return Object.fromEntries(names.map((name) => [name, kinds.i64Array.encode([])]));
}

/** The padding of a convolution of operands like `lhs` that has none. */
export function noPadding(lhs: Type): Attribute {
  const rank = lhs.kind === "tensor" ? Math.max(0, lhs.shape.length - 2) : 0;
  return kinds.i64Pairs.encode(new Array<readonly number[]>(rank).fill([0, 0]));
}
