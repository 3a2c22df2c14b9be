/** Communication over channels, with the host, and in the background (spec: send, recv, infeed, outfeed, async_*). */
import {
  added,
  anyTensor,
  defaulted,
  defineOp,
  futureValue,
  optional,
  region,
  sizedOrToken,
  tensor,
  token,
  variadic,
  writtenOut,
} from "../declare/define.ts";
import * as kinds from "../declare/kinds.ts";
import { sameType, type Type, token as tokenType } from "../model/types.ts";
import { tokenDatum } from "../reference/tensor.ts";
import { emptyByDefault, sourceTargetPairs } from "./kinds.ts";
import { channelHandle } from "./records.ts";
import { compatibleTypes, regionInputs, regionOutputs } from "./regions.ts";

const transfer = {
  channel_handle: channelHandle,
  is_host_transfer: defaulted(kinds.boolean, false),
  source_target_pairs: added(
    "1.12.0",
    optional(sourceTargetPairs, (pairs) => pairs.length === 0),
  ),
};

const areTensors = (types: readonly Type[]) => types.every(({ kind }) => kind === "tensor");

/** Channel types by number: 1 between devices, 2 from a device to the host, 3 from the host to a device. */
function channelTypeRule(transferName: string, transferType: number) {
  interface Transfer {
    readonly channel_handle: { readonly type: number };
    readonly is_host_transfer: boolean;
  }
  const sentence = `the type of \`channel_handle\` is ${transferName} if \`is_host_transfer\`, else DEVICE_TO_DEVICE`;
  const holds = ({ channel_handle, is_host_transfer }: Transfer) =>
    channel_handle.type === (is_host_transfer ? transferType : 1);
  return [sentence, holds] as const;
}

export const send = defineOp("stablehlo.send", {
  since: "0.9.0",
  summary: "Sends `inputs` over a channel.",
  operands: { inputs: variadic(anyTensor), token },
  attributes: transfer,
  results: { result: token },
  constraints: { C5: channelTypeRule("DEVICE_TO_HOST", 2) },
  infer: () => [tokenType],
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
  evaluate: ({ inputs, channel_handle }, { give }) => {
    give(`channel ${channel_handle.handle}`, inputs);
    return tokenDatum;
  },
});

export const recv = defineOp("stablehlo.recv", {
  since: "0.9.0",
  summary: "Receives values from a channel.",
  operands: { token },
  attributes: transfer,
  results: { results: variadic(sizedOrToken) },
  constraints: {
    C5: channelTypeRule("HOST_TO_DEVICE", 3),
    R1: ["`results` but the last are tensors", ({ results }) => areTensors(results.slice(0, -1))],
    R2: ["the last of `results` is a token", ({ results }) => results.at(-1)?.kind === "token"],
  },
  effects: true,
  vhlo: { versions: ["0.9.0", "1.12.0"] },
  evaluate: ({ channel_handle }, { take }) => [...take(`channel ${channel_handle.handle}`), tokenDatum],
});

export const infeed = defineOp("stablehlo.infeed", {
  since: "0.9.0",
  summary: "Reads values from the infeed of the host.",
  operands: { token },
  attributes: {
    infeed_config: writtenOut(kinds.string, ""),
    layout: emptyByDefault(kinds.array),
  },
  results: { results: variadic(sizedOrToken) },
  constraints: {
    C1: ["there is at least one of `results`", ({ results }) => results.length > 0],
    C2: ["`results` but the last are tensors", ({ results }) => areTensors(results.slice(0, -1))],
    L1: [
      "`layout` has a list of dimensions for each of `results` but the last",
      ({ layout, results }) =>
        layout === undefined ||
        (layout.length === results.length - 1 &&
          layout.every((list) => kinds.array.decode(list)?.every(({ kind }) => kind === "integer"))),
    ],
    C3: ["the last of `results` is a token", ({ results }) => results.at(-1)?.kind === "token"],
  },
  effects: true,
  evaluate: (_, { take, process }) => [...take("infeed", process), tokenDatum],
});

export const outfeed = defineOp("stablehlo.outfeed", {
  since: "0.9.0",
  summary: "Writes `inputs` to the outfeed of the host.",
  operands: { inputs: variadic(anyTensor), token },
  attributes: { outfeed_config: writtenOut(kinds.string, "") },
  results: { result: token },
  infer: () => [tokenType],
  effects: true,
  evaluate: () => tokenDatum,
});

/** What may run while the program goes on (spec: async_start C2). */
const asynchronous = [
  "all_gather",
  "all_reduce",
  "all_to_all",
  "collective_broadcast",
  "collective_permute",
  "collective_reduce",
  "dynamic_slice",
  "dynamic_update_slice",
  "reduce_scatter",
  "slice",
].map((mnemonic) => `stablehlo.${mnemonic}`);

export const asyncStart = defineOp("stablehlo.async_start", {
  since: "1.15.0",
  summary: "Starts the collective in `body` and gives a future of its results.",
  operands: { operands: variadic(tensor) },
  results: { result: futureValue },
  regions: { body: region },
  regionArguments: ({ operands }) => ({ body: operands }),
  infer: ({ body }) => [{ kind: "future", types: regionOutputs(body) }],
  constraints: {
    C1: [
      "`body` is one operation and a return",
      ({ body }) =>
        body.blocks.length === 1 &&
        body.blocks[0]!.operations.length === 2 &&
        regionOutputs(body).length === 1,
    ],
    C2: [
      "`body` is a collective or a slice",
      ({ body }) => asynchronous.includes(body.blocks[0]?.operations[0]?.name ?? ""),
    ],
    C3: [
      "`body` takes values of the types of `operands`",
      ({ body, operands }) => {
        const inputs = regionInputs(body);
        return inputs.length === operands.length && inputs.every((type, i) => sameType(type, operands[i]!));
      },
    ],
  },
  effects: true,
  isolated: true,
  evaluate: ({ operands, body }) => ({ elements: body(...operands) }),
});

export const asyncDone = defineOp("stablehlo.async_done", {
  since: "1.15.0",
  summary: "Waits for a future and gives its value.",
  operands: { operand: futureValue },
  results: { result: tensor },
  constraints: {
    C1: [
      "`result` has the type that the future `operand` holds",
      ({ operand, result }) => operand.kind === "future" && compatibleTypes(operand.types, [result]),
    ],
  },
  effects: true,
  evaluate: ({ operand }) => {
    if ("elements" in operand) return operand.elements;
    throw new TypeError("async_done of a value that is no future");
  },
});
