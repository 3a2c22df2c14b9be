/** SSA values by number. A region that captures nothing counts from zero again, and so has a scope of its own. */
import type { Operation, Value } from "../../model/operation.ts";
import type { Cursor } from "./cursor.ts";

/** A use of a value that is defined further on, as in regions where order does not matter. */
interface Pending {
  readonly operation: Operation;
  readonly index: number;
}

export class ValueScope {
  private readonly values: (Value | undefined)[] = [];
  /** Per open region: the number of its first value and of the next one to be defined. */
  private readonly regions: { readonly first: number; readonly end: number; next: number }[] = [];
  private readonly pending = new Map<number, Pending[]>();

  open(count: number): void {
    const first = this.regions.at(-1)?.end ?? 0;
    this.regions.push({ first, end: first + count, next: first });
  }

  close(cursor: Cursor): void {
    const region = this.regions.pop()!;
    if (region.next !== region.end) {
      cursor.fail(
        "value",
        `a region announces ${region.end - region.first} values and defines ${region.next - region.first}`,
      );
    }
    this.values.length = Math.min(this.values.length, region.first);
    for (const number of this.pending.keys()) {
      if (number >= region.first) cursor.fail("value", `value ${number} is used and never defined`);
    }
  }

  define(value: Value, cursor: Cursor): void {
    const region = this.regions.at(-1);
    if (!region || region.next >= region.end)
      cursor.fail("value", "a region defines more values than it announces");
    const number = region.next++;
    this.values[number] = value;
    const waiting = this.pending.get(number);
    if (!waiting) return;
    this.pending.delete(number);
    for (const { operation, index } of waiting) operation.operands[index] = value;
  }

  use(number: number, operation: Operation, index: number, cursor: Cursor): void {
    const region = this.regions.at(-1);
    if (!region || number >= region.end) cursor.fail("value", `value ${number} does not exist here`);
    const value = this.values[number];
    if (value) {
      operation.operands[index] = value;
      return;
    }
    // Holds the place until the definition comes; `close` makes sure that it does.
    operation.operands[index] = undefined as unknown as Value;
    const waiting = this.pending.get(number);
    if (waiting) waiting.push({ operation, index });
    else this.pending.set(number, [{ operation, index }]);
  }
}
