/** Loop steps as functions of the program's module: passes are simplified, divided among threads and written. */
import { stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import type { LoopStep, RowsStep } from "../fuse.ts";
import { type Code, FunctionCode, times } from "../wasm/code.ts";
import { copyCode } from "../wasm/copy.ts";
import { type Cursor, forAll, forRange, openCursor } from "../wasm/nest.ts";
import type { Program } from "../wasm/program.ts";
import { divide, divideTotal, isLarge, pointsOf } from "./divide.ts";
import { type Access, mergeDimensions } from "./loop.ts";
import { type Pass, type Place, passOf } from "./pass.ts";
import { acrossCode, alongCode } from "./reduce_code.ts";
import { accessOf } from "./step.ts";
import { type Dimension, loopCode, type Writing } from "./sweeps.ts";

/** The code of a step, and whether several threads share it. */
export interface Written {
  readonly code: Code;
  readonly threads: boolean;
}

/** A loop step as a function of the program's module. Throws `NoVectorForm` when it has ops that lanes cannot compute. */
export function fastLoop(step: LoopStep, context: KernelContext): Written {
  const copied = copyOf(step, context);
  if (copied) return { code: copied, threads: false };
  const pass = simplify(passOf(step, context), 0);
  const large = isLarge(pointsOf(pass), step.members.length + 2);
  const divided = large ? (divide(pass) ?? divideTotal(pass)) : undefined;
  if (!divided) return { code: passFunction(pass, context.program), threads: false };
  const rounds = rowsFunction([divided.pass], divided.rounds, true, context);
  const rest = divided.rest ? passFunction(divided.rest, context.program) : [];
  const total = divided.total ? passFunction(divided.total, context.program) : [];
  return { code: [...rounds, ...rest, ...total], threads: true };
}

/** Passes over the same rows as a function of the program's module, its first dimension on several threads. */
function rowsFunction(passes: readonly Pass[], rounds: number, large: boolean, context: KernelContext): Code {
  const code = new FunctionCode();
  const { from, to, thread } = code.parameters("from", "to", "thread");
  const writing = { function: code, program: context.program, head: [], thread };
  const opened = passes.map((pass) => open(writing, pass, pass.rows));
  const cursors = opened.flatMap((one) => one.cursors);
  const others = passes[0]!.shape.slice(0, passes[0]!.rows).map((count, d): Dimension => [d, count]);
  const body = (moved: readonly Cursor[]) => {
    let at = 0;
    return opened.flatMap((one) => {
      const start = at;
      at += one.cursors.length;
      return passCode(writing, one.pass, moved.slice(start, at));
    });
  };
  const loops = forRange(code, 0, [from, to], cursors, (moved) => forAll(code, others.slice(1), moved, body));
  return context.program.addRounds(code, [...writing.head, ...loops], rounds, large);
}

/** A pass as a function of the program's module; `prepare` writes what it does first. */
export function passFunction(
  pass: Pass,
  program: Program,
  prepare: (code: FunctionCode) => Code = () => [],
): Code {
  const writing = { function: new FunctionCode(), program, head: [] };
  const before = prepare(writing.function);
  const opened = open(writing, pass);
  const code = passCode(writing, opened.pass, opened.cursors);
  return program.add(writing.function, [...before, ...writing.head, ...code]);
}

/** A step that only copies one value. */
function copyOf(step: LoopStep, context: KernelContext): Code | undefined {
  const [load, ...others] = step.loads.values();
  if (step.members.length + others.length > 0 || step.reduction || !load?.root || step.outputs.length !== 1)
    return undefined;
  const code = new FunctionCode();
  const slot = context.slotOf(step.outputs[0]!);
  const { element } = slot.type;
  const to = { slot, element, offset: 0, strides: stridesOf(step.shape) };
  return context.program.add(code, copyCode(code, step.shape, accessOf(load, context), to));
}

/** Loops over the same rows, done row by row. Throws `NoVectorForm` like {@link fastLoop}. */
export function fastRows(step: RowsStep, context: KernelContext): Written {
  const passes = step.steps.map((one) => ({
    ...passOf(one, context, step),
    rows: step.outer.length,
  }));
  const operations = step.steps.reduce((sum, one) => sum + one.members.length + 2, 0);
  const points = Math.max(...passes.map(pointsOf));
  const threads = isLarge(points, operations);
  return { code: rowsFunction(passes, step.outer[0]!, threads, context), threads };
}

interface Opened {
  readonly pass: Pass;
  /** Of its reads, its writes, and the results of its reduction. */
  readonly cursors: readonly Cursor[];
}

/** A pass in as few dimensions as it takes, and cursors on its first points. Its first `rows` dimensions are not its own. */
function open(writing: Writing, pass: Pass, rows = 0): Opened {
  const simple = simplify(pass, rows);
  const accesses = [...simple.reads, ...simple.writes].map(({ access }) => access);
  const opened = [...accesses, ...(simple.reduction?.stores ?? [])].map((access) =>
    openCursor(writing.function, access, ownPart(writing, access)),
  );
  writing.head.push(...opened.flatMap(({ begin }) => begin));
  return { pass: simple, cursors: opened.map(({ cursor }) => cursor) };
}

/** How far behind its beginning a thread finds its own part of an array that has one for each. */
function ownPart({ thread }: Writing, { perThread }: Access): Code | undefined {
  return thread && perThread !== undefined ? times(thread, perThread) : undefined;
}

/** All points of a pass, from the first on; in its rows' dimensions the cursors have been moved already. */
function passCode(writing: Writing, pass: Pass, cursors: readonly Cursor[]): Code {
  const count = pass.reads.length + pass.writes.length;
  if (!pass.reduction) return loopCode(writing, pass, cursors);
  const code = pass.reduction.reduced.at(-1) ? alongCode : acrossCode;
  return code(writing, pass, pass.reduction, cursors.slice(0, count), cursors.slice(count));
}

/** The same points in fewer dimensions; at least one. */
function simplify(pass: Pass, rows: number): Pass {
  const { reduction } = pass;
  const accesses = [...pass.reads, ...pass.writes].map(({ access }) => access);
  const walks = [...accesses, ...(reduction?.stores ?? [])].map(({ strides }) => strides);
  const kinds = pass.shape.map((_, d) => (d < rows ? d : (reduction?.reduced[d] ?? false)));
  const groups = mergeDimensions(pass.shape, walks, kinds);
  const strides = (access: Access): Access => ({
    ...access,
    strides: groups.length > 0 ? groups.map((group) => access.strides[group.at(-1)!]!) : [0],
  });
  const place = (one: Place): Place => ({ ...one, access: strides(one.access) });
  return {
    ...pass,
    rows,
    shape: groups.length > 0 ? groups.map((group) => group.reduce((n, d) => n * pass.shape[d]!, 1)) : [1],
    reads: pass.reads.map(place),
    writes: pass.writes.map(place),
    ...(reduction && {
      reduction: {
        ...reduction,
        reduced: groups.length > 0 ? groups.map((group) => reduction.reduced[group[0]!]!) : [false],
        stores: reduction.stores.map(strides),
      },
    }),
  };
}
