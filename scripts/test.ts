/**
 * All tests: vitest over the packages, then pytest over the JAX plugin on its built library.
 * The last line counts them, from the reports that both runners write. Arguments select vitest files.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build, pluginPath } from "./lib/build.ts";
import { sourceFiles } from "./lib/files.ts";
import { isMain, main, run } from "./lib/process.ts";
import { python } from "./setup/python.ts";
import { home } from "./setup/stamp.ts";
import { setUp } from "./setup.ts";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const reports = join(home, "reports");

/** A report that is missing means that the runner itself broke: one failure, never a silent zero. */
function readReport(name: string, read: (text: string) => Count): Count {
  const path = join(reports, name);
  return existsSync(path) ? read(readFileSync(path, "utf8")) : { passed: 0, failed: 1 };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

/** A file that cannot be loaded has no tests to fail: it counts as one failure. */
export function countVitest(text: string): Count {
  const report = JSON.parse(text) as VitestReport;
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken };
}

/** Sums the suites of a JUnit report; skipped tests are neither passed nor failed. */
export function countJunit(text: string): Count {
  let passed = 0;
  let failed = 0;
  for (const [suite] of text.matchAll(/<testsuite\b[^>]*>/g)) {
    const number = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
    const bad = number("failures") + number("errors");
    failed += bad;
    passed += number("tests") - bad - number("skipped");
  }
  return { passed, failed };
}

async function vitest(files: readonly string[]): Promise<Count> {
  const path = join(reports, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${path}`];
  const code = await run("vitest", ["run", ...reporters, ...files]);
  const count = readReport("vitest.json", countVitest);
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

async function pytest(): Promise<Count> {
  if (sourceFiles("packages/*/test_*.py", "packages/*/*_test.py").length === 0) {
    console.log("pytest: no Python tests");
    return { passed: 0, failed: 0 };
  }
  const path = join(reports, "pytest.xml");
  const code = await run(
    python,
    ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib"].concat(
      `--junitxml=${path}`,
      "packages/plugin-pjrt",
    ),
    { env: { PYTHONPATH: pluginPath(), PYTHONDONTWRITEBYTECODE: "1" } },
  );
  const count = readReport("pytest.xml", countJunit);
  return code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/** Runs everything and gives the number of failures. */
export async function test(files: readonly string[] = []): Promise<number> {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const counts = [await vitest(files)];
  if (files.length === 0) counts.push(await pytest());
  const total = (key: keyof Count): number => counts.reduce((sum, count) => sum + count[key], 0);
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  return total("failed");
}

if (isMain(import.meta.url)) {
  main(async () => {
    await setUp();
    await build();
    return (await test(process.argv.slice(2))) === 0 ? 0 : 1;
  });
}
