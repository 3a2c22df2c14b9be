/** Fair numbers on a noisy machine: contestants take turns, medians of all turns, ratios within one run. */
import type { Contestant } from "./contestant.ts";

export interface Measurement {
  /** Median of one run in milliseconds. */
  readonly run: number;
  readonly compile: number;
  /** Best of each round, which other processes disturb least: those of one number are neighbours in time. */
  readonly rounds: readonly number[];
}

export interface Row {
  readonly program: string;
  /** By contestant; a text says why there is no number. */
  readonly results: Readonly<Record<string, Measurement | string>>;
}

export interface MeasureOptions {
  readonly rounds: number;
  /** Milliseconds that one contestant's turn aims to take. */
  readonly turn: number;
  readonly onRow?: (row: Row) => void;
}

export async function measure(
  programs: readonly string[],
  contestants: readonly Contestant[],
  folder: string,
  options: MeasureOptions,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const program of programs) {
    const row = { program, results: await measureProgram(program, contestants, folder, options) };
    options.onRow?.(row);
    rows.push(row);
  }
  return rows;
}

async function measureProgram(
  program: string,
  contestants: readonly Contestant[],
  folder: string,
  { rounds, turn }: MeasureOptions,
): Promise<Row["results"]> {
  const results: Record<string, Measurement | string> = {};
  const entrants: { contestant: Contestant; compile: number; times: number; rounds: number[][] }[] = [];
  for (const contestant of contestants) {
    try {
      const { compile } = await contestant.prepare(program, folder);
      // The first run warms up, the second tells how many fit into a turn.
      await contestant.run(program, 1);
      const [once] = await contestant.run(program, 1);
      const times = Math.max(1, Math.min(200, Math.round(turn / Math.max(once!, 1e-3))));
      entrants.push({ contestant, compile, times, rounds: [] });
    } catch (error) {
      results[contestant.name] = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, times, rounds: taken } of entrants)
      taken.push([...(await contestant.run(program, times))]);
  }
  for (const { contestant, compile, rounds: taken } of entrants)
    results[contestant.name] = {
      run: median(taken.flat()),
      compile,
      rounds: taken.map((samples) => Math.min(...samples)),
    };
  return results;
}

/** How many times as fast as `base` something is: the median over the rounds of the ratio of best times within each. */
export function speed(base: Measurement, other: Measurement): number {
  return median(other.rounds.map((time, round) => base.rounds[round]! / time));
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
