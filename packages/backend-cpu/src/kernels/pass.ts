/**
 * What a loop step does at each point, as a graph of lanes with the places that it reads and writes: the form in which
 * loops are written as WebAssembly. A step that has none keeps its JavaScript loop.
 */
import { type Element, floatCodec, isComplex, type Storage, stridesOf, viewOf } from "@hloom/ir";
import type { KernelContext } from "../build.ts";
import { type FlatBlock, type Instruction, tensorType, type Variable } from "../flatten.ts";
import type { LoopStep, RowsStep } from "../fuse.ts";
import { Slot } from "../slot.ts";
import { threads } from "../threads.ts";
import { hasFusedMultiplyAdd } from "../wasm/features.ts";
import { Graph, type Node } from "../wasm/vector.ts";
import { convert } from "../wasm/vector_convert.ts";
import { Floats, Integers } from "../wasm/vector_lanes.ts";
import { vectorOp } from "../wasm/vector_ops.ts";
import { decode, encode, isVectorElement, laneOf, memoryOf, type Value } from "../wasm/vector_values.ts";
import { elementOf, isRename } from "./emit.ts";
import type { Access } from "./loop.ts";
import { lengthOf, reducedDimensions, simpleReducer } from "./reduce.ts";
import { accessOf, type Contraction, contracted, rawElement, resultStrides } from "./step.ts";

/** A place of a loop, and the node that it holds as memory does. */
export interface Place {
  readonly node: Node;
  readonly element: Element;
  readonly access: Access;
}

export interface Pass {
  readonly graph: Graph;
  readonly shape: readonly number[];
  /** So many of the first dimensions are walked by someone else. */
  readonly rows: number;
  readonly reads: readonly Place[];
  readonly writes: readonly Place[];
  readonly reduction?: PassReduction;
}

export interface PassReduction {
  /** For each dimension, whether it is reduced. */
  readonly reduced: readonly boolean[];
  readonly elements: readonly Element[];
  /** What each point brings, and what sums begin with. */
  readonly operands: readonly Value[];
  readonly inits: readonly Value[];
  /** `acc, x` to the next `acc`. */
  readonly combine: (sums: readonly Value[], operands: readonly Value[]) => readonly Value[];
  /** The op when the body is a single one. */
  readonly reducer: string | undefined;
  /** How many points go into each result. */
  readonly length: number;
  readonly stores: readonly Access[];
}

/** Why a step has no vector form. */
export class NoVectorForm extends Error {}

type Values = Map<Variable, Value>;

/** The rows that a pass shares with others, as dimensions, and the values of which only one row is ever there. */
export type Rows = Pick<RowsStep, "outer" | "internal">;
const noRows: Rows = { outer: [], internal: new Set() };

/** A walk over the one row of an internal value stays in it. */
function rowStrides(
  strides: readonly number[],
  variable: Variable | undefined,
  rows: Rows,
): readonly number[] {
  const inRow = variable && rows.internal.has(variable);
  return inRow ? strides.map((stride, d) => (d < rows.outer.length ? 0 : stride)) : strides;
}

/** Each thread has rows of its own of internal values. */
function ownParts(
  variable: Variable | undefined,
  context: Pick<KernelContext, "slotOf">,
  rows: Rows,
): Pick<Access, "perThread"> {
  const inRow = variable && rows.internal.has(variable);
  return inRow ? { perThread: context.slotOf(variable).bytes / threads.count } : {};
}

export function passOf(step: LoopStep, context: Pick<KernelContext, "slotOf">, rows: Rows = noRows): Pass {
  const graph = new Graph({ fma: hasFusedMultiplyAdd() });
  const values: Values = new Map();
  const reads: Place[] = [];
  const copies = step.members.length === 0 && !step.reduction;
  const plain = copies && [...step.loads.values()].every(({ root }) => root !== undefined);
  const as = (element: Element) => (plain ? rawElement(element) : element);
  for (const [variable, view] of step.loads) {
    const strides = rowStrides(view.strides, view.root, rows);
    const seen = { ...view, element: as(view.element), strides };
    const access = { ...accessOf(seen, context), ...ownParts(view.root, context, rows) };
    const { place, value } = readOf(graph, variable, access);
    if (place) reads.push(place);
    values.set(variable, value);
  }
  const rename = () => {
    for (const [renamed, made] of step.renames) if (values.has(made)) values.set(renamed, values.get(made)!);
  };
  const contractions = graph.features.fma ? contracted(step) : new Map<Instruction, Contraction>();
  const products = new Set([...contractions.values()].map(({ product }) => product));
  for (const member of step.members) {
    rename();
    if (products.has(member)) continue;
    const contraction = contractions.get(member);
    const value = contraction
      ? contractedValue(graph, member, contraction, values)
      : memberValue(graph, member, values);
    values.set(member.outputs[0]!, value);
  }
  rename();
  const reduced = new Set(step.reduction?.outputs);
  const writes = step.outputs
    .filter((output) => !reduced.has(output))
    .map((output): Place => {
      const element = as(elementOf(output)!);
      const strides = rowStrides(stridesOf(step.shape), output, rows);
      const own = ownParts(output, context, rows);
      const access = { slot: context.slotOf(output), element, offset: 0, strides, ...own };
      return { node: encode(graph, element, values.get(output)!), element, access };
    });
  const pass: Pass = { graph, shape: step.shape, rows: 0, reads, writes };
  return step.reduction
    ? { ...pass, reduction: reductionOf(graph, step.reduction, values, context, rows) }
    : pass;
}

