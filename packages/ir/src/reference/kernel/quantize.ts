/** Quantized tensors: at run time they are their stored integers; types say what these express (spec: "Quantization"). */

import { roundingTo } from "../../model/floats.ts";
import { allocate } from "../../model/storage.ts";
import { type QuantizedElement, sizeOf } from "../../model/types.ts";
import { roundNearestEven } from "../element/math.ts";
import { floatsOf, floatWork, narrowFloats, reader, writer } from "../element/work.ts";
import { type Tensor, tensorOf } from "../tensor.ts";

/** For each position the number of its scale: 0 for one scale, the index along the axis for many. */
function scaleIndices(shape: readonly number[], axis: number | undefined): (position: number) => number {
  if (axis === undefined) return () => 0;
  const inner = sizeOf(shape.slice(axis + 1));
  const size = shape[axis]!;
  return (position) => Math.floor(position / inner) % size;
}

/** Spec: `dequantize`, each step rounded to the expressed type. */
export function dequantize(stored: Tensor, element: QuantizedElement): Tensor {
  const { shape } = stored.type;
  const round = roundingTo(element.expressed);
  const scales = element.scales.map(round);
  const zeroPoints = element.zeroPoints.map(Number);
  const scaleAt = scaleIndices(shape, element.axis);
  const read = reader(stored);
  const out = floatWork(element.expressed, sizeOf(shape));
  for (let i = 0; i < out.length; i++) {
    const scale = scaleAt(i);
    out[i] = round(Number(read(i)) - zeroPoints[scale]!) * scales[scale]!;
  }
  return tensorOf(shape, element.expressed, narrowFloats(element.expressed, out));
}

/** Spec: `quantize`, each step rounded to the expressed type. */
export function quantize(value: Tensor, element: QuantizedElement): Tensor {
  const { shape } = value.type;
  const round = roundingTo(element.expressed);
  const scales = element.scales.map(round);
  const zeroPoints = element.zeroPoints.map((zeroPoint) => round(Number(zeroPoint)));
  const [lowest, highest] = [round(Number(element.storageMin)), round(Number(element.storageMax))];
  const scaleAt = scaleIndices(shape, element.axis);
  const values = floatsOf(value);
  const result = tensorOf(shape, element.storage, allocate(element.storage, sizeOf(shape)));
  const write = writer(result);
  for (let i = 0; i < values.length; i++) {
    const scale = scaleAt(i);
    const scaled = round(round(values[i]! / scales[scale]!) + zeroPoints[scale]!);
    const integer = roundNearestEven(Math.min(Math.max(scaled, lowest), highest));
    write(i, Number.isNaN(integer) ? 0 : integer);
  }
  return result;
}
