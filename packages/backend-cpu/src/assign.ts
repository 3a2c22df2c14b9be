/**
 * Third stage: every value gets a slot, and the steps between which it lives. Values share a slot where a step may
 * overwrite its operand: updates of a dying array, and what a loop carries from one iteration to the next.
 */
import type { Signature } from "@hloom/backend";
import { byteLength, hasEffects } from "@hloom/ir";
import { arena } from "./arena.ts";
import type { ConstantTensor } from "./constant.ts";
import { tensorType, type Variable } from "./flatten.ts";
import {
  type LoopStep,
  type OpStep,
  type RowsStep,
  readBy,
  rootsOf,
  type Step,
  type StepBlock,
  type Steps,
} from "./fuse.ts";
import { rowShape } from "./rows.ts";
import { Slot, type SlotKind } from "./slot.ts";
import { isWhole } from "./view.ts";

/** Copies that a loop or branch makes at its border, from the first slot to the second. */
export interface Move {
  readonly from: Slot;
  readonly to: Slot;
}

export interface ControlMoves {
  /** Before the first iteration of a loop. */
  readonly enter: readonly Move[];
  /** After each iteration, or at the end of each branch. */
  readonly leave: readonly (readonly Move[])[];
}

export interface Assignment {
  readonly slots: readonly Slot[];
  readonly slotOf: ReadonlyMap<Variable, Slot>;
  readonly moves: ReadonlyMap<OpStep, ControlMoves>;
  /** How many values share each slot. */
  readonly shares: ReadonlyMap<Slot, number>;
  readonly spans: ReadonlyMap<Step, Span>;
}

/** First and last position of a step; they differ for steps with bodies. */
interface Span {
  readonly first: number;
  readonly last: number;
}

export function assignSlots({ block, constants }: Steps, signature: Signature): Assignment {
  const assigner = new Assigner(constants);
  assigner.number(block);
  block.parameters.forEach((parameter, i) => {
    assigner.create(parameter, signature.donated.includes(i) ? "donated" : "argument");
  });
  assigner.block(block);
  const results = new Set(block.results.map((result) => assigner.slotOf.get(result)));
  // A caller keeps these arrays, so they cannot be the executable's own memory.
  for (const slot of results) if (slot?.kind === "planned") slot.kind = "result";
  return assigner;
}

/** Results of more bytes are computed in each run rather than kept. */
const constantLimit = 1 << 22;
const neverConstant: ReadonlySet<string> = new Set(["stablehlo.rng", "stablehlo.custom_call"]);

/** Slots for a body that the evaluator calls; `outer` has those of the values that it reads from outside. */
export function assignBody({ block, constants }: Steps, outer: ReadonlyMap<Variable, Slot>): Assignment {
  const assigner = new Assigner(constants);
  for (const [variable, slot] of outer) assigner.slotOf.set(variable, slot);
  assigner.number(block);
  for (const parameter of block.parameters) assigner.create(parameter, "argument");
  assigner.block(block);
  return assigner;
}

class Assigner implements Assignment {
  readonly slots: Slot[] = [];
  readonly slotOf = new Map<Variable, Slot>();
  readonly moves = new Map<OpStep, ControlMoves>();
  readonly shares = new Map<Slot, number>();
  readonly spans = new Map<Step, Span>();
  readonly #lastUse = new Map<Variable, number>();
  readonly #ends = new Map<StepBlock, number>();
  /** The last read of the value that a slot holds at the moment. */
  readonly #heldUntil = new Map<Slot, number>();
  /** Which value that is. */
  readonly #holder = new Map<Slot, Variable>();
  /** Where the result of a branch, or what a loop carries on, had best be computed. */
  readonly #wanted = new Map<Variable, Slot>();
  #position = 0;

  constructor(constants: ReadonlyMap<Variable, ConstantTensor>) {
    for (const [variable, { data }] of constants) {
      const slot = this.create(variable, "constant");
      slot.own();
      arena.fill(slot.block!, data);
    }
  }

  create(variable: Variable, kind: SlotKind, shape = tensorType(variable).shape): Slot {
    const slot = new Slot(this.slots.length, { ...tensorType(variable), shape }, kind);
    this.slots.push(slot);
    slot.start = this.#position;
    this.#join(variable, slot);
    return slot;
  }

