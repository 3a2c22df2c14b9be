/**
 * `pnpm bench jax [--backend NAME] [--rounds N] [--workloads] [--json]`: JAX on hloom's plugin beside XLA:CPU: dispatch,
 * transfers, compilation. Both run in one process and take turns.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "./table.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const script = fileURLToPath(new URL("../python/plugin.py", import.meta.url));
const workloads = process.env.HLOOM_WORKLOADS ?? join(root, "../shared/workloads");

/** Microseconds. */
interface Pair {
  readonly "XLA:CPU": number;
  readonly hloom: number;
}

interface Report {
  /** Of the compile host, with a first compilation of nothing. */
  readonly start: { readonly hloom: number };
  readonly latencies: Readonly<Record<string, Pair>>;
  readonly compilations?: Readonly<Record<string, Pair>>;
}

export async function benchJax(args: readonly string[], python: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      backend: { type: "string", default: "mlx" },
      rounds: { type: "string", default: "7" },
      workloads: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const options = ["--rounds", values.rounds, ...(values.workloads ? ["--workloads", workloads] : [])];
  const report = await run(python, options, values.backend);
  console.log(values.json ? JSON.stringify(report, undefined, 2) : text(report, values.backend));
}

async function run(python: string, options: readonly string[], backend: string): Promise<Report> {
  const env = {
    ...process.env,
    JAX_PLATFORMS: "hloom,cpu",
    HLOOM_BACKEND: backend,
    PYTHONPATH: join(root, "packages/plugin-pjrt/python"),
  };
  const child = spawn(python, [script, ...options], { stdio: ["ignore", "pipe", "inherit"], env });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const [status] = (await once(child, "close")) as [number | null];
  if (status !== 0) throw new Error(`${script} ended with ${status}`);
  return JSON.parse(output) as Report;
}

function text({ start, latencies, compilations }: Report, backend: string): string {
  const names = ["XLA:CPU", `hloom ${backend}`, "hloom / XLA:CPU"];
  const rows = (pairs: Readonly<Record<string, Pair>>, unit: number) =>
    Object.entries(pairs).map(([what, { "XLA:CPU": base, hloom }]) => [
      what,
      (base / unit).toFixed(1),
      (hloom / unit).toFixed(1),
      `${(hloom / base).toFixed(2)}×`,
    ]);
  const parts = [
    `compile host: ${(start.hloom / 1000).toFixed(0)} ms to its first answer`,
    table(["µs", ...names], rows(latencies, 1)),
  ];
  if (compilations) parts.push(table(["compile, ms", ...names], rows(withTotal(compilations), 1000)));
  return parts.join("\n\n");
}

function withTotal(pairs: Readonly<Record<string, Pair>>): Readonly<Record<string, Pair>> {
  const sum = (name: keyof Pair) => Object.values(pairs).reduce((total, pair) => total + pair[name], 0);
  return { ...pairs, total: { "XLA:CPU": sum("XLA:CPU"), hloom: sum("hloom") } };
}
