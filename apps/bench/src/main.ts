/** `pnpm bench ir` is ir.ts's, `pnpm bench cpu` cpu.ts's; `pnpm bench [--programs NAME…] [--rounds N] [--json]`: hloom's backends beside XLA:CPU and hand-written MLX. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadBackend } from "@hloom/backend";
import type { Contestant } from "./contestant.ts";
import { benchCpu } from "./cpu.ts";
import { HloomContestant } from "./hloom.ts";
import { benchIr } from "./ir.ts";
import { benchJax } from "./jax.ts";
import { measure } from "./measure.ts";
import { ProcessContestant, pythonServer } from "./process.ts";
import { tableText } from "./table.ts";

/** In the order of the table; each is defined in python/programs_jax.py, python/programs_mlx.py and python/inputs.py. */
const programs = [
  "dispatch",
  "matmul 512",
  "gelu 1M",
  "softmax 1024",
  "layer norm 1024",
  "conv 3x3",
  "mlp train",
  "scan 1000",
  "sort 100k",
  "random normal",
];

const baseline = "XLA:CPU";
const root = fileURLToPath(new URL("../../../", import.meta.url));

async function main(): Promise<void> {
  const [topic, ...rest] = process.argv.slice(2);
  if (topic === "ir") return benchIr(rest, python("python"));
  if (topic === "jax") return benchJax(rest, python("python"));
  if (topic === "cpu") return benchCpu(rest, python("python"));
  const { values } = parseArgs({
    options: {
      programs: { type: "string", multiple: true },
      rounds: { type: "string", default: "7" },
      json: { type: "boolean", default: false },
    },
  });
  const chosen = values.programs ?? programs;
  const unknown = chosen.filter((name) => !programs.includes(name));
  if (unknown.length > 0)
    throw new Error(`no program is called ${unknown.join(", ")}; there are: ${programs.join(", ")}`);

  // JAX goes first: it writes the modules that hloom runs.
  const contestants: Contestant[] = [new ProcessContestant(baseline, pythonServer(python("python"), "jax"))];
  for (const name of ["mlx", "cpu"])
    contestants.push(new HloomContestant(`hloom ${name}`, await loadBackend(name, import.meta.url)));
  contestants.push(new ProcessContestant("MLX by hand", pythonServer(python("python-mlx"), "mlx")));

  const folder = mkdtempSync(join(tmpdir(), "hloom-bench-"));
  try {
    const rows = await measure(chosen, contestants, folder, {
      rounds: Number(values.rounds),
      turn: 60,
      onRow: ({ program }) => process.stderr.write(`${program}\n`),
    });
    const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores`;
    if (values.json) console.log(JSON.stringify({ machine, rows }, undefined, 2));
    else
      console.log(
        `\n${tableText(
          rows,
          contestants.map(({ name }) => name),
          baseline,
        )}\n\n${machine}`,
      );
  } finally {
    rmSync(folder, { recursive: true });
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

function python(environment: string): string {
  return join(root, ".hloom", environment, "bin", "python");
}

await main();
