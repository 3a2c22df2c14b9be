/** SSA form: every operand is defined before its use and visible there; every block ends where it should. */
import type { OpDefinition } from "../declare/define.ts";
import type { Block, Operation, Region, Value } from "../model/operation.ts";
import { definitionOf } from "../ops/index.ts";
import { type Dominators, dominates, dominatorsOf } from "./dominance.ts";
import type { Report } from "./verify.ts";

/** Says what is wrong with a region, or with an operation in it. */
type Wrong = (message: string, inner?: Operation) => void;

/** What is known of a use takes a walk through as many blocks; compilers that branch more do not write StableHLO. */
const maximumBlocks = 1024;

export class Structure {
  /** Operations that were checked: those that come before the current one in program order, and it. */
  readonly #checked = new Set<Operation>();
  readonly #dominators = new Map<Region, Dominators>();

  /** Operations must be checked in program order. */
  check(operation: Operation, report: Report): void {
    const { operands, results } = operation;
    this.#checked.add(operation);
    for (let index = 0; index < operands.length; index++) {
      const problem = this.#problemOf(operands[index]!, operation);
      if (problem)
        report("verify/dominance", `operand #${index} ${problem}`, {
          part: { kind: "operands", index, count: 1 },
        });
    }
    for (let index = 0; index < results.length; index++) {
      const value = results[index]!;
      if (value.owner !== operation || value.index !== index)
        report("verify/links", `result #${index} belongs to another operation`);
    }
    for (const region of operation.regions) this.#checkLinks(region, operation, report);
  }

  /** What is wrong with a use, by the ancestor of the user that stands in the region where the value is defined. */
  #problemOf({ owner }: Value, user: Operation): string | undefined {
    const home: Block | undefined = owner.kind === "block" ? owner : owner.parent;
    const region = home?.parent;
    let ancestor: Operation | undefined = user;
    while (ancestor && ancestor.parent?.parent !== region) {
      ancestor = ancestor.parent?.parent?.parent;
      if (ancestor && definitionOf(ancestor.name)?.isolated)
        return "is defined outside of a region that is isolated from above";
    }
    if (!ancestor?.parent || !region) return "is not visible where it is used";
    if (ancestor.parent !== home)
      return this.#dominates(region, home, ancestor.parent) ? undefined : "does not dominate this use";
    if (owner.kind === "block") return undefined;
    return this.#checked.has(owner) && owner !== ancestor ? undefined : "does not dominate this use";
  }

  #dominates(region: Region, above: Block, below: Block): boolean {
    // Too many are reported at the region, and would take long here.
    if (region.blocks.length > maximumBlocks) return true;
    let dominators = this.#dominators.get(region);
    if (!dominators) this.#dominators.set(region, (dominators = dominatorsOf(region)));
    return dominates(dominators, above, below);
  }

  #checkLinks(region: Region, operation: Operation, report: Report): void {
    if (region.parent !== operation) report("verify/links", "a region does not know its operation");
    for (const block of region.blocks) {
      const lost = block.parent !== region || block.operations.some((inner) => inner.parent !== block);
      if (lost) report("verify/links", "a block does not know its region, or an operation its block");
    }
  }

  /** Whether each declared region holds what it should. */
  checkRegions(definition: OpDefinition, operation: Operation, report: Report): boolean {
    let sound = true;
    const wrong: Wrong = (message, inner = operation) => {
      report(`${definition.mnemonic}/regions`, message, { inner });
      sound = false;
    };
    operation.regions.forEach((region, i) => {
      const holds = (definition.regions[i] ?? definition.regions.at(-1))?.holds;
      const { length } = region.blocks;
      if (holds === "blocks or nothing") {
        if (length > maximumBlocks) wrong(`region #${i} has more than ${maximumBlocks} blocks`);
      } else if (length > 1) wrong(`region #${i} has more than one block`);
      else if (length === 0 && !holds)
        wrong(`region #${i} failed to verify constraint: region with 1 blocks`);
      if (holds !== "symbols") for (const block of region.blocks) this.#checkEnd(block, i, wrong);
    });
    return sound;
  }

  #checkEnd({ operations }: Block, region: number, wrong: Wrong): void {
    const last = operations.at(-1);
    if (!last || definitionOf(last.name)?.terminator === false)
      wrong(`region #${region}: block with no terminator`, last);
    const early = operations.slice(0, -1).find((inner) => definitionOf(inner.name)?.terminator);
    if (early) wrong(`must be the last operation in its block`, early);
  }
}
