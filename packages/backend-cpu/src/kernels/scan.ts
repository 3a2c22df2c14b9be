/** Cumulative sums and the like along the rows of an array. */
import { isComplex } from "@hloom/ir";
import type { Instruction } from "../flatten.ts";
import type { Slot } from "../slot.ts";
import { bytesOf } from "../wasm/lanes.ts";
import { scanInstruction, scanOf } from "../wasm/scan.ts";
import type { Kernel } from "./loop.ts";
import { stored } from "./operand.ts";
import { simpleReducer } from "./reduce.ts";

interface Rows {
  readonly operand: Slot;
  readonly init: Slot;
  readonly result: Slot;
  /** Elements of a row. */
  readonly length: number;
  readonly backwards: boolean;
}

/** Undefined unless the body is one operation that WebAssembly has for single numbers of the type. */
export function scanRows(
  { blocks }: Instruction,
  { operand, init, result, length, backwards }: Rows,
): Kernel | undefined {
  const { element } = result.type;
  const work = isComplex(element) ? undefined : stored[element];
  const instruction = work && scanInstruction(simpleReducer(blocks[0]!), work);
  if (!work || !instruction || length === 0) return undefined;
  const bytes = bytesOf[work];
  const scan = scanOf(instruction, work);
  const rowBytes = length * bytes;
  const [start, step] = backwards ? [rowBytes - bytes, -bytes] : [0, bytes];
  const rows = result.size / length;
  return () => {
    scan(operand.address + start, result.address + start, rows, rowBytes, length, step, init.address);
  };
}
