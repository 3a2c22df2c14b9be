/** One program on one backend: how it ends, beside the reference evaluator. */
import { EvaluateError, type HostTensor, smith } from "@hloom/ir";
import { UnsupportedError } from "../../src/backend.ts";
import type { Device } from "../../src/device.ts";
import { ShapeError } from "../../src/runnable.ts";
import { agreement } from "./agreement.ts";

export const outcomes = ["same", "rounding", "unsupported", "meaningless", "different", "failed"] as const;
/**
 * - `same`: every bit but those of NaNs. `rounding`: explained by the rounding of the operations.
 * - `unsupported`: the backend says that it lacks something. `meaningless`: the evaluator refuses the program.
 * - `different` and `failed` are mistakes: other results, or an error that is no refusal.
 */
export type Outcome = (typeof outcomes)[number];

export interface Trial {
  readonly outcome: Outcome;
  /** What is different, missing or went wrong. */
  readonly problem?: string;
  /** Operations that the backend lacks, and that the program was run without. */
  readonly without?: readonly string[];
}

export const isMistake = ({ outcome }: Trial): boolean => outcome === "different" || outcome === "failed";

/**
 * Runs the program once; every result is rounded to its type. Where the backend lacks operations, the rest of the
 * program runs without them.
 */
export async function tryOn(device: Device, sample: smith.Sample): Promise<Trial> {
  try {
    return await tryWhole(device, sample);
  } catch (error) {
    if (!(error instanceof UnsupportedError || error instanceof ShapeError)) throw error;
    const refused = { outcome: "unsupported", problem: error.message } as const;
    const names = error instanceof UnsupportedError ? error.missing.map(({ op }) => op.split(" ")[0]!) : [];
    const rest = names.length > 0 ? smith.without(sample, new Set(names)) : undefined;
    if (!rest) return refused;
    const trial = await tryWhole(device, rest).catch(() => refused);
    return isRefusal(trial) ? refused : { ...trial, without: names };
  }
}

const isRefusal = ({ outcome }: Trial) => outcome === "unsupported";

async function tryWhole(device: Device, { module, args }: smith.Sample): Promise<Trial> {
  let results: readonly HostTensor[];
  try {
    results = await resultsOf(device, { module, args });
  } catch (error) {
    if (error instanceof UnsupportedError || error instanceof ShapeError) throw error;
    // What has no meaning may fail anyhow.
    return meaningless({ module, args }) ?? { outcome: "failed", problem: (error as Error).message };
  }
  try {
    const { verdict, problem } = agreement(module, args, results);
    return problem === undefined ? { outcome: verdict } : { outcome: verdict, problem };
  } catch (error) {
    if (error instanceof EvaluateError) return { outcome: "meaningless", problem: error.message };
    throw error;
  }
}

async function resultsOf(device: Device, { module, args }: smith.Sample): Promise<readonly HostTensor[]> {
  const known = args.map(({ type }) => type);
  const executable = await device.compile(module, { excessPrecision: false, arguments: known });
  const inputs = args.map((arg) => device.upload(arg));
  const outputs = executable.run(inputs);
  try {
    return await Promise.all(outputs.map((output) => output.read()));
  } finally {
    const donated = new Set(executable.signature.donated);
    for (const buffer of [...inputs.filter((_, i) => !donated.has(i)), ...outputs]) buffer.close();
    executable.close();
  }
}

function meaningless({ module, args }: smith.Sample): Trial | undefined {
  try {
    agreement(module, args, []);
  } catch (error) {
    if (error instanceof EvaluateError) return { outcome: "meaningless", problem: error.message };
  }
  return undefined;
}
