/**
 * `pnpm bench ir [--rounds N] [--files N] [--json]`: reading, verifying and printing beside jaxlib's own C++, on the same
 * files in one run, and the size of what a browser loads.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleSizes } from "./bundle.ts";
import type { Contestant } from "./contestant.ts";
import { HloomReader, verbs } from "./ir_contestant.ts";
import { type Measurement, measure, median } from "./measure.ts";
import { ProcessContestant, pythonServer } from "./process.ts";
import { table } from "./table.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const shared = join(root, "../shared");
const workloads = process.env.HLOOM_WORKLOADS ?? join(shared, "workloads");
const modules = join(process.env.HLOOM_CONFORMANCE ?? join(shared, "conformance"), "gen/jax_0_10_2_pjrt");

/** Paths of the largest texts in a folder. */
function largest(folder: string, count: number): string[] {
  if (!existsSync(folder)) {
    process.stderr.write(`no files in ${folder}: set HLOOM_WORKLOADS and HLOOM_CONFORMANCE\n`);
    return [];
  }
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith(".mlir"))
    .map((name) => join(folder, name));
  return paths.sort((a, b) => statSync(b).size - statSync(a).size).slice(0, count);
}

export async function benchIr(args: readonly string[], python: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "7" },
      files: { type: "string", default: "6" },
      json: { type: "boolean", default: false },
    },
  });
  const count = Number(values.files);
  const files = [...largest(workloads, count), ...largest(modules, count)];
  const programs = files.flatMap((file) => verbs.map((verb) => `${verb} ${file}`));
  const contestants: Contestant[] = [
    new ProcessContestant("C++", pythonServer(python, "ir")),
    new HloomReader("hloom"),
  ];
  const folder = mkdtempSync(join(tmpdir(), "hloom-bench-"));
  try {
    const rows = await measure(programs, contestants, folder, {
      rounds: Number(values.rounds),
      turn: 60,
      onRow: ({ program }) => process.stderr.write(`${program}\n`),
    });
    const sizes = await bundleSizes();
    const results = new Map(rows.map(({ program, results }) => [program, results]));
    if (values.json) console.log(JSON.stringify({ rows, sizes }, undefined, 2));
    else console.log(report(files, results, sizes));
  } finally {
    rmSync(folder, { recursive: true });
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

type Results = ReadonlyMap<string, Readonly<Record<string, Measurement | string>>>;

function report(files: readonly string[], results: Results, sizes: Readonly<Record<string, number>>): string {
  const ratios = new Map<string, number[]>(verbs.map((verb) => [verb, []]));
  const rows = files.map((file) => {
    const cells = verbs.map((verb) => {
      const { "C++": base, hloom } = results.get(`${verb} ${file}`)!;
      if (typeof hloom !== "object" && typeof base !== "object") return "–";
      if (typeof hloom !== "object") return "?";
      if (typeof base !== "object") return `${hloom.run.toFixed(2)} ms`;
      const ratio = hloom.run / base.run;
      ratios.get(verb)!.push(ratio);
      return `${ratio.toFixed(1)}× (${hloom.run.toFixed(2)} ms)`;
    });
    return [file.split("/").at(-1)!, ...cells];
  });
  const medians = ["median", ...verbs.map((verb) => `${median(ratios.get(verb)!).toFixed(1)}×`)];
  const bundles = Object.entries(sizes).map(([name, size]) => [name, `${(size / 1000).toFixed(1)} kB`]);
  return `
Time of hloom as a multiple of C++'s (jaxlib), which verifies whatever it reads.

${table(["", ...verbs], [...rows, medians])}

${table(["bundle, minified and compressed", "size"], bundles)}`;
}
