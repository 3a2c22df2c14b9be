/**
 * Second stage: instructions become steps. Views cost nothing, element-wise instructions of one shape join into one
 * loop, a reduction joins the loop that makes its operand, and everything else is a step of its own.
 */
import { sizeOf } from "@hloom/ir";
import { type ConstantTensor, constantOf } from "./constant.ts";
import { type FlatBlock, type Instruction, tensorType, type Variable } from "./flatten.ts";
import { capturesOf, elementOf } from "./kernels/emit.ts";
import { readsViews } from "./kernels/index.ts";
import { isSimpleReduction } from "./kernels/reduce.ts";
import { isComputable } from "./kernels/scalar.ts";
import { identity, isViewOp, isWhole, squeeze, squeezeView, type View, viewThrough } from "./view.ts";
import { isVectorOp } from "./wasm/vector_ops.ts";

export interface LoopStep {
  readonly kind: "loop";
  /** Without dimensions of size 1. */
  readonly shape: readonly number[];
  readonly members: Instruction[];
  /** What the loop reads, by the name that members use for it. */
  readonly loads: Map<Variable, View>;
  /** Values that the members make or copy, in order. */
  readonly made: Set<Variable>;
  /** Other names of values that the loop makes: reshapes. */
  readonly renames: Map<Variable, Variable>;
  /** Those of `made` that someone else reads. */
  outputs: Variable[];
  reduction?: Instruction;
  position: number;
  open: boolean;
}

export interface OpStep {
  readonly kind: "op";
  readonly instruction: Instruction;
  readonly inputs: readonly View[];
  readonly outputs: readonly Variable[];
  /** Bodies of control flow, lowered; empty for other ops. */
  readonly blocks: readonly StepBlock[];
  /** Outer values that the bodies read, and the values that hold them. */
  readonly captures: ReadonlyMap<Variable, Variable>;
  position: number;
}

/** Loops that are done together, row by row. */
export interface RowsStep {
  readonly kind: "rows";
  /** The dimensions that all the loops begin with. */
  readonly outer: readonly number[];
  readonly steps: readonly LoopStep[];
  /** What they read that others made. */
  readonly inputs: readonly View[];
  readonly outputs: readonly Variable[];
  /** What they make for each other: only a row of it is ever there. */
  readonly internal: ReadonlySet<Variable>;
  position: number;
}

export type Step = LoopStep | OpStep | RowsStep;

export interface StepBlock {
  readonly parameters: readonly Variable[];
  readonly steps: readonly Step[];
  readonly results: readonly Variable[];
}

export interface Steps {
  readonly block: StepBlock;
  readonly constants: ReadonlyMap<Variable, ConstantTensor>;
}

/** Ops whose bodies are steps of the plan; the bodies of others are functions of scalars. */
const control: ReadonlySet<string> = new Set(["stablehlo.while", "stablehlo.case", "stablehlo.if"]);

/** Ops that may take over the memory of an operand. */
const takesOver: ReadonlySet<string> = new Set([
  "stablehlo.dynamic_update_slice",
  "stablehlo.scatter",
  "stablehlo.while",
]);

/** Larger loops would not be compiled to good machine code. */
const memberLimit = 200;
/** Loops this small cost more to start than to run, so that unrelated ones share one. */
const smallLoop = 32;

export function fuse(program: FlatBlock): Steps {
  const fusion = new Fusion();
  const block = fusion.block(program, new Scope());
  return { block, constants: fusion.constants };
}

/** Copies of views that are at hand in one block: its own and those of the blocks around it. */
class Scope {
  readonly #parent: Scope | undefined;
  readonly #copies = new Map<Variable, Variable>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  copyOf(variable: Variable): Variable | undefined {
    return this.#copies.get(variable) ?? this.#parent?.copyOf(variable);
  }

  copied(variable: Variable, copy: Variable): void {
    this.#copies.set(variable, copy);
  }
}

