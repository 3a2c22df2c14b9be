/** `chlo.top_k`: the largest elements of rows, by selection when they are few, else by sorting. */
import { isComplex } from "@hloom/ir";
import { arena } from "../arena.ts";
import type { KernelMaker } from "../build.ts";
import { tensorType, type Variable } from "../flatten.ts";
import { orderByDigits } from "./digits.ts";
import { elementOf } from "./emit.ts";
import { wholeSlot } from "./indexed.ts";
import { type Key, selector } from "./order.ts";
import { isComputable } from "./scalar.ts";

/** So many are kept in order while the row is read. */
const few = 128;

export const topK: KernelMaker = ({ instruction, inputs }, context) => {
  const [operand] = instruction.inputs as [Variable];
  const element = elementOf(operand);
  if (!element || !isComputable(element) || isComplex(element)) return undefined;
  const { shape } = tensorType(operand);
  const n = shape.at(-1)!;
  const k = tensorType(instruction.outputs[0]!).shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  if (n === 0 || k === 0) return () => {};
  const key: Key = {
    operand: 0,
    falling: true,
    block: { parameters: [operand], instructions: [], results: [operand] },
  };
  const source = wholeSlot(inputs[0]!, context);
  const [values, positions] = instruction.outputs.map((output) => context.slotOf(output));
  const put = (row: number, items: Int32Array) => {
    const [from, to, at] = [source.data, values!.data, positions!.data];
    for (let i = 0; i < k; i++) {
      to[row * k + i] = from[row * n + items[i]!]!;
      at[row * k + i] = items[i]!;
    }
  };
  const select = k <= few ? selector(element) : undefined;
  if (select) {
    const [best, items] = [new Int32Array(k), new Int32Array(k)];
    return () => {
      for (let row = 0; row < rows; row++) {
        select(arena.words, (source.address >> 2) + row * n, n, k, best, items);
        put(row, items);
      }
    };
  }
  const digits = orderByDigits([source], n, 1, [key]);
  return () => {
    const room = digits.room();
    for (let row = 0; row < rows; row++) {
      digits.writeKeys(row * n, room);
      put(row, digits.order(room));
    }
  };
};
