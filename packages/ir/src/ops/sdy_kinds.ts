/** Kinds of Shardy's attributes: records by name, values as they are, for nothing here computes with them. */
import { type AttributeKind, enumeration } from "../declare/kinds.ts";
import type { RecordAttribute } from "../model/attributes.ts";
import type { SdyRecord } from "./sdy_records.ts";

function recordOf(name: SdyRecord): AttributeKind<RecordAttribute> {
  return {
    description: `#${name}<…>`,
    syntax: { form: "record", name },
    decode: (attribute) => (attribute.kind === "record" && attribute.name === name ? attribute : undefined),
    encode: (value) => value,
  };
}

export const mesh = recordOf("sdy.mesh");
export const sharding = recordOf("sdy.sharding");
export const shardingPerValue = recordOf("sdy.sharding_per_value");
export const manualAxes = recordOf("sdy.manual_axes");
export const axisRefList = recordOf("sdy.axis_ref_list");
export const listOfAxisRefLists = recordOf("sdy.list_of_axis_ref_lists");
export const allToAllParamList = recordOf("sdy.all_to_all_param_list");

export const propagationDirection = enumeration("sdy.propagation_direction", [
  "NONE",
  "FORWARD",
  "BACKWARD",
  "BOTH",
]);
export const reductionOp = enumeration("sdy.reduction_op", ["sum", "max", "min"]);
