/**
 * Programs without tokens: where operations run one after the other anyway, a token is an array without elements. JAX
 * itself hands over such arrays for the tokens of a program's signature.
 */
import type { RecordAttribute } from "../../model/attributes.ts";
import {
  append,
  type Block,
  createOperation,
  type Module,
  type Operation,
  type Value,
  walk,
} from "../../model/operation.ts";
import { type TensorType, type Type, tensor } from "../../model/types.ts";
import { copyModule } from "../driver.ts";
import { substitute } from "../inline.ts";

/** The module itself when it has no tokens. */
export function withoutTokens(module: Module): Module {
  let found = false;
  walk(module.operation, (operation) => {
    found ||= hasToken(operation);
  });
  if (!found) return module;
  const copy = copyModule(module);
  walk(copy.operation, (operation) => {
    for (const block of operation.regions.flatMap(({ blocks }) => blocks)) {
      for (const argument of block.arguments) argument.type = plainType(argument.type);
      rebuild(block);
    }
    for (const result of operation.results) result.type = plainType(result.type);
    describeTokens(operation);
    const type = operation.attributes.function_type;
    if (type?.kind === "type" && type.type.kind === "function") {
      const { inputs, results } = type.type;
      const plain = {
        kind: "function",
        inputs: inputs.map(plainType),
        results: results.map(plainType),
      } as const;
      operation.attributes = { ...operation.attributes, function_type: { kind: "type", type: plain } };
    }
  });
  return copy;
}

/** Shardings of what was a token say something about its dimension now. */
function describeTokens(operation: Operation): void {
  if (operation.name !== "sdy.manual_computation") return;
  const lists = { in_shardings: operation.operands, out_shardings: operation.results };
  for (const [name, values] of Object.entries(lists)) {
    const list = operation.attributes[name];
    if (list?.kind !== "record") continue;
    const shardings = (list.fields.shardings as readonly RecordAttribute[]).map((sharding, i) =>
      values[i]!.type === nothing
        ? { ...sharding, fields: { ...sharding.fields, dim_shardings: [whole] } }
        : sharding,
    );
    operation.attributes = { ...operation.attributes, [name]: { ...list, fields: { shardings } } };
  }
}

const whole: RecordAttribute = {
  kind: "record",
  name: "sdy.dimension_sharding",
  fields: { axes: [], is_closed: true },
};

const nothing: TensorType = tensor([0], "i1");

const isToken = ({ type }: Value): boolean => type.kind === "token";
const plainType = (type: Type): Type => (type.kind === "token" ? nothing : type);
/** Identity, not equality: an array that the program itself declares is none of ours. */
const wasToken = ({ type }: Value): boolean => type === nothing || type.kind === "token";

function hasToken({ results, regions }: Operation): boolean {
  return (
    results.some(isToken) ||
    regions.some(({ blocks }) => blocks.some((block) => block.arguments.some(isToken)))
  );
}

/** Replaces operations of one block; their results are replaced in what follows. */
function rebuild(block: Block): void {
  const replaced = new Map<Value, Value>();
  const old = block.operations;
  block.operations = [];
  for (const operation of old) {
    substitute([operation], replaced);
    const values = replacement(operation, block);
    if (!values) append(block, operation);
    else
      operation.results.forEach((result, i) => {
        replaced.set(result, values[i]!);
      });
  }
}

function replacement(operation: Operation, block: Block): readonly Value[] | undefined {
  if (operation.name === "stablehlo.create_token" || operation.name === "stablehlo.after_all") {
    return [emptyArray(operation, block)];
  }
  const takes = operation.operands.some(wasToken) || operation.results.some(isToken);
  return operation.name === "stablehlo.custom_call" && takes
    ? callWithoutTokens(operation, block)
    : undefined;
}

function emptyArray({ location }: Operation, block: Block): Value {
  const value = { kind: "dense", type: nothing, data: new Uint8Array(0), splat: false } as const;
  const init = { results: [nothing], attributes: { value }, location };
  return append(block, createOperation("stablehlo.constant", init)).results[0]!;
}

/** What is called neither takes nor gives a token. */
function callWithoutTokens(operation: Operation, block: Block): readonly Value[] {
  const results = operation.results.filter((value) => !isToken(value));
  const call = createOperation(operation.name, {
    operands: operation.operands.filter((value) => !wasToken(value)),
    results: results.map(({ type }) => type),
    attributes: operation.attributes,
    location: operation.location,
  });
  append(block, call);
  return operation.results.map((value) =>
    isToken(value) ? emptyArray(operation, block) : call.results[results.indexOf(value)]!,
  );
}