/** The steps of one block while they are collected. */
interface Builder {
  readonly scope: Scope;
  readonly steps: Set<Step>;
  /** Loops that may still grow; closed ones are taken out when met. */
  readonly open: Set<LoopStep>;
}

class Fusion {
  readonly constants = new Map<Variable, ConstantTensor>();
  readonly #views = new Map<Variable, View>();
  /** The open loop that makes a value. */
  readonly #makers = new Map<Variable, LoopStep>();
  #position = 0;
  #extraIds = -1;

  block(block: FlatBlock, scope: Scope): StepBlock {
    const builder: Builder = { scope, steps: new Set(), open: new Set() };
    for (const instruction of block.instructions) this.#instruction(instruction, builder);
    const results = block.results.map((result) => this.#whole(result, builder));
    for (const result of results) this.#consume(result, undefined);
    const steps = [...builder.steps].sort((a, b) => a.position - b.position);
    nameOutputs(steps, results);
    return { parameters: block.parameters, steps, results };
  }

  #instruction(instruction: Instruction, builder: Builder): void {
    const { name, inputs, outputs } = instruction;
    if (name === "stablehlo.constant" && this.#constant(instruction)) return;
    if (name === "stablehlo.iota" && elementOf(outputs[0]!) && isComputable(elementOf(outputs[0]!)!)) {
      return this.#iota(instruction);
    }
    if (isViewOp(name)) {
      const view = viewThrough(instruction, this.#view(inputs[0]!, builder));
      this.#views.set(outputs[0]!, view ?? this.#viewOfCopy(instruction, builder));
      return;
    }
    if (isVectorOp(instruction)) return this.#elementwise(instruction, builder);
    if (isSimpleReduction(instruction)) return this.#reduction(instruction, builder);
    this.#op(instruction, builder);
  }

  #constant(instruction: Instruction): boolean {
    const output = instruction.outputs[0]!;
    const constant = constantOf(instruction);
    if (!constant) return false;
    const { tensor, splat } = constant;
    if (!splat) {
      this.constants.set(output, tensor);
      return true;
    }
    const root: Variable = { id: this.#extraIds--, type: tensor.type };
    this.constants.set(root, tensor);
    const strides = tensorType(output).shape.map(() => 0);
    this.#views.set(output, { root, element: tensor.type.element, offset: 0, strides });
    return true;
  }

  #iota(instruction: Instruction): void {
    const output = instruction.outputs[0]!;
    const { shape, element } = tensorType(output);
    const strides = shape.map((_, d) => (d === instruction.attributes.iota_dimension ? 1 : 0));
    this.#views.set(output, { root: undefined, element, offset: 0, strides });
  }

  #view(variable: Variable, { scope }: Builder): View {
    const copy = scope.copyOf(variable);
    if (copy) return { ...identity(variable), root: copy };
    return this.#views.get(variable) ?? identity(variable);
  }

