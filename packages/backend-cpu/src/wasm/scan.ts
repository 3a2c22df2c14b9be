/** Running sums and the like along rows: several rows at once, so that their steps need not wait for each other. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  count,
  FunctionCode,
  increase,
  type Local,
  load,
  repeat,
  set,
  store,
  times,
  when,
} from "./code.ts";
import type { Instruction } from "./instructions.ts";
import type { Work } from "./lanes.ts";
import { instantiate } from "./module.ts";

/** By the names of StableHLO's ops; integers have no instructions for extrema. */
const instructions: Readonly<Record<string, string>> = {
  "stablehlo.add": "add",
  "stablehlo.multiply": "mul",
  "stablehlo.maximum": "max",
  "stablehlo.minimum": "min",
};

/** The instruction of an op on single numbers, if there is one. */
export function scanInstruction(op: string | undefined, work: Work): Instruction | undefined {
  const name = op === undefined ? undefined : instructions[op];
  if (name === undefined || ((work === "i32" || work === "i64") && name.startsWith("m") && name !== "mul"))
    return undefined;
  return `${work}.${name}` as Instruction;
}

const together = 4;

/**
 * `scan(from, to, rows, rowBytes, n, step, init)`: along each of the rows, which are `rowBytes` apart, `n` elements that
 * are `step` bytes apart; `init` is the address of what each begins with.
 */
function scanFunction(instruction: Instruction, work: Work): WasmFunction {
  const code = new FunctionCode();
  const names = ["from", "to", "rows", "rowBytes", "n", "step", "init"] as const;
  const { from, to, rows, rowBytes, n, step, init } = code.parameters(...names);
  const [i, done] = [code.local(), code.local()];
  const sources = code.locals(together);
  const targets = code.locals(together);
  const sums = code.locals(together, work);
  const [loadOne, storeOne] = [`${work}.load`, `${work}.store`] as const;
  const scanRows = (width: number): Code => {
    const some = Array.from({ length: width }, (_, q) => q);
    const moved = (base: Local, q: number) => add(base, times(add(done, q), rowBytes));
    return [
      ...some.flatMap((q) => [
        ...set(sources[q]!, moved(from, q)),
        ...set(targets[q]!, moved(to, q)),
        ...set(sums[q]!, load(loadOne, init)),
      ]),
      ...count(
        i,
        n,
        1,
        some.flatMap((q) => [
          ...set(sums[q]!, apply(instruction, sums[q]!, load(loadOne, sources[q]!))),
          ...store(storeOne, targets[q]!, sums[q]!),
          ...increase(sources[q]!, step),
          ...increase(targets[q]!, step),
        ]),
      ),
      ...increase(done, width),
    ];
  };
  const whileRowsLeft = (width: number) => {
    const more = apply("i32.le_u", add(done, width), rows);
    return when(more, repeat(scanRows(width), more));
  };
  return code.finish("scan", [...whileRowsLeft(together), ...whileRowsLeft(1)]);
}

export type Scan = (...operands: number[]) => void;

const compiled = new Map<string, Scan>();

export function scanOf(instruction: Instruction, work: Work): Scan {
  let scan = compiled.get(instruction);
  if (!scan) {
    scan = instantiate([scanFunction(instruction, work)])["scan"] as unknown as Scan;
    compiled.set(instruction, scan);
  }
  return scan;
}
