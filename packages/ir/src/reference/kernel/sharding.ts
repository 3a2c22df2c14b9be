/** sdy.manual_computation: a computation on each device's part of the tensors, for every device of a mesh. */
import type { EvaluateContext, RegionFunction } from "../../declare/define.ts";
import type { RecordAttribute } from "../../model/attributes.ts";
import { meshOf, type Placement, placement, type Sharding, shardingsOf } from "../../ops/mesh.ts";
import { asTensor, type Datum, isTensor, type Tensor, valueType, zeros } from "../tensor.ts";
import { assign, materialize, sliced, viewTensor } from "./view.ts";

export interface ManualComputation {
  readonly in_shardings: RecordAttribute;
  readonly out_shardings: RecordAttribute;
  readonly manual_axes: RecordAttribute;
}

/** Runs `body` on the parts of `tensors` that each device has, and joins the parts of the results. */
export function runManually(
  tensors: readonly Datum[],
  body: RegionFunction,
  attributes: ManualComputation,
  context: EvaluateContext,
): readonly Datum[] {
  const inputs = shardingsOf(attributes.in_shardings);
  const outputs = shardingsOf(attributes.out_shardings);
  const mesh = meshOf([...inputs, ...outputs][0], context.operation);
  const manual = attributes.manual_axes.fields.value as readonly string[];
  const grid = { replicas: 1, partitions: mesh.deviceIds.length };
  const place = (sharding: Sharding | undefined, partition: number) =>
    placement(sharding, mesh, mesh.deviceIds.indexOf(partition), manual);
  const parts = context.parallel(grid, ({ partition }) =>
    body(...tensors.map((tensor, i) => partAt(tensor, place(inputs[i], partition)))),
  );
  return context.results.map((type, i) => {
    if (type.kind !== "tensor") return parts[0]![i]!;
    const { shape, element } = valueType(type);
    const whole = zeros(shape, element);
    parts.forEach((part, partition) => {
      put(whole, asTensor(part[i]), place(outputs[i], partition));
    });
    return whole;
  });
}

function startsOf(shape: readonly number[], placements: readonly Placement[]): number[] {
  return shape.map((size, d) => size * (placements[d]?.index ?? 0));
}

function partAt(datum: Datum, placements: readonly Placement[]): Datum {
  if (!isTensor(datum)) return datum;
  const shape = datum.type.shape.map((size, d) => size / (placements[d]?.count ?? 1));
  return materialize(sliced(viewTensor(datum), startsOf(shape, placements), shape), datum.type.element);
}

function put(whole: Tensor, part: Tensor, placements: readonly Placement[]): void {
  const { shape } = part.type;
  assign(sliced(viewTensor(whole), startsOf(shape, placements), shape), viewTensor(part));
}
