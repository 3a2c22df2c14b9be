/** `hloom fuzz`: generated programs on backends, beside the reference evaluator; what differs is made small and printed. */
import { Device, loadBackend } from "@hloom/backend";
import { isMistake, type Outcome, outcomes, type Trial, tryOn } from "@hloom/backend/kit";
import { allDefinitions, smith, writeText } from "@hloom/ir";
import { Command } from "commander";
import { CommandError, type ExitCode } from "./errors.ts";
import { tensorLine } from "./show.ts";

interface Options {
  readonly backend: readonly string[];
  readonly seed: string;
  readonly count: string;
  readonly size: string;
  readonly op?: readonly string[];
  readonly reasons?: true;
  readonly json?: true;
}

/** How one backend did. */
interface Tally {
  readonly backend: string;
  readonly counts: Record<Outcome, number>;
  /** Why programs did not run, each with how often. */
  readonly reasons: Map<string, number>;
  /** Programs that ran without what the backend lacks. */
  partial: number;
  seconds: number;
}

export function fuzzCommand(done: (code: ExitCode) => void): Command {
  return new Command("fuzz")
    .description(
      "run generated programs on backends and on the reference evaluator; exit code 1 when results differ by more than " +
        "the rounding of their operations explains",
    )
    .option("--backend <names...>", "cpu, mlx, or any package or path that exports a backend", ["cpu"])
    .option("--seed <number>", "the first program", "0")
    .option("--count <number>", "how many programs", "100")
    .option("--size <number>", "operations of a program, about", "12")
    .option("--op <names...>", "operations to choose from, e.g. stablehlo.add; all, unless told")
    .option("--reasons", "say why programs were refused")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample: hloom fuzz --backend cpu mlx --seed 1000 --count 500")
    .action(async (options: Options) => done(await fuzz(options)));
}

async function fuzz(options: Options): Promise<ExitCode> {
  const names = [...new Set(options.backend)];
  const devices = await Promise.all(
    names.map(async (name) => new Device(await loadBackend(name, import.meta.url))),
  );
  const tallies = names.map(newTally);
  const [first, count] = [wholeNumber(options.seed, "--seed"), wholeNumber(options.count, "--count")];
  try {
    for (let seed = first; seed < first + count; seed++) {
      const sample = smith.generateSample(seed, generation(options));
      for (const [i, device] of devices.entries()) await tryOne(device, tallies[i]!, sample, seed, options);
    }
  } finally {
    await Promise.all(devices.map((device) => device.close()));
  }
  report(tallies, options);
  return tallies.every(({ counts }) => counts.different + counts.failed === 0) ? 0 : 1;
}

function wholeNumber(text: string, option: string): number {
  if (!/^\d+$/.test(text)) throw new CommandError(`${option} takes a whole number, not "${text}"`);
  return Number(text);
}

function generation({ size, op }: Options): smith.GenerateOptions {
  const ops = op ? [...allDefinitions()].filter(({ name }) => op.includes(name)) : smith.repeatableOps;
  const unknown = op?.find((name) => !ops.some((definition) => definition.name === name));
  if (unknown !== undefined) throw new CommandError(`--op takes the names of operations, not "${unknown}"`);
  return { size: wholeNumber(size, "--size"), ops };
}

const newTally = (backend: string): Tally => ({
  backend,
  counts: Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>,
  reasons: new Map(),
  partial: 0,
  seconds: 0,
});

async function tryOne(
  device: Device,
  tally: Tally,
  sample: smith.Sample,
  seed: number,
  options: Options,
): Promise<void> {
  const began = performance.now();
  const trial = await tryOn(device, sample);
  tally.seconds += (performance.now() - began) / 1000;
  tally.counts[trial.outcome]++;
  if (trial.without) tally.partial++;
  for (const name of new Set(trial.without)) count(tally, `without ${name}`);
  if (trial.outcome === "unsupported" || trial.outcome === "meaningless") count(tally, reasonOf(trial));
  if (isMistake(trial)) process.stderr.write(await mistake(device, tally.backend, sample, seed, options));
}

function count({ reasons }: Tally, reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
}

/** The line that says what is missing, without its place. */
function reasonOf({ problem = "" }: Trial): string {
  const lines = problem.split("\n").map((line) => line.trim());
  const line = lines.find((text) => / at /.test(text)) ?? lines[0]!;
  return line.replace(/ at \S+( location)?/, "").replace(/-:\d+:\d+: |tensor<[^>]*>+/g, "");
}

/** The smallest sample that fails in the same way, and how to see it again. */
async function mistake(
  device: Device,
  backend: string,
  sample: smith.Sample,
  seed: number,
  { size, op }: Options,
): Promise<string> {
  const small = await smith.shrink(sample, async (smaller) => isMistake(await tryOn(device, smaller)));
  const { problem } = await tryOn(device, small);
  const again = `hloom fuzz --backend ${backend} --seed ${seed} --count 1 --size ${size}${op ? ` --op ${op.join(" ")}` : ""}`;
  const args = small.args.map((arg, i) => tensorLine(`argument ${i}`, arg));
  return `${[`${backend}: ${problem}`, writeText(small.module).trimEnd(), ...args, `again: ${again}`].join("\n")}\n\n`;
}

function report(tallies: readonly Tally[], { json, reasons: wanted }: Options): void {
  if (json) {
    const plain = tallies.map((tally) => ({ ...tally, reasons: Object.fromEntries(tally.reasons) }));
    process.stdout.write(`${JSON.stringify(plain)}\n`);
    return;
  }
  for (const { backend, counts, partial, seconds, reasons } of tallies) {
    const parts = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome}`);
    process.stdout.write(
      `${backend}: ${parts.join(", ")} (${partial} of them in part, ${seconds.toFixed(1)} s)\n`,
    );
    if (!wanted) continue;
    for (const [reason, count] of [...reasons].sort(([, a], [, b]) => b - a))
      process.stdout.write(`  ${count} ${reason}\n`);
  }
}
