/** Passes as WebAssembly: loops around sweeps, and reductions in their three forms. */
import { bytesPerElement, type Element, stridesOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import type { LoopStep, RowsStep } from "../lower.ts";
import { type Code, FunctionCode, type Local, shuffle, times } from "../wasm/code.ts";
import { copyCode } from "../wasm/copy.ts";
import { local } from "../wasm/instructions.ts";
import { type Cursor, forAll, forRange, openCursor } from "../wasm/nest.ts";
import type { Program } from "../wasm/program.ts";
import { type Read, type Sweep, sweepCode, type Write } from "../wasm/sweep.ts";
import type { Graph, Node } from "../wasm/vector.ts";
import { vectorCode, vectorsOf } from "../wasm/vector_code.ts";
import { convert } from "../wasm/vector_convert.ts";
import { Floats, Integers } from "../wasm/vector_lanes.ts";
import { decode, encode, memoryOf, type Value } from "../wasm/vector_values.ts";
import { divide, isLarge, pointsOf } from "./divide.ts";
import { type Access, mergeDimensions } from "./loop.ts";
import { neutralOf } from "./neutral.ts";
import { type Pass, type PassReduction, type Place, passOf } from "./pass.ts";
import { accessOf } from "./step.ts";

/** The function that a pass is written into. */
export interface Writing {
  readonly function: FunctionCode;
  readonly program: Program;
  /** Code that is run once, at the beginning. */
  readonly head: number[];
  /** The number of the thread that runs it, when there are several. */
  readonly thread?: Local;
}

type Dimension = readonly [dimension: number, count: number];

/** Bytes of an iteration: two vectors of what memory holds. */
const batchBytes = 32;

/** A loop step as a function of the program's module. Throws `NoVectorForm` when it has ops that lanes cannot compute. */
export function fastLoop(step: LoopStep, context: KernelContext): Code {
  const copied = copyOf(step, context);
  if (copied) return copied;
  const pass = simplify(passOf(step, context), 0);
  const divided = isLarge(pointsOf(pass), step.members.length + 2) ? divide(pass) : undefined;
  if (!divided) return passFunction(pass, context.program);
  const rounds = rowsFunction([divided.pass], divided.rounds, true, context);
  return divided.rest ? [...rounds, ...passFunction(divided.rest, context.program)] : rounds;
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
export function fastRows(step: RowsStep, context: KernelContext): Code {
  const passes = step.steps.map((one) => ({
    ...passOf(one, context, step),
    rows: step.outer.length,
  }));
  const operations = step.steps.reduce((sum, one) => sum + one.members.length + 2, 0);
  const points = Math.max(...passes.map(pointsOf));
  return rowsFunction(passes, step.outer[0]!, isLarge(points, operations), context);
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

function powerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(count));
}

/** Elements at a time. */
function batchOf(pass: Pass, bytes = batchBytes): number {
  const elements = [...pass.reads, ...pass.writes].map(({ element, access }) =>
    access.slot ? bytesPerElement(element) : 4,
  );
  const sums = pass.reduction?.elements.map(bytesPerElement) ?? [];
  const widest = Math.max(1, ...elements, ...sums);
  const powerAbove = 2 ** Math.ceil(Math.log2(lengthOf(pass)));
  return Math.max(1, Math.min(powerBelow(bytes / widest), powerAbove));
}

/** The dimensions of a pass that are its own, but for the innermost. */
const outerOf = ({ shape, rows }: Pass): Dimension[] =>
  shape.map((count, d): Dimension => [d, count]).slice(rows, -1);

/** Points along the innermost dimension; one when that is not the pass's own. */
const lengthOf = ({ shape, rows }: Pass): number => (shape.length > rows ? shape.at(-1)! : 1);

function sweepOf(writing: Writing, pass: Pass, batch: number): Omit<Sweep, "reads" | "writes"> {
  const { program, function: own, head } = writing;
  const dimension = pass.shape.length - 1;
  return { function: own, head, callee: program.callee, dimension, count: lengthOf(pass), batch };
}

function readsOf(pass: Pass, cursors: readonly Cursor[]): Read[] {
  return pass.reads.map(({ node }, i) => ({ leaf: node, cursor: cursors[i]! }));
}

function storesOf(pass: Pass, cursors: readonly Cursor[]): Write[] {
  return pass.writes.map(({ node }, i) => ({ node, cursor: cursors[pass.reads.length + i]! }));
}

function loopCode(writing: Writing, pass: Pass, cursors: readonly Cursor[]): Code {
  return forAll(writing.function, outerOf(pass), cursors, (moved) => {
    const reads = readsOf(pass, moved);
    const writes = storesOf(pass, moved);
    return sweepCode({ ...sweepOf(writing, pass, batchOf(pass)), reads, writes: () => writes });
  });
}

function encoded(graph: Graph, elements: readonly Element[], values: readonly Value[]): Node[] {
  return values.map((value, i) => encode(graph, elements[i]!, value));
}

/** The innermost dimension stays: results are in memory and rows of points are brought into them. */
function acrossCode(
  writing: Writing,
  pass: Pass,
  reduction: PassReduction,
  cursors: readonly Cursor[],
  targets: readonly Cursor[],
): Code {
  const { graph } = pass;
  const sweep = sweepOf(writing, pass, batchOf(pass));
  const kept = outerOf(pass).filter(([d]) => !reduction.reduced[d]);
  const inits = encoded(graph, reduction.elements, reduction.inits);
  const fill = forAll(writing.function, kept, [...targets, ...cursors], (moved) => {
    const writes = inits.map((node, i): Write => ({ node, cursor: moved[i]! }));
    return sweepCode({ ...sweep, reads: readsOf(pass, moved.slice(targets.length)), writes: () => writes });
  });
  const leaves = reduction.elements.map((element, i) => sumLeaf(graph, element, `sum ${i}`));
  const values = leaves.map((leaf, i) => decode(graph, reduction.elements[i]!, leaf));
  const next = encoded(graph, reduction.elements, reduction.combine(values, reduction.operands));
  const bring = forAll(writing.function, outerOf(pass), [...targets, ...cursors], (moved) => {
    const inner = moved.slice(targets.length);
    const sums = leaves.map((leaf, i): Read => ({ leaf, cursor: moved[i]! }));
    const writes = next.map((node, i): Write => ({ node, cursor: moved[i]! }));
    return sweepCode({
      ...sweep,
      reads: [...readsOf(pass, inner), ...sums],
      writes: () => [...storesOf(pass, inner), ...writes],
    });
  });
  return [...fill, ...bring];
}

/** Sums of more points than this would lose digits in single precision. */
const longSum = 4096;

/** Fewer points are brought in one after the other, as the specification's arithmetic does. */
const shortSum = 32;

/** Long sums of f32 in double precision. */
function widened({ graph }: Pass, reduction: PassReduction): PassReduction {
  const { reducer, elements, length, operands, inits } = reduction;
  if (reducer !== "stablehlo.add" || elements[0] !== "f32" || length <= longSum) return reduction;
  const wide = (values: readonly Value[]) => values.map((value) => convert(graph, "f32", "f64", value));
  const floats = new Floats(graph, "f64");
  return {
    ...reduction,
    elements: ["f64"],
    operands: wide(operands),
    inits: wide(inits),
    combine: ([sum], [operand]) => [floats.add(sum as Node, operand as Node)],
  };
}

/** The innermost dimension is reduced: sums are in locals, one for each element of a batch if their order is free. */
function alongCode(
  writing: Writing,
  pass: Pass,
  given: PassReduction,
  cursors: readonly Cursor[],
  targets: readonly Cursor[],
): Code {
  const { graph } = pass;
  const reduction = widened(pass, given);
  const neutrals = reduction.elements.map((element) => neutralOf(graph, reduction.reducer, element));
  const free = given.length >= shortSum && neutrals.every((neutral) => neutral !== undefined);
  const batch = free ? batchOf({ ...pass, reduction }, sumBytes) : 1;
  const sums = sumsOf(writing, pass, reduction, batch);
  const begin = encoded(graph, reduction.elements, free ? (neutrals as Value[]) : reduction.inits);
  const kept = outerOf(pass).filter(([d]) => !reduction.reduced[d]);
  const inner = outerOf(pass).filter(([d]) => reduction.reduced[d]);
  const sweep = { ...sweepOf(writing, pass, batch), held: sums.held };
  return forAll(writing.function, kept, [...targets, ...cursors], (moved) => {
    const places = moved.slice(0, targets.length);
    const outside = readsOf(pass, moved.slice(targets.length));
    const start = { ...sweep, count: batch, reads: outside, writes: () => sums.writes(begin) };
    const bring = forAll(writing.function, inner, moved.slice(targets.length), (inside) =>
      sweepCode({
        ...sweep,
        reads: readsOf(pass, inside),
        writes: (elements) => {
          const next = reduction.combine(sums.values, reduction.operands);
          const counted =
            elements === undefined
              ? next
              : next.map((one, i) => first(graph, elements, one, sums.values[i]!));
          return [...storesOf(pass, inside), ...sums.writes(encoded(graph, reduction.elements, counted))];
        },
      }),
    );
    const single = { ...sweep, count: 1, batch: 1, reads: outside };
    const total = free ? reduction.combine(reduction.inits, sums.values) : sums.values;
    const results = given.elements.map((element, i): Write => {
      const value = convert(graph, reduction.elements[i]!, element, total[i]!);
      return { node: encode(graph, element, value), cursor: places[i]! };
    });
    return [
      ...sweepCode(start),
      ...bring,
      ...(free ? foldCode(writing, pass, reduction, sums, batch) : []),
      ...sweepCode({ ...single, writes: () => results }),
    ];
  });
}

/** Sums keep more vectors busy than other loops, because each waits for its last. */
const sumBytes = 64;

/** Sums in locals: a vector for each part of a batch. */
interface Sums {
  readonly values: readonly Value[];
  readonly locals: readonly (readonly Local[])[];
  /** The locals by the names of their leaves. */
  readonly held: ReadonlyMap<string, readonly Local[]>;
  readonly writes: (nodes: readonly Node[]) => Write[];
}

function sumsOf(writing: Writing, { graph }: Pass, { elements }: PassReduction, batch: number): Sums {
  const leaves = elements.map((element, i) => sumLeaf(graph, element, `sum ${i}`));
  const locals = leaves.map((leaf) => writing.function.locals(vectorsOf(leaf, batch), "v128"));
  return {
    values: leaves.map((leaf, i) => decode(graph, elements[i]!, leaf)),
    locals,
    held: new Map(locals.map((vectors, i) => [`sum ${i}`, vectors])),
    writes: (nodes) => nodes.map((node, i) => ({ node, vectors: locals[i]! })),
  };
}

function sumLeaf(graph: Graph, element: Element, name: string): Node {
  const { lane, scale } = memoryOf(element);
  return graph.leaf(name, lane, { scale });
}

/** The new value for the first elements of a batch, the old one for those behind. */
function first(graph: Graph, elements: number, next: Value, old: Value): Value {
  const integers = new Integers(graph, "i32");
  const mask = integers.apply("lt_s", graph.index("i32"), elements);
  const select = (a: Node, b: Node) => graph.select(mask, a, b.lane === a.lane ? b : graph.maskAs(b, a.lane));
  if (isNode(next)) return select(next, old as Node);
  const [re, im] = old as readonly [Node, Node];
  return [select(next[0], re), select(next[1], im)];
}

const isNode = (value: Value): value is Node => !Array.isArray(value);

/** Brings the sums of a batch's elements together: halves onto halves, down to one. */
function foldCode(
  writing: Writing,
  { graph }: Pass,
  { elements, combine }: PassReduction,
  sums: Sums,
  batch: number,
): Code {
  const others = elements.map((element, i) => sumLeaf(graph, element, `other ${i}`));
  const values = others.map((leaf, i) => decode(graph, elements[i]!, leaf));
  const nodes = encoded(graph, elements, combine(sums.values, values));
  const result: number[] = [];
  for (let half = batch / 2; half >= 1; half /= 2) {
    const parts = vectorCode({
      batch: half,
      roots: nodes.map((node, i) => ({
        node,
        store: (part, what) => [...what, ...local.set(sums.locals[i]![part]!.index)],
      })),
      leaf: (name, part) => {
        const i = Number(name.slice(name.indexOf(" ")));
        const vectors = sums.locals[i]!;
        if (name.startsWith("sum")) return local.get(vectors[part]!.index);
        const bytes = half * bytesPerElement(elements[i]!);
        if (bytes >= 16) return local.get(vectors[part + bytes / 16]!.index);
        return shuffle(vectors[0]!, vectors[0]!, behind(bytes));
      },
      local: () => writing.function.local("v128").index,
      callee: writing.program.callee,
    });
    writing.head.push(...parts.constants);
    result.push(...parts.before, ...parts.body);
  }
  return result;
}

/** The positions of the bytes from `from` on. */
const behind = (from: number): number[] => Array.from({ length: 16 }, (_, i) => (i + from) % 16);