  /** From now on the slot holds `variable`. */
  #join(variable: Variable, slot: Slot): void {
    const until = this.#lastUse.get(variable) ?? this.#position;
    this.slotOf.set(variable, slot);
    this.shares.set(slot, (this.shares.get(slot) ?? 0) + 1);
    this.#heldUntil.set(slot, until);
    this.#holder.set(slot, variable);
    slot.end = Math.max(slot.end, until);
  }

  /** Gives every step its positions, and every value the last one that reads it. */
  number(block: StepBlock): void {
    for (const step of block.steps) {
      const first = this.#position++;
      if (step.kind === "op") for (const inner of step.blocks) this.number(inner);
      const last = step.kind === "op" && step.blocks.length > 0 ? this.#position++ : first;
      this.spans.set(step, { first, last });
      for (const root of rootsOf(step)) this.#read(root, first);
      // What a body reads must outlive all its iterations.
      if (step.kind === "op") for (const capture of step.captures.values()) this.#read(capture, last);
    }
    const end = this.#position++;
    this.#ends.set(block, end);
    for (const result of block.results) this.#read(result, end);
  }

  #read(variable: Variable, position: number): void {
    this.#lastUse.set(variable, Math.max(this.#lastUse.get(variable) ?? -1, position));
  }

  block(block: StepBlock): void {
    for (const step of block.steps) {
      this.#position = this.spans.get(step)!.first;
      if (step.kind === "loop") this.#loop(step);
      else if (step.kind === "rows") this.#rows(step);
      else (this.#special[step.instruction.name] ?? this.#op)(step);
    }
    this.#position = this.#ends.get(block)!;
  }

  #output(variable: Variable, step?: Step): Slot | undefined {
    if (variable.type.kind !== "tensor") return undefined;
    if (step && this.#isConstant(step)) return this.create(variable, "constant");
    const wanted = this.#wanted.get(variable);
    if (wanted && step && this.#mayOverwrite(wanted, step, variable)) {
      this.#join(variable, wanted);
      return wanted;
    }
    return this.create(variable, "planned");
  }

  /** Whether a step has the same results in each run, and they are small enough to be kept. */
  #isConstant(step: Step): boolean {
    if (step.kind === "op") {
      const { name, operation, inputs } = step.instruction;
      if (hasEffects(operation) || inputs.length === 0 || step.blocks.length > 0 || neverConstant.has(name))
        return false;
    }
    let bytes = 0;
    for (const { type } of step.outputs)
      bytes += type.kind === "tensor" ? byteLength(type) : constantLimit + 1;
    return bytes <= constantLimit && readBy(step).every((root) => this.#kindOf(root) === "constant");
  }

  #kindOf(variable: Variable): SlotKind | undefined {
    return this.slotOf.get(variable)?.kind;
  }

  #loop(step: LoopStep): void {
    const { first } = this.spans.get(step)!;
    const constant = this.#isConstant(step);
    for (const output of step.outputs) {
      const reusable = !constant && !this.#wanted.has(output);
      const dying =
        reusable &&
        rootsOf(step).find((root) => this.#diesAt(root, first) && overwritesSafely(step, root, output));
      if (dying) this.#join(output, this.slotOf.get(dying)!);
      else this.#output(output, step);
    }
  }

  #rows(step: RowsStep): void {
    for (const output of step.outputs) this.#output(output, step);
    for (const variable of step.internal) this.create(variable, "planned", rowShape(variable, step.outer));
  }

  #op = (step: OpStep): void => {
    for (const output of step.outputs) this.#output(output, step);
  };

  readonly #special: Readonly<Record<string, (step: OpStep) => void>> = {
    "stablehlo.dynamic_update_slice": (step) => this.#update(step),
    "stablehlo.scatter": (step) => this.#update(step),
    "stablehlo.while": (step) => this.#while(step),
    "stablehlo.case": (step) => this.#branches(step),
    "stablehlo.if": (step) => this.#branches(step),
  };

  /** The result takes the operand's slot over when nobody reads the operand afterwards. */
  #update(step: OpStep): void {
    step.outputs.forEach((output, i) => {
      const { root } = step.inputs[i]!;
      const others = rootsOf(step).filter((other) => other === root).length > 1;
      const whole = root && isWhole(step.inputs[i]!, tensorType(output).shape);
      if (whole && !others && this.#diesAt(root, this.spans.get(step)!.first))
        this.#join(output, this.slotOf.get(root)!);
      else this.#output(output);
    });
  }

  /** Whether the value's memory may be overwritten from `position` on. */
  #diesAt(root: Variable, position: number): boolean {
    const slot = this.slotOf.get(root);
    const until = slot && this.#heldUntil.get(slot);
    // A slot of outer values has no end here.
    return slot !== undefined && until !== undefined && slot.writable && until <= position;
  }

  /** Whether a step may write `made` where the slot's present value is. */
  #mayOverwrite(slot: Slot, step: Step, made: Variable): boolean {
    const { first } = this.spans.get(step)!;
    const until = this.#heldUntil.get(slot) ?? -1;
    return until < first || (until === first && overwritesSafely(step, this.#holder.get(slot)!, made));
  }

  #while(step: OpStep): void {
    const { first, last } = this.spans.get(step)!;
    const [condition, body] = step.blocks as [StepBlock, StepBlock];
    const enter: Move[] = [];
    const carried = step.inputs.map(({ root }, i) => {
      const output = step.outputs[i]!;
      if (output.type.kind !== "tensor") return undefined;
      const initial = this.slotOf.get(root!)!;
      const once = step.inputs.filter((other) => other.root === root).length === 1;
      const takesOver = once && this.#diesAt(root!, first);
      const slot = takesOver ? initial : this.#output(output, step)!;
      if (!takesOver) enter.push({ from: initial, to: slot });
      const [tested, updated] = [condition.parameters[i]!, body.parameters[i]!];
      this.#join(tested, slot);
      this.#join(updated, slot);
      // The condition must leave it alone: it is the loop's result when the test fails.
      this.#heldUntil.set(slot, last);
      slot.end = Math.max(slot.end, last);
      return slot;
    });
    this.block(condition);
    carried.forEach((slot, i) => {
      if (slot) this.#heldUntil.set(slot, this.#lastUse.get(body.parameters[i]!) ?? -1);
    });
    this.#wantInPlace(body, carried);
    this.block(body);
    const leave = body.results.flatMap((result, i): Move[] => {
      const to = carried[i];
      return to ? [{ from: this.slotOf.get(result)!, to }] : [];
    });
    this.moves.set(step, { enter, leave: [[], this.#parallel(leave)] });
    this.#position = last;
    carried.forEach((slot, i) => {
      if (slot) this.#join(step.outputs[i]!, slot);
    });
  }

  /** What the next iteration carries is computed where this one's value was, if nobody reads that any more. */
  #wantInPlace(body: StepBlock, carried: readonly (Slot | undefined)[]): void {
    const makers = new Map(
      body.steps.flatMap((step) => step.outputs.map((output) => [output, step] as const)),
    );
    const seen = new Set<Variable>();
    body.results.forEach((result, i) => {
      const maker = makers.get(result);
      const slot = carried[i];
      const parameter = body.parameters[i]!;
      if (!maker || !slot || seen.has(result)) return;
      seen.add(result);
      if ((this.#lastUse.get(parameter) ?? -1) <= this.spans.get(maker)!.first)
        this.#wanted.set(result, slot);
    });
  }

  #branches(step: OpStep): void {
    const { last } = this.spans.get(step)!;
    const slots = step.outputs.map((output) => this.#output(output, step));
    const leave = step.blocks.map((block) => {
      const inside = madeIn(block);
      const seen = new Set<Variable>();
      block.results.forEach((result, i) => {
        // Computed where it is wanted; a value that is returned twice is copied the second time.
        if (slots[i] && inside.has(result) && !seen.has(result)) this.#wanted.set(result, slots[i]);
        seen.add(result);
      });
      // Nothing is in there yet when a branch begins.
      for (const slot of slots) if (slot) this.#heldUntil.set(slot, -1);
      this.block(block);
      return this.#parallel(
        block.results.flatMap((result, i): Move[] =>
          slots[i] ? [{ from: this.slotOf.get(result)!, to: slots[i] }] : [],
        ),
      );
    });
    slots.forEach((slot, i) => {
      if (slot) this.#join(step.outputs[i]!, slot);
      if (slot) slot.end = Math.max(slot.end, last);
    });
    this.moves.set(step, { enter: [], leave });
    this.#position = last;
  }

  /** Moves that happen at once as moves one after the other: what would be overwritten too early is saved first. */
  #parallel(moves: readonly Move[]): Move[] {
    const real = moves.filter(({ from, to }) => from !== to);
    const targets = new Set(real.map(({ to }) => to));
    const saves: Move[] = [];
    const rest = real.map(({ from, to }): Move => {
      if (!targets.has(from)) return { from, to };
      const copy = new Slot(this.slots.length, from.type, "planned");
      copy.start = copy.end = this.#position;
      this.slots.push(copy);
      saves.push({ from, to: copy });
      return { from: copy, to };
    });
    return [...saves, ...rest];
  }
}

/** A loop that reads an element of `old` only where it then writes that element of `made`. */
export function overwritesSafely(step: Step, old: Variable, made: Variable): boolean {
  if (step.kind !== "loop" || step.reduction?.outputs.includes(made)) return false;
  const sameWidth = tensorType(old).element === tensorType(made).element;
  return (
    sameWidth && [...step.loads.values()].every((view) => view.root !== old || isWhole(view, step.shape))
  );
}

function madeIn(block: StepBlock): Set<Variable> {
  return new Set(block.steps.flatMap((step) => step.outputs));
}
