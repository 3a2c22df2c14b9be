/** `fft`: signals along the last dimensions, as many at once as vectors have lanes. */
import { isComplex, sizeOf } from "@hloom/ir";
import type { KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import { type Slot, scratch } from "../slot.ts";
import { wholeSlot } from "./indexed.ts";
import { sequence } from "./operand.ts";
import { alongLines, fromReal, linesOf, toReal } from "./signals.ts";

export const fft: KernelMaker = ({ instruction, inputs }, context) => {
  const [operand] = instruction.inputs as [Variable];
  const { shape, element } = tensorType(operand);
  const output = tensorType(instruction.outputs[0]!);
  const type = instruction.attributes.fft_type as "FFT" | "IFFT" | "RFFT" | "IRFFT";
  const lengths = instruction.attributes.fft_length as readonly number[];
  const precision = element === "f32" || element === "complex<f32>" ? "f32" : "f64";
  const [from, to] = [wholeSlot(inputs[0]!, context), context.slotOf(instruction.outputs[0]!)];
  if (sizeOf(output.shape) === 0) return () => {};
  const last = shape.length - 1;
  const others = lengths.slice(0, -1).map((_, i) => shape.length - lengths.length + i);
  const alongOthers = (source: Slot, target: Slot, dimensions: readonly number[], backward: boolean) =>
    others.map((axis, i) =>
      alongLines(
        precision,
        linesOf(i === 0 ? source : target, dimensions, axis),
        linesOf(target, dimensions, axis),
        backward,
      ),
    );
  const real = isComplex(element) ? output.shape : shape;
  const length = real[last]!;
  switch (type) {
    case "FFT":
    case "IFFT": {
      const along = alongLines(
        precision,
        linesOf(from, shape, last),
        linesOf(to, shape, last),
        type === "IFFT",
      );
      return sequence([along, ...alongOthers(to, to, shape, type === "IFFT")]);
    }
    case "RFFT": {
      const half = fromReal(precision, length, linesOf(from, shape, last), linesOf(to, output.shape, last));
      return sequence([half, ...alongOthers(to, to, output.shape, false)]);
    }
    case "IRFFT": {
      const middle = others.length > 0 ? scratch(from.type.element, from.size) : from;
      const whole = toReal(precision, length, linesOf(middle, shape, last), linesOf(to, output.shape, last));
      return sequence([...alongOthers(from, middle, shape, true), whole]);
    }
  }
};
