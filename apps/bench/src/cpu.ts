/**
 * `pnpm bench cpu [--rounds N] [--filter TEXT] [--wide] [--no-programs] [--json | --html FILE | --write]`: backend cpu
 * beside XLA:CPU of the project's JAX, on one core and on two, and beside StableHLO's reference interpreter.
 * `--write` puts the table into docs/performance.md.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Contestant } from "./contestant.ts";
import { groups } from "./cpu_groups.ts";
import { htmlReport } from "./cpu_html.ts";
import { type CpuReport, markdownReport, writeIntoDocs } from "./cpu_report.ts";
import { measure, type Row } from "./measure.ts";
import { hloomServer, ProcessContestant, pinned, pythonServer } from "./process.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const shared = join(root, "../shared");
const workloads = process.env.HLOOM_WORKLOADS ?? join(shared, "workloads");
const modules = join(process.env.HLOOM_CONFORMANCE ?? join(shared, "conformance"), "gen/jax_0_10_2_pjrt");

/** Seconds that the interpreter may take for one program. */
const referenceLimit = 5;

/** Of the small programs every so many run beside the interpreter. */
const referenceStride = 3;

export async function benchCpu(args: readonly string[], python: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string", default: "7" },
      filter: { type: "string", default: "" },
      wide: { type: "boolean", default: false },
      programs: { type: "boolean", default: true },
      json: { type: "boolean", default: false },
      html: { type: "string" },
      write: { type: "boolean", default: false },
    },
    allowNegative: true,
  });
  const rounds = Number(values.rounds);
  const wanted = (names: readonly string[]) => names.filter((name) => name.includes(values.filter));
  const kernels = await rowsOf(
    wanted(groups.flatMap((group) => group.programs)),
    rounds,
    pairs(python, values.wide),
  );
  const programs = values.programs
    ? await rowsOf(wanted(pathsIn(workloads)), rounds, pairs(python, values.wide))
    : [];
  const sample = pathsIn(modules).filter((_, i) => i % referenceStride === 0);
  const reference = values.programs ? await rowsOf(wanted(sample), 3, beside(python)) : [];
  const report: CpuReport = { ...origin(), kernels, programs, reference };
  if (values.html !== undefined) writeFileSync(values.html, htmlReport(report));
  if (values.write) writeIntoDocs(report, join(root, "docs/performance.md"));
  console.log(values.json ? JSON.stringify(report, undefined, 2) : markdownReport(report));
}

function origin(): Pick<CpuReport, "machine" | "node" | "commit" | "date"> {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: root,
    encoding: "utf8",
  }).trim();
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores`;
  return { machine, node: process.version, commit, date: new Date().toISOString().slice(0, 10) };
}

/** XLA:CPU and hloom on one core, then on two; JAX writes the modules that hloom runs, so it goes first. */
function pairs(python: string, wide: boolean): Contestant[] {
  return [1, 2].flatMap((threads) => {
    const cores = threads === 1 ? "0" : "0,1";
    const contestant = (name: string, command: Parameters<typeof pinned>[0]) =>
      new ProcessContestant(`${name} ${threads}`, pinned(command, cores));
    return [
      contestant("XLA", pythonServer(python, "jax")),
      contestant("hloom", hloomServer("cpu")),
      ...(wide ? [contestant("wide", hloomServer("cpu", { HLOOM_CPU_WIDE: "1" }))] : []),
    ];
  });
}

/** XLA:CPU only writes the files here. */
function beside(python: string): Contestant[] {
  return [
    new ProcessContestant("XLA", pythonServer(python, "jax")),
    new ProcessContestant("interpreter", pythonServer(python, "reference"), referenceLimit),
    new ProcessContestant("hloom", hloomServer("cpu")),
  ];
}

async function rowsOf(
  names: readonly string[],
  rounds: number,
  contestants: readonly Contestant[],
): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "hloom-bench-"));
  try {
    return await measure(names, contestants, folder, {
      rounds,
      turn: 60,
      onRow: ({ program }) => process.stderr.write(`${basename(program)}\n`),
    });
  } finally {
    rmSync(folder, { recursive: true });
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

/** Programs of a folder that come with arguments, as paths without their ending. */
function pathsIn(folder: string): string[] {
  if (!existsSync(folder)) {
    process.stderr.write(`no files in ${folder}: set HLOOM_WORKLOADS and HLOOM_CONFORMANCE\n`);
    return [];
  }
  const names = readdirSync(folder).filter((name) => name.endsWith(".mlir"));
  const bases = names.map((name) => join(folder, name.slice(0, -".mlir".length)));
  return bases.filter((base) => existsSync(`${base}.npz`));
}
