/** `pnpm conformance`: runs the suites on the backends and compares with what is expected. */
import { fileURLToPath } from "node:url";
import { loadBackend } from "@hloom/backend";
import { Command, CommanderError, Option } from "commander";
import { CommandError, type ExitCode, explainFailure } from "../errors.ts";
import { coverageOf, writeCoverage } from "./coverage.ts";
import { type Expectations, readExpectations, writeExpectations } from "./expectations.ts";
import { runPool } from "./pool.ts";
import { type CaseReport, judge, keyOf, rowsOf, surpriseLine, surprises, tableText } from "./report.ts";
import { casesOf, type SuiteName, suiteNames } from "./suites.ts";

interface Options {
  readonly data: string;
  readonly workloads: string;
  readonly suite: readonly SuiteName[];
  readonly backend: readonly string[];
  readonly filter: string;
  readonly limit: string;
  readonly json?: true;
  readonly update?: true;
  readonly coverage?: true;
  readonly verbose?: true;
}

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const sharedDirectory = (name: string) => fileURLToPath(new URL(`../shared/${name}`, `file://${root}`));

/** Runs a command line and returns its exit code: 1 when something fails that is not listed as failing. */
export async function conformance(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const command = new Command("conformance")
    .description("run the conformance suites and print a table, suite by backend")
    .option(
      "--data <dir>",
      "the conformance data",
      process.env.HLOOM_CONFORMANCE ?? sharedDirectory("conformance"),
    )
    .option("--workloads <dir>", "the workloads", process.env.HLOOM_WORKLOADS ?? sharedDirectory("workloads"))
    .addOption(
      new Option("--suite <names...>", "which suites").choices(suiteNames).default(suiteNames, "all"),
    )
    .option("--backend <names...>", "which backends", ["cpu", "mlx"])
    .option("--filter <text>", "only cases whose name contains this", "")
    .option("--limit <seconds>", "time limit of one case", "120")
    .option("--json", "print { rows, cases } as JSON")
    .option("--update", "write conformance/known.json anew from this run")
    .option(
      "--coverage",
      "write conformance/coverage.generated.json, from which docs/coverage.md is generated",
    )
    .option("--verbose", "also list known failures and what is unsupported")
    .exitOverride()
    .action(async (options: Options) => {
      exitCode = await run(options);
    });
  try {
    await command.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { message } = explainFailure(error);
    process.stderr.write(`conformance: ${message}\n`);
    return 2;
  }
}

/** A backend that cannot start would fail every case: say so once instead. */
async function checkBackends(names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await (await loadBackend(name, import.meta.url)).close?.();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CommandError(`backend "${name}" cannot be opened: ${reason}`);
    }
  }
}

async function run(options: Options): Promise<ExitCode> {
  if (options.suite.some((suite) => suite !== "ir")) await checkBackends(options.backend);
  const file = `${root}conformance/known.json`;
  const known = readExpectations(file);
  const reports: CaseReport[] = [];
  const requests = options.suite.flatMap((suite) => {
    const cases = casesOf(suite, options).filter((one) => one.id.includes(options.filter));
    // Reading and printing need no backend: their rows are what is asked.
    if (suite === "ir") return cases.map((one) => ({ one, backend: one.row! }));
    return options.backend.flatMap((backend) => cases.map((one) => ({ one, backend })));
  });
  const progress = progressOn(requests.length);
  await runPool(requests, {
    workers: 2,
    limitSeconds: Number(options.limit),
    onDone({ one, backend }, { verdict, reason }, milliseconds) {
      const base = { suite: one.suite, backend, id: one.id, milliseconds: Math.round(milliseconds) };
      reports.push(judge(known, reason === undefined ? base : { ...base, reason }, verdict));
      progress(reports.length);
    },
  });
  if (options.update) {
    writeExpectations(file, known, failuresIn(reports));
    process.stderr.write(`wrote ${file}; say there why each case fails\n`);
  }
  if (options.coverage) {
    const cases = new Map(requests.map(({ one }) => [`${one.suite}/${one.id}`, one]));
    writeCoverage(`${root}conformance/coverage.generated.json`, coverageOf(reports, cases));
  }
  show(reports, options);
  return surprises(reports).length > 0 && !options.update ? 1 : 0;
}

function failuresIn(reports: readonly CaseReport[]): Expectations {
  const failures: Expectations = {};
  for (const one of reports) {
    const list = (failures[keyOf(one)] ??= {});
    if (one.verdict === "fail" || one.verdict === "known-failure") list[one.id] = one.reason ?? "not known";
  }
  return failures;
}

function show(reports: readonly CaseReport[], options: Options): void {
  const cases = [...reports].sort((a, b) => (keyOf(a) + a.id < keyOf(b) + b.id ? -1 : 1));
  const rows = rowsOf(cases);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ rows, cases })}\n`);
    return;
  }
  const news = options.verbose ? cases.filter((one) => one.verdict !== "pass") : surprises(cases);
  for (const one of news) process.stdout.write(`${surpriseLine(one)}\n`);
  process.stdout.write(`${tableText(rows)}\n`);
}

/** A counter on a terminal; nothing in a pipe or a log. */
function progressOn(total: number): (done: number) => void {
  if (!process.stderr.isTTY) return () => {};
  return (done) => process.stderr.write(done === total ? "\r\x1b[K" : `\r${done}/${total}`);
}
