/** Shardings in XLA's notation, which JAX wrote before Shardy, as Shardy's. */
import type { Attribute, Attributes } from "../../model/attributes.ts";
import type { Type } from "../../model/types.ts";
import { type Sharding, shardingsOf } from "../../ops/mesh.ts";
import { shardingFromXla } from "../sdy/notation.ts";

/** What the attribute of XLA or Shardy's own says of a value of this type, the one of several at `index`. */
export function shardingIn(attributes: Attributes, type: Type, index = 0): Sharding | undefined {
  const record = attributes["sdy.sharding"] ?? fromXla(attributes["mhlo.sharding"], type);
  if (record?.kind !== "record") return undefined;
  const isList = record.name === "sdy.sharding_per_value";
  return isList ? shardingsOf(record)[index] : (record.fields as unknown as Sharding);
}

function fromXla(text: Attribute | undefined, type: Type): Attribute | undefined {
  if (text?.kind !== "string" || type.kind !== "tensor") return undefined;
  return shardingFromXla(text.value, type.shape.length);
}
