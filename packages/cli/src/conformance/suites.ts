/** Which programs each suite holds, found in the data directories. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { irCases } from "./ir_cases.ts";

export const suiteNames = ["ir", "numeric", "pjrt", "workloads"] as const;
export type SuiteName = (typeof suiteNames)[number];

/** One program and what is asked of it. Plain data: it travels to a worker process. */
export interface Case {
  readonly suite: SuiteName;
  /** What the case counts for in the table, in a suite that needs no backend. */
  readonly row?: string;
  /** Unique in the suite, and stable: expectations name it. */
  readonly id: string;
  readonly ask:
    | "accept"
    | "reject"
    | "lines"
    | "infer"
    | "print"
    | "checks"
    | "near"
    | "results"
    | "workload";
  readonly file: string;
  /** The golden print, or the .npz of inputs and outputs. */
  readonly beside?: string;
  readonly outputs?: readonly OutputExpectation[];
}

/** How one output of a workload is compared; from its `index.json`. */
export interface OutputExpectation {
  readonly atol: number;
  /** Small differences grow without bound: compare shape, type and finiteness only. */
  readonly chaotic: boolean;
}

export interface DataDirectories {
  readonly data: string;
  readonly workloads: string;
}

/** Cases of a suite; throws when its data is not there. */
export function casesOf(suite: SuiteName, directories: DataDirectories): Case[] {
  const root = suite === "workloads" ? directories.workloads : directories.data;
  if (!existsSync(root)) {
    const flag = suite === "workloads" ? "--workloads" : "--data";
    throw new Error(
      `suite ${suite} needs its data, and ${root} does not exist; say where it is with ${flag} DIR`,
    );
  }
  return finders[suite](root);
}

const finders: Record<SuiteName, (root: string) => Case[]> = {
  ir: irCases,
  numeric: (root) =>
    filesIn(join(root, "orig/stablehlo/testdata"), ".mlir").map((file) => ({
      suite: "numeric",
      id: basename(file, ".mlir"),
      // Upstream's own interpreter misses the tolerance of some, and upstream leaves those out.
      ask: firstLine(file).includes("RUN-DISABLED") ? "near" : "checks",
      file,
    })),
  pjrt: (root) =>
    filesIn(join(root, "gen/jax_0_10_2_pjrt"), ".mlir.bc").map((file) => ({
      suite: "pjrt",
      id: basename(file, ".mlir.bc"),
      ask: "results",
      file,
      beside: file.replace(/\.mlir\.bc$/, ".npz"),
    })),
  workloads: workloadCases,
};

function workloadCases(root: string): Case[] {
  type Index = Record<string, { readonly outputs: readonly OutputExpectation[] }>;
  const index = JSON.parse(readFileSync(join(root, "index.json"), "utf8")) as Index;
  return Object.entries(index)
    .filter(([name]) => existsSync(join(root, `${name}.mlir`)))
    .map(([name, { outputs }]) => ({
      suite: "workloads",
      id: name,
      ask: "workload",
      file: join(root, `${name}.mlir`),
      beside: join(root, `${name}.npz`),
      outputs: outputs.map(({ atol, chaotic }) => ({ atol, chaotic })),
    }));
}

function firstLine(file: string): string {
  const descriptor = openSync(file, "r");
  const bytes = Buffer.alloc(200);
  const length = readSync(descriptor, bytes);
  closeSync(descriptor);
  return bytes.toString("utf8", 0, length).split("\n", 1)[0]!;
}

function filesIn(directory: string, ending: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(directory, name));
}
