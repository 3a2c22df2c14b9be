/**
 * Checks reading, printing and every backend over the conformance data, and prints one line a chapter.
 *
 *   pnpm conformance [text in the chapter's name…] [--data folder] [--backend null,cpu,mlx] [--filter text] [--every n]
 *
 * Each outcome goes to .hloom/reports/conformance.json. Fails when a case failed; a refusal is not a failure.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Device, loadBackend } from "@hloom/backend";
import { type Chapter, type Outcome, readingChapters } from "./conformance/chapters.ts";
import { defaultFolder, openCorpus } from "./conformance/corpus.ts";
import { runningChapters } from "./conformance/running.ts";
import { main } from "./lib/process.ts";
import { home } from "./setup/stamp.ts";

const shownFailures = 5;

/** Opens the named backends; one that cannot start is said and left out. */
async function openBackends(names: readonly string[]): Promise<Device[]> {
  const devices: Device[] = [];
  for (const name of names) {
    try {
      devices.push(new Device(await loadBackend(name)));
    } catch (error) {
      console.log(`${name}: not run (${(error as Error).message.split("\n")[0]})`);
    }
  }
  return devices;
}

const count = (outcomes: readonly Outcome[], verdict: Outcome["verdict"]): number =>
  outcomes.filter((each) => each.verdict === verdict).length;

function report(chapter: Chapter, outcomes: readonly Outcome[], seconds: number): void {
  const failures = outcomes.filter((each) => each.verdict === "fail");
  const counts = `${count(outcomes, "pass")} passed, ${failures.length} failed, ${count(outcomes, "unsupported")} unsupported`;
  console.log(`${chapter.name.padEnd(20)} ${counts} (${seconds.toFixed(1)} s): ${chapter.promise}`);
  for (const { case: file, detail } of failures.slice(0, shownFailures)) {
    console.log(`    ${file}: ${(detail ?? "").slice(0, 200)}`);
  }
}

main(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      data: { type: "string", default: process.env["HLOOM_CONFORMANCE"] ?? defaultFolder },
      backend: { type: "string", default: "null,cpu,mlx" },
      filter: { type: "string", default: "" },
      every: { type: "string", default: "1" },
    },
  });
  const corpus = openCorpus(values.data);
  const devices = await openBackends(values.backend.split(",").filter((name) => name));
  const chapters = [...readingChapters, ...devices.flatMap((device) => runningChapters(device))].filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  const all: Record<string, Outcome[]> = {};
  for (const chapter of chapters) {
    const start = performance.now();
    const outcomes: Outcome[] = [];
    // `--every n` takes a sample: every n-th file whose name has the filter's text.
    let met = 0;
    const selected = (file: string): boolean =>
      file.includes(values.filter) && met++ % Number(values.every) === 0;
    for await (const outcome of chapter.run(corpus, selected)) outcomes.push(outcome);
    report(chapter, outcomes, (performance.now() - start) / 1000);
    all[chapter.name] = outcomes;
  }
  for (const device of devices) await device.close();
  mkdirSync(join(home, "reports"), { recursive: true });
  writeFileSync(join(home, "reports", "conformance.json"), JSON.stringify(all, null, 1));
  return Object.values(all)
    .flat()
    .some(({ verdict }) => verdict === "fail")
    ? 1
    : 0;
});