  /** A reshape of a view that no strides describe: copy the operand, then look at the copy. */
  #viewOfCopy(instruction: Instruction, builder: Builder): View {
    const root = this.#whole(instruction.inputs[0]!, builder);
    return viewThrough(instruction, { ...identity(instruction.inputs[0]!), root })!;
  }

  /** A variable that holds the elements of `variable` in order: its root, or a copy. */
  #whole(variable: Variable, builder: Builder): Variable {
    if (variable.type.kind !== "tensor") return variable;
    const view = this.#view(variable, builder);
    if (isWhole(view, tensorType(variable).shape)) return view.root!;
    const shape = squeeze(tensorType(variable).shape);
    const loop = this.#newLoop(shape, builder);
    // A value of its own: other blocks may make copies too.
    const copy: Variable = { id: this.#extraIds--, type: variable.type };
    this.#load(loop, copy, squeezeView(view, tensorType(variable).shape));
    loop.made.add(copy);
    loop.open = isComputable(view.element);
    this.#makers.set(copy, loop);
    builder.scope.copied(variable, copy);
    return copy;
  }

  #newLoop(shape: readonly number[], builder: Builder): LoopStep {
    const loop: LoopStep = {
      kind: "loop",
      shape,
      members: [],
      loads: new Map(),
      made: new Set(),
      renames: new Map(),
      outputs: [],
      position: this.#position++,
      open: true,
    };
    builder.steps.add(loop);
    builder.open.add(loop);
    return loop;
  }

  /** Records that a loop reads a view; whoever makes its root must be complete before. */
  #load(loop: LoopStep, variable: Variable, view: View): void {
    loop.loads.set(variable, view);
    if (view.root) this.#consume(view.root, loop);
  }

  /** A step other than the maker reads `root`: the maker may not move behind it any more. */
  #consume(root: Variable, by: LoopStep | undefined): void {
    const maker = this.#makers.get(root);
    if (maker && maker !== by) maker.open = false;
  }

  #elementwise(instruction: Instruction, builder: Builder): void {
    const output = instruction.outputs[0]!;
    const loop = this.#loopFor(instruction.inputs, squeeze(tensorType(output).shape), builder);
    this.#addInputs(loop, instruction.inputs, builder);
    loop.members.push(instruction);
    loop.made.add(output);
    this.#makers.set(output, loop);
  }

  /** An open loop of the shape that makes some of the inputs, all such joined; else a small one; else a new one. */
  #loopFor(inputs: readonly Variable[], shape: readonly number[], builder: Builder): LoopStep {
    const related = new Set<LoopStep>();
    // Elements that a loop makes at other points than those that read them are not there in time.
    const barred = new Set<LoopStep>();
    for (const input of inputs) {
      const root = this.#view(input, builder).root;
      const maker = root && this.#makers.get(root);
      if (maker) (this.#alignedMaker(input, shape, builder) ? related : barred).add(maker);
    }
    const [first, ...others] = [...related].filter((loop) => !barred.has(loop));
    let loop = first;
    if (!loop && sizeOf(shape) <= smallLoop) loop = this.#smallOpenLoop(shape, barred, builder);
    if (!loop || loop.members.length >= memberLimit) return this.#newLoop(shape, builder);
    for (const other of others)
      if (loop.members.length + other.members.length < memberLimit) this.#merge(loop, other, builder);
    loop.position = this.#position++;
    return loop;
  }

  /** The open loop that makes exactly the elements which a loop of `shape` reads at each point. */
  #alignedMaker(variable: Variable, shape: readonly number[], builder: Builder): LoopStep | undefined {
    const view = this.#view(variable, builder);
    const maker = view.root && this.#makers.get(view.root);
    if (!maker?.open || !builder.open.has(maker)) return undefined;
    const aligned = sameShape(maker.shape, shape) && isWhole(view, tensorType(variable).shape);
    return aligned && sameShape(squeeze(tensorType(variable).shape), shape) ? maker : undefined;
  }

  #smallOpenLoop(
    shape: readonly number[],
    barred: ReadonlySet<LoopStep>,
    builder: Builder,
  ): LoopStep | undefined {
    return this.#openLoops(builder).findLast((loop) => sameShape(loop.shape, shape) && !barred.has(loop));
  }

  #openLoops({ open }: Builder): LoopStep[] {
    for (const loop of open) if (!loop.open) open.delete(loop);
    return [...open];
  }

  #merge(into: LoopStep, other: LoopStep, builder: Builder): void {
    into.members.push(...other.members);
    for (const [variable, view] of other.loads) into.loads.set(variable, view);
    for (const [variable, made] of other.renames) into.renames.set(variable, made);
    for (const variable of other.made) {
      into.made.add(variable);
      this.#makers.set(variable, into);
    }
    other.open = false;
    builder.steps.delete(other);
  }

  /** Inputs that the loop makes itself are at hand; it loads the others. */
  #addInputs(loop: LoopStep, inputs: readonly Variable[], builder: Builder): void {
    for (const input of inputs) {
      if (loop.made.has(input) || loop.loads.has(input) || loop.renames.has(input)) continue;
      const view = this.#view(input, builder);
      const { shape } = tensorType(input);
      const squeezed = squeeze(shape);
      if (view.root && loop.made.has(view.root) && this.#alignedMaker(input, loop.shape, builder) === loop) {
        loop.renames.set(input, view.root);
        continue;
      }
      // A scalar operand (select's predicate, clamp's bounds) is the same at each point.
      const scalar = squeezed.length === 0 && loop.shape.length > 0;
      const strides = scalar ? loop.shape.map(() => 0) : squeezeView(view, shape).strides;
      this.#load(loop, input, { ...view, strides });
    }
  }

  #reduction(instruction: Instruction, builder: Builder): void {
    const count = instruction.inputs.length / 2;
    const operands = instruction.inputs.slice(0, count);
    const shape = tensorType(operands[0]!).shape;
    const loop = this.#loopFor(operands, squeeze(shape), builder);
    const scalars = [...instruction.inputs.slice(count), ...capturesOf(instruction.blocks[0]!)];
    this.#addInputs(loop, [...operands, ...scalars], builder);
    loop.reduction = instruction;
    loop.open = false;
    for (const output of instruction.outputs) loop.made.add(output);
  }

  #op(instruction: Instruction, builder: Builder): void {
    const { name, inputs, outputs } = instruction;
    const views = inputs.map((input) => this.#operand(input, readsViews(instruction), builder));
    const captures = new Map<Variable, Variable>();
    for (const block of instruction.blocks) {
      for (const variable of capturesOf(block)) this.#capture(variable, control.has(name), captures, builder);
    }
    const roots = views.flatMap((view) => (view.root ? [view.root] : []));
    for (const root of [...roots, ...captures.values()]) this.#consume(root, undefined);
    if (takesOver.has(name)) this.#finishReaders(new Set(roots), builder);
    const blocks = control.has(name)
      ? instruction.blocks.map((block) => this.block(block, new Scope(builder.scope)))
      : [];
    const position = this.#position++;
    builder.steps.add({ kind: "op", instruction, inputs: views, outputs, blocks, captures, position });
  }

  #operand(input: Variable, anyView: boolean, builder: Builder): View {
    if (input.type.kind !== "tensor") return { root: input, element: "i1", offset: 0, strides: [] };
    const view = this.#view(input, builder);
    if (anyView && view.root) return view;
    return { ...identity(input), root: this.#whole(input, builder) };
  }

  /** A body reads an outer value: copies are made out here, once, except of what is cheap to look through. */
  #capture(variable: Variable, lowered: boolean, captures: Map<Variable, Variable>, builder: Builder): void {
    if (variable.type.kind !== "tensor") return;
    const view = this.#view(variable, builder);
    const cheap = lowered && (!view.root || sizeOf(tensorType(view.root).shape) === 1);
    const root = cheap ? view.root : this.#whole(variable, builder);
    if (root) captures.set(variable, root);
  }

  /** Loops that read memory which is about to be taken over must not move behind that. */
  #finishReaders(roots: ReadonlySet<Variable>, builder: Builder): void {
    for (const loop of this.#openLoops(builder)) {
      if ([...loop.loads.values()].some((view) => view.root && roots.has(view.root))) loop.open = false;
    }
  }
}

/** Which values of each loop others read. */
function nameOutputs(steps: readonly Step[], results: readonly Variable[]): void {
  const read = new Set(results);
  for (const step of steps) {
    for (const variable of readBy(step)) read.add(variable);
  }
  for (const step of steps) {
    if (step.kind === "loop")
      step.outputs = [...step.made].filter(
        (variable) => read.has(variable) || step.reduction?.outputs.includes(variable),
      );
  }
}

/** What a step reads that has memory, and what its bodies read from outside. */
export function readBy(step: Step): Variable[] {
  const captures = step.kind === "op" ? [...step.captures.values()] : [];
  return [...rootsOf(step), ...captures];
}

export function rootsOf(step: Step): Variable[] {
  const views = step.kind === "loop" ? [...step.loads.values()] : step.inputs;
  return views.flatMap(({ root }) => (root ? [root] : []));
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, d) => dimension === b[d]);
}
