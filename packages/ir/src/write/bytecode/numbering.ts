/**
 * Numbers for values, entries, op names and dialects, given as MLIR gives them: entries by how often they are used,
 * so that the frequent ones fit in a byte, and then by dialect within each size of number.
 */
import type { ArtifactArgument, ArtifactBlock, ArtifactOperation, ArtifactValue } from "./artifact.ts";
import type { Entry, Part } from "./entries.ts";

export interface NumberedName {
  readonly dialect: string;
  readonly mnemonic: string;
  uses: number;
  number: number;
}

export class Numbering {
  readonly dialects = new Map<string, number>();
  readonly attributes: Entry[] = [];
  readonly types: Entry[] = [];
  readonly resources = new Map<string, number>();
  readonly operationNames: NumberedName[] = [];
  readonly #names = new Map<string, NumberedName>();
  readonly #values = new Map<ArtifactValue, number>();
  readonly #captures = new Set<ArtifactOperation>();
  /** Values that a region defines itself, without the regions inside of it. */
  readonly #valueCounts = new Map<readonly ArtifactBlock[], number>();
  #nextValue = 0;

  constructor(top: ArtifactOperation) {
    findCaptures(top, this.#captures);
    this.#operation(top);
    // Regions wait on a stack, each with the number of its first value.
    const waiting: [readonly ArtifactBlock[], number][] = [];
    const postpone = (operation: ArtifactOperation) => {
      const first = this.isIsolated(operation) ? 0 : this.#nextValue;
      for (const region of operation.regions) waiting.push([region, first]);
    };
    postpone(top);
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [region, first] = next;
      this.#nextValue = first;
      this.#region(region);
      for (const block of region) for (const operation of block.operations) postpone(operation);
    }
    const order = [...this.dialects.keys()];
    byUse(this.attributes, order);
    byUse(this.types, order);
    byUse(this.operationNames, order);
  }

  /** Whether the op's regions use only what they define: their values then count from zero. */
  isIsolated(operation: ArtifactOperation): boolean {
    return operation.isolated || !this.#captures.has(operation);
  }

  valueCount(region: readonly ArtifactBlock[]): number {
    return this.#valueCounts.get(region) ?? 0;
  }

  valueNumber(value: ArtifactValue): number {
    return this.#values.get(value)!;
  }

  nameNumber(name: string): number {
    return this.#names.get(name)!.number;
  }

  #region(region: readonly ArtifactBlock[]): void {
    const first = this.#nextValue;
    for (const block of region) {
      for (const argument of block.arguments) this.#argument(argument);
      for (const operation of block.operations) this.#operation(operation);
    }
    this.#valueCounts.set(region, this.#nextValue - first);
  }

  #argument(argument: ArtifactArgument): void {
    this.#values.set(argument, this.#nextValue++);
    this.#entry(argument.location ?? argument.unknown);
    this.#entry(argument.type);
  }

  #operation({ name, results, dictionary, properties, location }: ArtifactOperation): void {
    this.#name(name);
    for (const result of results) {
      this.#values.set(result, this.#nextValue++);
      this.#entry(result.type);
    }
    if (dictionary) this.#entry(dictionary);
    if (properties) this.#parts(properties);
    this.#entry(location);
  }

  #name(full: string): void {
    const known = this.#names.get(full);
    if (known) {
      known.uses++;
      return;
    }
    const dot = full.indexOf(".");
    const name = { dialect: full.slice(0, dot), mnemonic: full.slice(dot + 1), uses: 1, number: -1 };
    this.#dialect(name.dialect);
    this.#names.set(full, name);
    this.operationNames.push(name);
  }

  #entry(entry: Entry): void {
    if (entry.uses++ > 0) return;
    (entry.table === "attribute" ? this.attributes : this.types).push(entry);
    this.#dialect(entry.dialect);
    this.#parts(entry.parts);
  }

  #parts(parts: readonly Part[]): void {
    for (const part of parts) {
      if (part.kind === "entry") this.#entry(part.entry);
      else if (part.kind === "resource" && !this.resources.has(part.key))
        this.resources.set(part.key, this.resources.size);
    }
  }

  #dialect(name: string): void {
    if (!this.dialects.has(name)) this.dialects.set(name, this.dialects.size);
  }
}

/** Ops whose regions use values from outside of them. */
function findCaptures(top: ArtifactOperation, captures: Set<ArtifactOperation>): void {
  /** How many ops with regions surround the definition. */
  const depths = new Map<ArtifactValue, number>();
  const around: ArtifactOperation[] = [];
  const visit = (operation: ArtifactOperation) => {
    for (const operand of operation.operands) {
      for (let depth = depths.get(operand) ?? 0; depth < around.length; depth++) captures.add(around[depth]!);
    }
    for (const result of operation.results) depths.set(result, around.length);
    around.push(operation);
    for (const region of operation.regions) {
      for (const block of region) {
        for (const argument of block.arguments) depths.set(argument, around.length);
        block.operations.forEach(visit);
      }
    }
    around.pop();
  };
  visit(top);
}

interface Numbered {
  readonly dialect: string;
  readonly uses: number;
  number: number;
}

/** The most used first, then groups of dialects within the numbers of one byte, two bytes, and so on. */
function byUse(items: Numbered[], dialects: readonly string[]): void {
  items.sort((a, b) => b.uses - a.uses);
  const places = new Map(dialects.map((dialect, place) => [dialect, place]));
  let leading = 0;
  for (let from = 0, size = 128, bytes = 1; from < items.length; bytes++) {
    // A group ends with the dialect that the next one starts with.
    const place = ({ dialect }: Numbered) => (places.get(dialect) === leading ? -1 : places.get(dialect)!);
    const group = items.slice(from, from + size).sort((a, b) => place(a) - place(b));
    group.forEach((item, i) => {
      items[from + i] = item;
    });
    leading = places.get(group.at(-1)!.dialect)!;
    from += group.length;
    size = 2 ** (7 * (bytes + 1)) - size;
  }
  items.forEach((item, number) => {
    item.number = number;
  });
}
