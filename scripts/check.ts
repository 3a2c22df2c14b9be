/**
 * The one command before a commit: format and lint, types, import layers, generated files, tests.
 * Runs all of them even when one fails, and says at the end which did. `--static` leaves the tests out.
 */
import { generate } from "./generate.ts";
import { build } from "./lib/build.ts";
import { main, run, step } from "./lib/process.ts";
import { setUp } from "./setup.ts";
import { test } from "./test.ts";

/** One check: its exit status, 0 when all is well. */
type Check = readonly [name: string, work: () => Promise<number>];

const staticChecks: readonly Check[] = [
  ["format and lint", () => run("biome", ["ci", "--error-on-warnings", "."], { output: "quiet" })],
  ["types", () => run("tsc", ["-p", "tsconfig.check.json"])],
  ["types of the page", () => run("tsc", ["-p", "examples/digits"])],
  ["import layers", () => run("tsx", ["scripts/layers.ts"])],
  [
    "generated files",
    async () => {
      const changed = await generate();
      for (const file of changed) console.error(`${file} differed from what is generated: commit it`);
      return changed.length;
    },
  ],
];

async function outcome([name, work]: Check): Promise<string | undefined> {
  try {
    await step(name, async () => {
      if ((await work()) !== 0) throw new Error(name);
    });
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.message !== name) console.error(error.message);
    return name;
  }
}

main(async () => {
  const failed: string[] = [];
  for (const check of staticChecks) failed.push((await outcome(check)) ?? "");
  if (!process.argv.includes("--static")) {
    await setUp();
    await build();
    if ((await test()) > 0) failed.push("tests");
  }
  const names = failed.filter((name) => name);
  if (names.length) console.error(`check failed: ${names.join(", ")}`);
  return names.length ? 1 : 0;
});
