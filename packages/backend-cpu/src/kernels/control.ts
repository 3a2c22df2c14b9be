/** Control flow between steps, in the program's module. */
import type { Slot } from "../slot.ts";
import { apply, type Code, FunctionCode, type Local, load, set, when } from "../wasm/code.ts";
import { control } from "../wasm/instructions.ts";
import { addressOf } from "../wasm/nest.ts";
import type { Program } from "../wasm/program.ts";

/** Moves values in, then runs `body` as long as `condition` leaves a test that holds. */
export function whileCode(program: Program, enter: Code, condition: Code, test: Slot, body: Code): Code {
  const again = [...body, ...control.br(1)];
  const loop = [...condition, ...when(load("i32.load8_u", addressOf(test)), again)];
  return program.add(new FunctionCode(), [...enter, ...control.loop, ...loop, ...control.end]);
}

/** `if` takes its first branch when the predicate holds; `case` the branch of its index, the last when out of range. */
export function branchCode(program: Program, isIf: boolean, index: Slot, branches: readonly Code[]): Code {
  const code = new FunctionCode();
  const chosen = code.local();
  const value = load(isIf ? "i32.load8_u" : "i32.load", addressOf(index));
  const begin = set(chosen, isIf ? apply("i32.eqz", value) : value);
  return program.add(code, [...begin, ...choice(chosen, branches)]);
}

function choice(chosen: Local, [first, ...others]: readonly Code[], at = 0): Code {
  if (others.length === 0) return first!;
  return when(apply("i32.eq", chosen, at), first!, choice(chosen, others, at + 1));
}
