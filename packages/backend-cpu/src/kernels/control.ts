/** Control flow: within the program's module when all of its steps are there, else loops over lists of kernels. */
import type { Slot } from "../slot.ts";
import { apply, type Code, FunctionCode, type Local, load, set, when } from "../wasm/code.ts";
import { control } from "../wasm/instructions.ts";
import { addressOf } from "../wasm/nest.ts";
import { callsOf, type Program, type StepCode } from "../wasm/program.ts";

/** Moves values in, then runs `body` as long as `condition` leaves a test that holds. */
export function whileCode(
  program: Program,
  enter: readonly StepCode[],
  condition: readonly StepCode[],
  test: Slot,
  body: readonly StepCode[],
): StepCode {
  const [begin, tested, done] = [enter, condition, body].map(callsOf);
  if (begin && tested && done) {
    const again = [...done, ...control.br(1)];
    const loop = [...tested, ...when(load("i32.load8_u", addressOf(test)), again)];
    return program.add(new FunctionCode(), [...begin, ...control.loop, ...loop, ...control.end]);
  }
  const parts = [enter, condition, body].map((steps) => program.joined(steps));
  return {
    javascript: (kernels) => {
      const [enter, condition, body] = parts.map(kernels) as [Kernels, Kernels, Kernels];
      return () => {
        for (let i = 0; i < enter.length; i++) enter[i]!();
        for (;;) {
          for (let i = 0; i < condition.length; i++) condition[i]!();
          if (test.data[0] === 0) return;
          for (let i = 0; i < body.length; i++) body[i]!();
        }
      };
    },
  };
}

type Kernels = readonly (() => void)[];

/** `if` takes its first branch when the predicate holds; `case` the branch of its index, the last when out of range. */
export function branchCode(
  program: Program,
  isIf: boolean,
  index: Slot,
  branches: readonly (readonly StepCode[])[],
): StepCode {
  const calls = branches.map(callsOf);
  if (calls.every((code) => code !== undefined)) {
    const code = new FunctionCode();
    const chosen = code.local();
    const value = load(isIf ? "i32.load8_u" : "i32.load", addressOf(index));
    return program.add(code, [
      ...set(chosen, isIf ? apply("i32.eqz", value) : value),
      ...choice(chosen, calls),
    ]);
  }
  const parts = branches.map((steps) => program.joined(steps));
  return {
    javascript: (kernels) => {
      const branches = parts.map(kernels);
      return () => {
        const value = Number(index.data[0]);
        const last = branches.length - 1;
        const chosen = isIf ? 1 - value : value < 0 || value > last ? last : value;
        const steps = branches[chosen]!;
        for (let i = 0; i < steps.length; i++) steps[i]!();
      };
    },
  };
}

function choice(chosen: Local, [first, ...others]: readonly Code[], at = 0): Code {
  if (others.length === 0) return first!;
  return when(apply("i32.eq", chosen, at), first!, choice(chosen, others, at + 1));
}
