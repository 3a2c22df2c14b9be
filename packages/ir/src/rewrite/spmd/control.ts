/**
 * Loops and branches in whose bodies processes meet: all processes go through them together. Where they decide
 * differently, each keeps what it has while others go on; in a valid program those that exchange decide alike.
 */
import {
  type Block,
  bodyOf,
  createBlock,
  createRegion,
  type Operation,
  type Value,
} from "../../model/operation.ts";
import type { TensorType } from "../../model/types.ts";
import { stablehlo } from "../../ops/index.ts";
import { Builder } from "../builder.ts";
import { splat } from "../constants.ts";
import { classesOf, firstOfEach, type Lanes, type Scope } from "./lanes.ts";

/** Emits the operations of a block for all processes at the end of another; gives what its terminator returns. */
export type EmitBlock = (source: Block, args: readonly Lanes[], scope: Scope, target: Block) => Lanes[];

/** Where an operation is emitted, and for how many processes. */
export interface Site {
  readonly emit: EmitBlock;
  readonly scope: Scope;
  readonly target: Block;
  readonly processes: number;
}

/** Which processes share each of several values. */
type Sharing = readonly (readonly number[])[];

function finish(block: Block, values: readonly Value[], { location }: Operation): Block {
  new Builder(block, location).emit(stablehlo.returnOp, values);
  return block;
}

/** One value for each class of each. */
function flattened(lanes: readonly Lanes[], sharing: Sharing): Value[] {
  return lanes.flatMap((values, i) => firstOfEach(sharing[i]!).map((lane) => values[lane]!));
}

/** The inverse of `flattened`. */
function expanded(values: readonly Value[], sharing: Sharing): Lanes[] {
  let at = 0;
  return sharing.map((classes) => {
    const first = firstOfEach(classes);
    const own = values.slice(at, (at += first.length));
    return classes.map((one) => own[first.findIndex((lane) => classes[lane] === one)]!);
  });
}

/** Distinct predicates by `or`: whether any process goes on. */
function any(builder: Builder, predicates: Lanes): Value {
  const [first, ...others] = new Set(predicates);
  return others.reduce((sum, value) => builder.value(stablehlo.or, [sum, value]), first!);
}

/** For each process `before` where its predicate does not hold. */
function chosen(builder: Builder, predicates: Lanes, after: Lanes, before: Lanes): Lanes {
  const made = new Map<number, Value>();
  const classes = classesOf([predicates, after, before], predicates.length);
  return classes.map((one, lane) => {
    const [yes, no] = [after[lane]!, before[lane]!];
    const value =
      made.get(one) ?? (yes === no ? yes : builder.value(stablehlo.select, [predicates[lane]!, yes, no]));
    made.set(one, value);
    return value;
  });
}

export function emitWhile(operation: Operation, state: readonly Lanes[], site: Site): Lanes[] {
  const { emit, scope, target, processes } = site;
  const [condition, body] = operation.regions.map(bodyOf);
  const typed = (sharing: Sharing) =>
    createBlock(sharing.flatMap((classes, i) => firstOfEach(classes).map(() => state[i]![0]!.type)));

  /** The body for processes that share so much, and how much they share after it. */
  const attempt = (sharing: Sharing) => {
    const block = typed(sharing);
    const args = expanded(block.arguments, sharing);
    const builder = new Builder(block, operation.location);
    const [go] = emit(condition!, args, scope, block);
    const results = emit(body!, args, scope, block);
    const uniform = new Set(go).size === 1;
    const kept = uniform ? results : results.map((after, i) => chosen(builder, go!, after, args[i]!));
    const after = kept.map((lanes, i) => joint([sharing[i]!, classesOf([lanes], processes)]));
    return { block, kept, after };
  };

  // What processes share in the first iteration they may not share in the second; classes only ever get smaller.
  let sharing: Sharing = state.map((lanes) => classesOf([lanes], processes));
  let result = attempt(sharing);
  while (count(result.after) > count(sharing)) {
    sharing = result.after;
    result = attempt(sharing);
  }
  const loop = finish(result.block, flattened(result.kept, sharing), operation);
  const test = typed(sharing);
  const [go] = emit(condition!, expanded(test.arguments, sharing), scope, test);
  finish(test, [any(new Builder(test, operation.location), go!)], operation);
  const values = new Builder(target, operation.location).emit(
    stablehlo.whileOp,
    flattened(state, sharing),
    {},
    {
      results: loop.arguments.map(({ type }) => type),
      regions: [createRegion(test), createRegion(loop)],
    },
  );
  return expanded(values, sharing);
}

const count = (sharing: Sharing): number => sharing.reduce((sum, classes) => sum + new Set(classes).size, 0);

/** Two processes are in one class when they are in all of several partitions. */
function joint(partitions: Sharing): number[] {
  const known = new Map<string, number>();
  return partitions[0]!.map((_, lane) => {
    const key = partitions.map((classes) => classes[lane]).join();
    const found = known.get(key) ?? known.size;
    known.set(key, found);
    return found;
  });
}

/** `if` and `case`. */
export function emitBranches(operation: Operation, selector: Lanes, site: Site): Lanes[] {
  const { emit, scope, target } = site;
  if (new Set(selector).size === 1) return emitTogether(operation, selector[0]!, site);
  const bodies = operation.regions.map(bodyOf);
  const builder = new Builder(target, operation.location);
  // `if` has its true branch first, and the last branch is what remains.
  const branches = bodies.map((body) => emit(body, [], scope, target));
  const predicates = bodies.map((_, b) =>
    operation.name === stablehlo.ifOp.name ? selector : equal(builder, selector, b),
  );
  return operation.results.map((_, i) =>
    branches
      .slice(0, -1)
      .reduceRight<Lanes>(
        (otherwise, results, b) => chosen(builder, predicates[b]!, results[i]!, otherwise),
        branches.at(-1)![i]!,
      ),
  );
}

function equal(builder: Builder, selector: Lanes, index: number): Lanes {
  const made = new Map<Value, Value>();
  return selector.map((value) => {
    const { element } = value.type as TensorType;
    const operands = () => [value, splat(builder, value, element as never, index)];
    const known =
      made.get(value) ?? builder.value(stablehlo.compare, operands(), { comparison_direction: "EQ" });
    made.set(value, known);
    return known;
  });
}

/** All processes take the same branch. */
function emitTogether(operation: Operation, selector: Value, site: Site): Lanes[] {
  const { emit, scope, target, processes } = site;
  const bodies = operation.regions.map(bodyOf);
  const blocks = bodies.map(() => createBlock());
  const results = bodies.map((body, b) => emit(body, [], scope, blocks[b]!));
  const sharing = operation.results.map((_, i) =>
    classesOf(
      results.map((lanes) => lanes[i]!),
      processes,
    ),
  );
  blocks.forEach((block, b) => finish(block, flattened(results[b]!, sharing), operation));
  const values = new Builder(target, operation.location).emit(
    operation.name === stablehlo.ifOp.name ? stablehlo.ifOp : stablehlo.caseOp,
    [selector],
    {},
    {
      results: flattened(results[0]!, sharing).map(({ type }) => type),
      regions: blocks.map((block) => createRegion(block)),
    },
  );
  return expanded(values, sharing);
}