/** Whether a step has a vector form: nothing is said of where its values are yet. */
export function hasVectorForm(step: LoopStep): boolean {
  const slotOf = (variable: Variable) => new Slot(0, tensorType(variable), "planned");
  try {
    passOf(step, { slotOf });
    return true;
  } catch (error) {
    if (error instanceof NoVectorForm) return false;
    throw error;
  }
}

/** A value that a loop reads: at a place, or always the same. */
function readOf(graph: Graph, variable: Variable, access: Access): Read {
  const { element, strides, offset, slot } = access;
  if (!isVectorElement(element)) throw new NoVectorForm(`elements of ${element}`);
  if (slot?.kind === "constant" && slot.block && strides.every((stride) => stride === 0))
    return { value: constantValue(graph, element, slot.data, offset) };
  // The innermost dimension is the one that vectors go along.
  const stride = strides.at(-1) ?? 0;
  const uniform = stride === 0;
  if (!slot) {
    const node = graph.leaf(`position ${variable.id}`, "i32", { uniform });
    return { place: { node, element, access }, value: positionValue(graph, element, node, stride) };
  }
  const node = graph.leaf(`read ${variable.id}`, memoryOf(element).lane, {
    uniform,
    scale: memoryOf(element).scale,
  });
  return { place: { node, element, access }, value: decode(graph, element, node) };
}

interface Read {
  readonly place?: Place;
  readonly value: Value;
}

/** Numbers of positions: those of a batch follow its first by `stride`. */
function positionValue(graph: Graph, element: Element, first: Node, stride: number): Value {
  const integers = new Integers(graph, "i32");
  const moved =
    stride === 0
      ? first
      : integers.add(first, integers.apply("mul", graph.index("i32"), integers.of(stride)));
  return convert(graph, "i32", element, moved);
}

/** One element of an array as a constant of the graph. */
function constantValue(graph: Graph, element: Element, data: Storage, index: number): Value {
  const lane = laneOf(element);
  if (isComplex(element)) {
    return [graph.constant(lane, data[2 * index]!), graph.constant(lane, data[2 * index + 1]!)];
  }
  const held = data[index]!;
  if (element === "i1") return graph.constant(lane, held === 0 ? 0 : -1);
  const small = element === "f16" || element === "bf16";
  return graph.constant(lane, small ? floatCodec(element).values[Number(held)]! : held);
}

function memberValue(graph: Graph, member: Instruction, values: Values): Value {
  const inputs = member.inputs.map((input) => values.get(input)!);
  const value = vectorOp(graph, member, inputs);
  if (!value)
    throw new NoVectorForm(`${member.name} on ${elementOf(member.inputs[0] ?? member.outputs[0]!)}`);
  return value;
}

/** `x * y` and the sum or difference in which it is, rounded once. */
function contractedValue(
  graph: Graph,
  { name, inputs }: Instruction,
  { product, position }: Contraction,
  values: Values,
): Value {
  const floats = new Floats(graph, "f32");
  const [x, y] = product.inputs.map((input) => values.get(input) as Node) as [Node, Node];
  const other = values.get(inputs[1 - position]!) as Node;
  if (name === "stablehlo.add") return floats.multiplyAdd(x, y, other);
  return position === 0
    ? floats.multiplyAdd(x, y, floats.negate(other))
    : floats.multiplyAdd(floats.negate(x), y, other);
}

function reductionOf(
  graph: Graph,
  instruction: Instruction,
  values: Values,
  context: Pick<KernelContext, "slotOf">,
  rows: Rows,
): PassReduction {
  const count = instruction.inputs.length / 2;
  const { shape } = tensorType(instruction.inputs[0]!);
  const all = reducedDimensions(instruction);
  const strides = resultStrides(shape, all);
  const inputs = instruction.inputs.map((input) => values.get(input)!);
  const block = instruction.blocks[0]!;
  return {
    reduced: all.filter((_, d) => shape[d] !== 1),
    elements: instruction.outputs.map((output) => elementOf(output)!),
    operands: inputs.slice(0, count),
    inits: inputs.slice(count),
    combine: (sums, operands) => blockValues(graph, block, new Map(values), [...sums, ...operands]),
    reducer: simpleReducer(block),
    length: lengthOf(instruction),
    stores: instruction.outputs.map((output) => ({
      slot: context.slotOf(output),
      element: elementOf(output)!,
      offset: 0,
      strides: rowStrides(strides, output, rows),
      ...ownParts(output, context, rows),
    })),
  };
}

/** What a block of scalar code makes of its arguments, for all lanes at once. */
export function blockValues(
  graph: Graph,
  block: FlatBlock,
  values: Values,
  args: readonly Value[],
): readonly Value[] {
  block.parameters.forEach((parameter, i) => {
    values.set(parameter, args[i]!);
  });
  for (const instruction of block.instructions) {
    const output = instruction.outputs[0]!;
    const { name, attributes, inputs } = instruction;
    if (name === "stablehlo.constant") {
      const { element } = tensorType(output);
      const { data } = attributes.value as { readonly data: Uint8Array };
      values.set(output, constantValue(graph, element, viewOf(element, data), 0));
    } else if (isRename(instruction)) values.set(output, values.get(inputs[0]!)!);
    else values.set(output, memberValue(graph, instruction, values));
  }
  return block.results.map((result) => values.get(result)!);
}
