/** What `jax.export` says around a program (jax/_src/export/serialization.fbs): the trees of arguments and results. */
import { ProgramError } from "./errors.ts";
import { Table } from "./flatbuffer.ts";
import type { TreeDef } from "./tree.ts";

export interface Exported {
  readonly functionName: string;
  /** Platforms that it was exported for, in the order of the module's platform index. */
  readonly platforms: readonly string[];
  readonly callingConvention: number;
  /** A tuple of the positional arguments, then a dict of those by keyword. */
  readonly inTree: TreeDef;
  readonly outTree: TreeDef;
  /** Which leaves of the arguments the module takes: unused ones are dropped. */
  readonly kept: readonly number[];
}

/** Numbers of the fields of `table Exported`. They never change: a schema only grows at its end. */
const field = {
  functionName: 1,
  inTree: 2,
  outTree: 4,
  platforms: 9,
  orderedEffects: 10,
  callingConvention: 14,
  kept: 15,
} as const;

/** Of `enum PyTreeDefKind`. */
const kinds = ["leaf", "none", "tuple", "list", "dict", "custom"] as const;

/** Of `table PyTreeDef`. */
const node = { kind: 0, children: 1, names: 2, customName: 3 } as const;

/** Above what any program has, below what would exhaust memory or stack. */
const limits = { nodes: 1_000_000, depth: 500 } as const;

/** Reads `Exported.serialize()`. Throws {@link ProgramError} when the bytes are damaged. */
export function readExported(bytes: Uint8Array): Exported {
  try {
    const table = Table.root(bytes);
    const effects = table.tables(field.orderedEffects);
    if (effects.length > 0) throw new ProgramError("the program has ordered effects; export it without them");
    return {
      functionName: table.string(field.functionName),
      platforms: table.strings(field.platforms),
      callingConvention: table.uint16(field.callingConvention),
      inTree: readTree(table.table(field.inTree)),
      outTree: readTree(table.table(field.outTree)),
      kept: table.uint16s(field.kept),
    };
  } catch (error) {
    if (error instanceof RangeError) throw new ProgramError("the jax.export artifact is damaged");
    throw error;
  }
}

function readTree(table: Table | undefined): TreeDef {
  let nodes = 0;
  const read = (at: Table, depth: number): TreeDef => {
    if (++nodes > limits.nodes || depth > limits.depth)
      throw new ProgramError("the trees of the artifact are too large");
    const kind = kinds[at.byte(node.kind)];
    if (!kind) throw new ProgramError("the trees of the artifact have nodes of an unknown kind");
    if (kind === "leaf" || kind === "none") return { kind };
    const children = at.tables(node.children).map((child) => read(child, depth + 1));
    if (kind === "dict") return { kind, keys: at.strings(node.names), children };
    return kind === "custom" ? { kind, name: at.string(node.customName), children } : { kind, children };
  };
  if (!table) throw new ProgramError("the jax.export artifact lacks the trees of its arguments or results");
  return read(table, 0);
}
