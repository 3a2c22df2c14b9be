/** Which blocks of a region every way to a block leads through. */
import type { Block, Region } from "../model/operation.ts";

/** The entry block first, each other block after its immediate dominator; blocks that no way leads to are left out. */
export type Dominators = ReadonlyMap<Block, Block>;

export function dominates(dominators: Dominators, above: Block, below: Block): boolean {
  // Nothing ever runs in a block that no way leads to, so everything may be relied on there.
  if (!dominators.has(below)) return true;
  let block = below;
  while (block !== above) {
    const next = dominators.get(block)!;
    if (next === block) return false;
    block = next;
  }
  return true;
}

/** Immediate dominators, the entry block's being itself (Cooper, Harvey and Kennedy: "A Simple, Fast Dominance Algorithm"). */
export function dominatorsOf(region: Region): Dominators {
  const order = reversePostorder(region.blocks[0]!);
  const place = new Map(order.map((block, i) => [block, i]));
  const dominators = new Map<Block, Block>([[order[0]!, order[0]!]]);
  const meet = (a: Block, b: Block): Block => {
    let [left, right] = [a, b];
    while (left !== right) {
      if (place.get(left)! > place.get(right)!) left = dominators.get(left)!;
      else right = dominators.get(right)!;
    }
    return left;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of order) {
      for (const next of successorsOf(block)) {
        if (next === order[0]) continue;
        const known = dominators.get(next);
        const found = known ? meet(known, block) : block;
        if (found === known) continue;
        dominators.set(next, found);
        changed = true;
      }
    }
  }
  return dominators;
}

function successorsOf(block: Block): readonly Block[] {
  return (block.operations.at(-1)?.successors ?? []).filter(({ parent }) => parent === block.parent);
}

/** Blocks that can be reached, each before those that only it leads to. */
function reversePostorder(entry: Block): Block[] {
  const postorder: Block[] = [];
  const seen = new Set([entry]);
  const stack = [{ block: entry, next: successorsOf(entry).values() }];
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const { value, done } = top.next.next();
    if (done) {
      postorder.push(top.block);
      stack.pop();
    } else if (!seen.has(value)) {
      seen.add(value);
      stack.push({ block: value, next: successorsOf(value).values() });
    }
  }
  return postorder.reverse();
}
