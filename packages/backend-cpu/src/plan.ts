/**
 * The stages put together: a verified module becomes a plan, a list of kernels over slots that one call runs.
 * Read this first.
 */
import { type CompileOptions, liveOperations, type Signature, signatureOf } from "@hloom/backend";
import {
  bodyOf,
  type HostTensor,
  locationText,
  type Operation,
  type PreparedModule,
  prepare,
  sameType,
  type VerifiedModule,
} from "@hloom/ir";
import { arena, type Block } from "./arena.ts";
import { type Assignment, assignSlots } from "./assign.ts";
import { type Built, KernelBuilder } from "./build.ts";
import { expandFunctions } from "./expand.ts";
import { flatten, type Variable } from "./flatten.ts";
import { fuse } from "./fuse.ts";
import { bindMemory, type Layout, layOut } from "./memory.ts";
import { buffersText, emittedText, flatText, stepsText } from "./print.ts";
import { fuseRows } from "./rows.ts";
import type { Slot } from "./slot.ts";

/** What an executable runs. */
export interface Runnable {
  readonly signature: Signature;
  /** Runs to the end. Memory of donated arguments may be overwritten, or be that of results. */
  run(args: readonly Block[]): Block[];
  /** Frees what is kept between runs; there is none after it. */
  close(): void;
}

export class Plan implements Runnable {
  readonly signature: Signature;
  readonly #code: Built;
  readonly #inputs: readonly Slot[];
  readonly #outputs: readonly Slot[];
  readonly #slots: readonly Slot[];
  readonly #fresh: readonly Slot[];
  readonly #layout: Layout;
  #memory: Block | undefined;

  constructor(
    signature: Signature,
    code: Built,
    io: { inputs: Slot[]; outputs: Slot[] },
    slots: readonly Slot[],
    layout: Layout,
  ) {
    this.signature = signature;
    this.#code = code;
    this.#inputs = io.inputs;
    this.#outputs = io.outputs;
    this.#slots = slots;
    this.#fresh = slots.filter((slot) => slot.kind === "result");
    this.#layout = layout;
  }

  run(args: readonly Block[]): Block[] {
    this.#memory ??= bindMemory(this.#layout);
    const held = new Map<Slot, Block>();
    const bind = (slot: Slot, block: Block) => {
      slot.address = block.address;
      held.set(slot, block);
    };
    for (let i = 0; i < args.length; i++) bind(this.#inputs[i]!, args[i]!);
    for (const slot of this.#fresh) bind(slot, arena.allocate(slot.bytes));
    this.#code.run();
    const results = this.#outputs.map((slot) => take(slot, held));
    for (const [{ kind }, block] of held) if (kind === "donated") block.free();
    return results;
  }

  close(): void {
    this.#memory?.free();
    this.#code.addresses.free();
    for (const slot of [...this.#slots, ...this.#code.scratch]) slot.block?.free();
  }
}

/** Results own their memory, which leaves `held`: what is the executable's, an argument's or another result's is copied. */
function take(slot: Slot, held: Map<Slot, Block>): Block {
  const block = held.get(slot);
  if (block && (slot.kind === "result" || slot.kind === "donated")) {
    held.delete(slot);
    return block;
  }
  const copy = arena.allocate(slot.bytes);
  arena.copy(slot.address, copy.address, slot.bytes);
  return copy;
}

/** Programs about several processes, which the evaluator runs in turns: upstream's tests, parts of sharded arrays. */
function isForeign({ name, regions, operands }: Operation): boolean {
  if (name.startsWith("interpreter.")) return true;
  if (name !== "sdy.manual_computation") return false;
  const parts = bodyOf(regions[0]!).arguments;
  return parts.some((part, i) => !sameType(part.type, operands[i]!.type));
}

function evaluated(module: VerifiedModule, signature: Signature): Runnable {
  const run = prepare(module);
  const types = signature.inputs as readonly HostTensor["type"][];
  return {
    signature,
    run: (args) => {
      const inputs = args.map((block, i) => arena.tensor(types[i]!, block));
      return (run(...inputs) as HostTensor[]).map((tensor) => arena.hold(tensor));
    },
    close: () => {},
  };
}

/** The module's functions for the evaluator, made ready when first asked for. */
function functionsOf(module: VerifiedModule): () => PreparedModule {
  let prepared: PreparedModule | undefined;
  return () => (prepared ??= prepare(module));
}

/** Compiles; each stage is timed and can be printed. */
export function makePlan(module: VerifiedModule, options: CompileOptions = {}): Runnable {
  const stage = <T>(name: string, work: () => T, text: (result: T) => string): T => {
    const began = performance.now();
    const result = work();
    const milliseconds = performance.now() - began;
    options.onStage?.({ name, text: () => text(result), milliseconds });
    return result;
  };
  const signature = signatureOf(module);
  const foreign = liveOperations(module).find(isForeign);
  if (foreign) {
    const why = `the reference evaluator runs the whole program, because of ${foreign.name} at ${locationText(foreign.location)}`;
    options.onWarning?.(why);
    return stage(
      "evaluate",
      () => evaluated(module, signature),
      () => why,
    );
  }
  const expanded = expandFunctions(module);
  const flat = stage("flat", () => flatten(expanded), flatText);
  const fused = stage("fuse", () => fuse(flat), stepsText);
  const steps = stage("rows", () => fuseRows(fused), stepsText);
  const { assignment, layout } = stage(
    "buffers",
    () => {
      const assignment: Assignment = assignSlots(steps, signature);
      return { assignment, layout: layOut(assignment.slots) };
    },
    ({ assignment, layout }) => buffersText(assignment, layout),
  );
  const slot = (variable: Variable) => assignment.slotOf.get(variable)!;
  const io = { inputs: steps.block.parameters.map(slot), outputs: steps.block.results.map(slot) };
  const builder = new KernelBuilder(functionsOf(module), assignment);
  return stage(
    "emit",
    () => new Plan(signature, builder.build(steps.block), io, assignment.slots, layout),
    () => emittedText(builder.lines),
  );
}
