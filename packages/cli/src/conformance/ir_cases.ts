/** The cases of suite `ir`, which needs no backend: its rows are what is asked of reading, verifying and printing. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { annotatedLines, checkedTypes } from "./annotations.ts";
import type { Case } from "./suites.ts";

/** The oracle lacks the dialects of upstream's tests, and printed programs with stand-ins for their operations. */
const testDialect = /"(check|hlo_test_\w+|interpreter)\./;

/** The oracle is StableHLO 1.17.0: it refuses what came later, and says nothing of whether that is valid. */
const newerThanOracle =
  /stablehlo\.collective_reduce|collective_broadcast' op requires (a single operand|one result)/;
/** The compendium of operations as later versions wrote it. */
const newerArtifact = /\.1_(18|19|20)_0\.mlir\.bc$/;

interface Answer {
  readonly file: string;
  readonly ok: boolean;
  readonly err?: string;
}

/** Everything that the oracle was asked about, and all artifacts that JAX made. */
export function irCases(root: string): Case[] {
  const answers = readFileSync(join(root, "oracle_parse.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Answer => JSON.parse(line))
    .map((answer) => (newerArtifact.test(answer.file) ? { ...answer, ok: true } : answer))
    .filter(({ ok, err = "" }) => ok || !newerThanOracle.test(err));
  const asked = new Set(answers.map(({ file }) => file));
  const artifacts = readdirSync(join(root, "gen/jax_0_10_2_pjrt"))
    .map((name) => `gen/jax_0_10_2_pjrt/${name}`)
    .filter((file) => file.endsWith(".mlir.bc") && !asked.has(file))
    .map((file): Answer => ({ file, ok: true }));
  return [...answers, ...artifacts]
    .filter(({ file }) => existsSync(join(root, file)))
    .flatMap((answer) => (answer.ok ? acceptedCases(root, answer.file) : refusedCases(root, answer.file)));
}

const isArtifact = (file: string) => file.endsWith(".bc");

function caseOf(root: string, file: string, row: string, ask: Case["ask"], beside?: string): Case {
  const path = { file: join(root, file), ...(beside !== undefined && { beside }) };
  return {
    suite: "ir",
    row: file.includes("shardy") ? `sdy ${row}` : row,
    id: `${ask} ${file}`,
    ask,
    ...path,
  };
}

function acceptedCases(root: string, file: string): Case[] {
  const bytes = isArtifact(file);
  const cases = [caseOf(root, file, bytes ? "bytecode" : "accept", "accept")];
  const golden = join(root, "golden", `${file}.pretty`);
  if (existsSync(golden) && !testDialect.test(readFileSync(golden, "utf8")))
    cases.push(caseOf(root, file, bytes ? "bytecode golden" : "golden", "print", golden));
  if (/\/infer_\w+\//.test(file) && checkedTypes(readFileSync(join(root, file), "utf8")).length > 0)
    cases.push(caseOf(root, file, "infer", "infer"));
  return cases;
}

function refusedCases(root: string, file: string): Case[] {
  const cases = [caseOf(root, file, "reject", "reject")];
  if (!isArtifact(file) && annotatedLines(readFileSync(join(root, file), "utf8")).length > 0)
    cases.push(caseOf(root, file, "reject at line", "lines"));
  return cases;
}
