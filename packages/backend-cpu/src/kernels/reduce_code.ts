/** Reductions as WebAssembly: across vectors, when the innermost dimension stays, and along them. */
import { bytesPerElement, type Element } from "@hloom/ir";
import { type Code, type Local, shuffle } from "../wasm/code.ts";
import { local } from "../wasm/instructions.ts";
import { type Cursor, forAll, forEach, movedBy } from "../wasm/nest.ts";
import { type Read, sweepCode, type Write } from "../wasm/sweep.ts";
import type { Graph, Node } from "../wasm/vector.ts";
import { vectorCode, vectorsOf } from "../wasm/vector_code.ts";
import { Integers } from "../wasm/vector_lanes.ts";
import { decode, encode, memoryOf, type Value } from "../wasm/vector_values.ts";
import { type Form, formOf } from "./forms.ts";
import type { Pass, PassReduction } from "./pass.ts";
import { batchOf, encoded, lengthOf, outerOf, readsOf, storesOf, sweepOf, type Writing } from "./sweeps.ts";

/** The innermost dimension stays: results are in memory and rows of points are brought into them. */
export function acrossCode(
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

/** The innermost dimension is reduced: sums are in locals, for each element of a batch when their order is free. */
export function alongCode(
  writing: Writing,
  pass: Pass,
  reduction: PassReduction,
  cursors: readonly Cursor[],
  targets: readonly Cursor[],
): Code {
  const { graph } = pass;
  const form = formOf(graph, reduction) ?? inOrder(reduction);
  const batch =
    form.begin === reduction.inits ? 1 : batchOf(pass, sumBytes / Math.min(2, form.elements.length));
  const sums = sumsOf(writing, graph, form, batch, "sum");
  const outer = form.outer && sumsOf(writing, graph, form.outer.form, batch, "total");
  const kept = outerOf(pass).filter(([d]) => !reduction.reduced[d]);
  const inner = outerOf(pass).filter(([d]) => reduction.reduced[d]);
  const held = new Map([...sums.held, ...(outer?.held ?? [])]);
  const sweep = { ...sweepOf(writing, pass, batch), held };
  const total = outer ?? sums;
  return forAll(writing.function, kept, [...targets, ...cursors], (moved) => {
    const outside = readsOf(pass, moved.slice(targets.length));
    const set = (of: Sums, values: readonly Value[]) =>
      sweepCode({ ...sweep, count: batch, reads: outside, writes: () => of.writes(values) });
    const bring = (inside: readonly Cursor[], count: number): Code => {
      const points = sweepCode({
        ...sweep,
        count,
        reads: readsOf(pass, inside),
        writes: (elements) => {
          const next = form.combine(sums.values, form.operands);
          const counted = next.map((one, i) => first(graph, elements, one, sums.values[i]!));
          return [...storesOf(pass, inside), ...sums.writes(counted)];
        },
      });
      if (!outer) return points;
      const added = outer.form.combine(outer.values, sums.values);
      return [...set(sums, form.begin), ...points, ...set(outer, added)];
    };
    const all = forAll(writing.function, inner, moved.slice(targets.length), (inside) =>
      inPieces(writing, pass, inside, form.outer ? form.outer.points : lengthOf(pass), bring),
    );
    const results = total.form.finish(total.values).map((value, i): Write => {
      return { node: encode(graph, reduction.elements[i]!, value), cursor: moved[i]! };
    });
    return [
      ...set(total, total.form.begin),
      ...all,
      ...foldCode(writing, graph, total, batch),
      ...sweepCode({ ...sweep, count: 1, batch: 1, reads: outside, writes: () => results }),
    ];
  });
}

/** Points one after the other, from the initial value on. */
function inOrder({ elements, inits, operands, combine }: PassReduction): Form {
  return { elements, neutrals: [], begin: inits, operands, combine, finish: (sums) => sums };
}

/** The innermost dimension in pieces of at most `size` points. */
function inPieces(
  { function: own }: Writing,
  pass: Pass,
  cursors: readonly Cursor[],
  size: number,
  body: (moved: readonly Cursor[], count: number) => Code,
): Code {
  const last = pass.shape.length - 1;
  const length = lengthOf(pass);
  const whole = Math.floor(length / size);
  const rest = length - whole * size;
  const pieces = whole > 0 ? forEach(own, last, whole, cursors, (moved) => body(moved, size), size) : [];
  if (rest === 0) return pieces;
  if (whole === 0) return body(cursors, rest);
  const behind = movedBy(own, last, whole * size, cursors);
  return [...pieces, ...behind.begin, ...body(behind.cursors, rest)];
}

/** Sums keep more vectors busy than other loops, because each waits for its last; forms of several sums have enough. */
const sumBytes = 64;

/** Sums in locals: a vector for each part of a batch. */
interface Sums {
  readonly form: Form;
  readonly name: string;
  readonly values: readonly Value[];
  readonly locals: readonly (readonly Local[])[];
  /** The locals by the names of their leaves. */
  readonly held: ReadonlyMap<string, readonly Local[]>;
  readonly writes: (values: readonly Value[]) => Write[];
}

function sumsOf(writing: Writing, graph: Graph, form: Form, batch: number, name: string): Sums {
  const { elements } = form;
  const leaves = elements.map((element, i) => sumLeaf(graph, element, `${name} ${i}`));
  const locals = leaves.map((leaf) => writing.function.locals(vectorsOf(leaf, batch), "v128"));
  return {
    form,
    name,
    values: leaves.map((leaf, i) => decode(graph, elements[i]!, leaf)),
    locals,
    held: new Map(locals.map((vectors, i) => [`${name} ${i}`, vectors])),
    writes: (values) => encoded(graph, elements, values).map((node, i) => ({ node, vectors: locals[i]! })),
  };
}

function sumLeaf(graph: Graph, element: Element, name: string): Node {
  const { lane, scale } = memoryOf(element);
  return graph.leaf(name, lane, { scale });
}

/** The new value for the first elements of a batch, the old one for those behind; the new one if all of them count. */
function first(graph: Graph, elements: number | undefined, next: Value, old: Value): Value {
  if (elements === undefined) return next;
  const integers = new Integers(graph, "i32");
  const mask = integers.apply("lt_s", graph.index("i32"), elements);
  const select = (a: Node, b: Node) => graph.select(mask, a, b.lane === a.lane ? b : graph.maskAs(b, a.lane));
  if (isNode(next)) return select(next, old as Node);
  const [re, im] = old as readonly [Node, Node];
  return [select(next[0], re), select(next[1], im)];
}

const isNode = (value: Value): value is Node => !Array.isArray(value);

/** Brings the sums of a batch's elements together: halves onto halves, down to one. */
function foldCode(writing: Writing, graph: Graph, sums: Sums, batch: number): Code {
  const { elements, combine } = sums.form;
  const others = elements.map((element, i) => sumLeaf(graph, element, `other ${sums.name} ${i}`));
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
        const i = Number(name.slice(name.lastIndexOf(" ")));
        const vectors = sums.locals[i]!;
        if (!name.startsWith("other")) return local.get(vectors[part]!.index);
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
