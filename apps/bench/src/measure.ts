/** Fair numbers on a noisy machine: contestants take turns, medians of all turns, ratios within one run. */
import type { Contestant } from "./contestant.ts";

export interface Measurement {
  /** Median of one run in milliseconds. */
  readonly run: number;
  readonly compile: number;
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
  const entrants: { contestant: Contestant; compile: number; times: number; samples: number[] }[] = [];
  for (const contestant of contestants) {
    try {
      const { compile } = await contestant.prepare(program, folder);
      // The first run warms up, the second tells how many fit into a turn.
      await contestant.run(program, 1);
      const [once] = await contestant.run(program, 1);
      const times = Math.max(1, Math.min(200, Math.round(turn / Math.max(once!, 1e-3))));
      entrants.push({ contestant, compile, times, samples: [] });
    } catch (error) {
      results[contestant.name] = error instanceof Error ? error.message.split("\n", 1)[0]! : String(error);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const entrant of entrants)
      entrant.samples.push(...(await entrant.contestant.run(program, entrant.times)));
  }
  for (const { contestant, compile, samples } of entrants)
    results[contestant.name] = { run: median(samples), compile };
  return results;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
