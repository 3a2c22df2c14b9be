/**
 * The conformance kit: what any backend must do, as tests that it runs on itself. A backend's own test file is
 *
 *     const table = await conform(open, { known });
 *     expect(table.ok, tableText(table)).toBe(true);
 */
import { UnsupportedError } from "../src/backend.ts";
import { Device } from "../src/device.ts";
import { fuzzCases } from "./fuzz.ts";
import { lifeCases } from "./life.ts";
import { opCases } from "./ops.ts";
import { programCases } from "./programs.ts";
import type {
  ConformanceTable,
  ConformOptions,
  KitCase,
  KnownFailure,
  Open,
  Verdict,
  VerdictRow,
} from "./types.ts";

/** Random programs that every run of the kit tries. */
const defaultSeeds = { first: 1, count: 100 };

/** All cases in order of chapters: life cycle, ops, programs, fuzz. */
export function conformanceCases(options: ConformOptions = {}): KitCase[] {
  const { first, count } = options.seeds ?? defaultSeeds;
  const programs = programCases(options.programs ?? []);
  const all = [...lifeCases(), ...opCases(), ...programs, ...fuzzCases(first, count)];
  return all.filter(({ name }) => name.includes(options.filter ?? ""));
}

/** Runs every case on one open backend and returns the table of verdicts. */
export async function conform(open: Open, options: ConformOptions = {}): Promise<ConformanceTable> {
  const cases = conformanceCases(options);
  const known = new Map((options.known ?? []).map((entry) => [entry.test, entry]));
  const stray = [...known.keys()].find((test) => !cases.some(({ name }) => name === test));
  if (stray !== undefined && !options.filter) throw new Error(`known failure "${stray}" names no test`);
  const device = new Device(await open());
  const rows: VerdictRow[] = [];
  for (const one of cases) rows.push(judge(one.name, await attempt(one, device), known.get(one.name)));
  await device.close();
  rows.push(...(await closing(open, known)));
  const counts = { pass: 0, fail: 0, unsupported: 0, "known-failure": 0, "unexpected-pass": 0 };
  for (const { verdict } of rows) counts[verdict]++;
  return { backend: device.name, rows, counts, ok: counts.fail === 0 && counts["unexpected-pass"] === 0 };
}

interface Outcome {
  readonly verdict: "pass" | "fail" | "unsupported";
  readonly reason?: string;
}

async function attempt({ run }: KitCase, device: Device): Promise<Outcome> {
  try {
    await run(device);
    return { verdict: "pass" };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: error instanceof UnsupportedError ? "unsupported" : "fail", reason };
  }
}

function judge(name: string, { verdict, reason }: Outcome, known: KnownFailure | undefined): VerdictRow {
  if (!known) return reason === undefined ? { name, verdict } : { name, verdict, reason };
  if (verdict === "fail") return { name, verdict: "known-failure", reason: known.reason };
  return { name, verdict: "unexpected-pass", reason: `listed as failing: ${known.reason}` };
}

/** What happens at the end of a backend's life needs one of its own. */
async function closing(open: Open, known: ReadonlyMap<string, KnownFailure>): Promise<VerdictRow[]> {
  const run = async () => {
    const backend = await open();
    await backend.close?.();
    await backend.close?.();
  };
  const name = "life/close the backend twice";
  return [judge(name, await attempt({ name, run }, undefined as never), known.get(name))];
}

/** The table for people: counts, then whatever is not a pass. */
export function tableText({ backend, rows, counts }: ConformanceTable): string {
  const head = Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`);
  const notable = rows.filter(({ verdict }) => verdict !== "pass" && verdict !== "unsupported");
  const order: readonly Verdict[] = ["fail", "unexpected-pass", "known-failure"];
  notable.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  return [
    `${backend}: ${head.join(", ")}`,
    ...notable.map(({ name, verdict, reason }) => `${verdict} ${name}: ${reason}`),
  ].join("\n");
}
