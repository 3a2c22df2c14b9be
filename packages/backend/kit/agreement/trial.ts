/** One program on one backend: how it ends, beside the reference evaluator. */
import { EvaluateError, type HostTensor, type smith } from "@hloom/ir";
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
}

export const isMistake = ({ outcome }: Trial): boolean => outcome === "different" || outcome === "failed";

/** Runs the program once; every result is rounded to its type. */
export async function tryOn(device: Device, { module, args }: smith.Sample): Promise<Trial> {
  let results: HostTensor[];
  try {
    const executable = await device.compile(module, {
      excessPrecision: false,
      arguments: args.map(({ type }) => type),
    });
    const inputs = args.map((arg) => device.upload(arg));
    const outputs = executable.run(inputs);
    results = await Promise.all(outputs.map((output) => output.read()));
    const donated = new Set(executable.signature.donated);
    for (const buffer of [...inputs.filter((_, i) => !donated.has(i)), ...outputs]) buffer.close();
    executable.close();
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof UnsupportedError || error instanceof ShapeError)
      return { outcome: "unsupported", problem: message };
    // What has no meaning may fail anyhow.
    return isMeaningless({ module, args }) ?? { outcome: "failed", problem: message };
  }
  try {
    const { verdict, problem } = agreement(module, args, results);
    return problem === undefined ? { outcome: verdict } : { outcome: verdict, problem };
  } catch (error) {
    if (error instanceof EvaluateError) return { outcome: "meaningless", problem: error.message };
    throw error;
  }
}

function isMeaningless({ module, args }: smith.Sample): Trial | undefined {
  try {
    agreement(module, args, []);
  } catch (error) {
    if (error instanceof EvaluateError) return { outcome: "meaningless", problem: error.message };
  }
  return undefined;
}
