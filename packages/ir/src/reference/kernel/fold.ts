/** Folding elements with a region: what reduce, reduce_window, select_and_scatter and scatter have in common. */
import type { RegionFunction } from "../../declare/define.ts";
import type { Region } from "../../model/operation.ts";
import { slotsPerElement } from "../../model/storage.ts";
import { type Element, isElement } from "../../model/types.ts";
import { regionInputs } from "../../ops/regions.ts";
import { reader, type Scalar, writer } from "../element/work.ts";
import { asTensor, elementCount, like, type Tensor, tensorOf } from "../tensor.ts";
import { scalarFunction } from "./scalars.ts";

/** `targets[at] = body(targets[at], sources[from])` for all tensors together. */
export type Fold = (at: number, from: number) => void;

/** The tensor with its elements widened to `element` (spec: `to_destination_type`); itself if they are of it. */
export function promoted(tensor: Tensor, element: Element): Tensor {
  if (tensor.type.element === element) return tensor;
  const result = like(tensor, element);
  const read = reader(tensor);
  const write = writer(result);
  for (let i = 0; i < elementCount(tensor); i++) write(i, read(i));
  return result;
}

/** The element type of a region's parameter. */
export function parameterElement(region: Region, index: number): Element {
  const type = regionInputs(region)[index];
  if (type?.kind === "tensor" && isElement(type.element)) return type.element;
  throw new TypeError("regions of quantized tensors are not evaluated here");
}

/** One element as a scalar tensor. */
export function scalarAt({ type, data }: Tensor, position: number): Tensor {
  const slots = slotsPerElement(type.element);
  return tensorOf([], type.element, data.slice(position * slots, (position + 1) * slots));
}

export function setScalar(target: Tensor, position: number, scalar: Tensor): void {
  const slots = slotsPerElement(target.type.element);
  for (let i = 0; i < slots; i++) target.data[position * slots + i] = scalar.data[i]!;
}

/** Folds `sources` into `targets`; both have the element types of the region's parameters. */
export function folding(
  region: Region,
  call: RegionFunction,
  targets: readonly Tensor[],
  sources: readonly Tensor[],
): Fold {
  const scalars = scalarFunction(region);
  if (scalars && !scalars.totalOrder) {
    const read = [...targets, ...sources].map(reader);
    const write = targets.map(writer);
    const args: Scalar[] = new Array<Scalar>(read.length).fill(0);
    const n = targets.length;
    return (at, from) => {
      for (let i = 0; i < args.length; i++) args[i] = read[i]!(i < n ? at : from);
      const results = scalars(args);
      for (let i = 0; i < n; i++) write[i]!(at, results[i]!);
    };
  }
  return (at, from) => {
    const results = call(
      ...targets.map((target) => scalarAt(target, at)),
      ...sources.map((source) => scalarAt(source, from)),
    );
    for (const [i, target] of targets.entries()) setScalar(target, at, asTensor(results[i]));
  };
}
