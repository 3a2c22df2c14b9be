/**
 * `pnpm --filter @hloom/ir verdicts [count] [seed]`: edits programs of the conformance data at one place each and asks
 * jaxlib and our own verifier whether they are valid still. Prints where the two disagree. Needs `.hloom/python`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readModule, renderDiagnostic, verify, writeText } from "../src/index.ts";
import { root } from "../test/data.ts";
import { random } from "../test/mutate.ts";
import { edited } from "./edits.ts";
import { editType } from "./type_edits.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");
const [count = 10_000, seed = 1] = process.argv.slice(2).map(Number);
if (!existsSync(python)) throw new Error(`needs ${python}`);
if (!existsSync(root)) throw new Error(`needs the conformance data (looked in ${root})`);

/** Where the two differ on purpose: what either of them says, and why. */
const excuses: readonly (readonly [says: RegExp, why: string])[] = [
  [/unregistered dialect|Dialect `/, "jaxlib has not the dialects of upstream's tests"],
  [/expected a complex element type/, "jaxlib reads pairs for elements that are no pairs"],
  [/<[\w ]+ [A-Z_]+ [A-Z_]+>|enum/, "jaxlib reads on behind the value of an enum"],
  [/affine map|'->' or ':'|undeclared identifier/, "affine maps are kept as text"],
  [
    /^ours: .*\[\w+\/[A-Z]\d+\]/m,
    "a constraint of the specification that jaxlib checks for some shapes only",
  ],
  [
    /'chlo\.broadcast_select' inferred/,
    "jaxlib infers no rank where shapes do not broadcast, and compares nothing then",
  ],
  [/out of range for type/, "index has 64 bits here, 63 there"],
];

/** Dialects that are only read. */
const neighbours = /\b(?:shape|tensor|arith|scf)\.[a-z]/;

interface Program {
  readonly file: string;
  readonly text: string;
}

interface Verdict {
  readonly ok: boolean;
  readonly says: string;
}

/** Programs that jaxlib accepts and that are small: they have more of what can be wrong for their size. */
function sources(): Program[] {
  return readFileSync(join(root, "oracle_parse.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly ok: boolean; readonly file: string })
    .filter(({ ok, file }) => ok && file.endsWith(".mlir") && existsSync(join(root, file)))
    .map(({ file }) => ({ file, text: readFileSync(join(root, file), "utf8") }))
    .filter(({ text }) => text.length < 6000 && !neighbours.test(text))
    .map(({ file, text }) => ({ file, text: text.replace(/^\s*\/\/.*\n|^.*\bcheck\.expect.*\n/gm, "") }));
}

function programs(): Program[] {
  const [draw, all] = [random(seed), sources()];
  const made: Program[] = [];
  while (made.length < count) {
    const { file, text } = all[draw(all.length)]!;
    const other = draw(4) === 0 ? edited(text, draw) : retyped(text, draw);
    if (other !== undefined && other !== text) made.push({ file, text: other });
  }
  return made;
}

function retyped(text: string, draw: (limit: number) => number): string | undefined {
  const { module } = readModule(text);
  if (!module) return undefined;
  for (let left = 1 + draw(2); left > 0; left--) editType(module, draw);
  return writeText(module, { generic: draw(2) === 0 });
}

function ours({ text }: Program): Verdict {
  const read = readModule(text, { file: "-" });
  const { module, diagnostics } = read.module ? verify(read.module) : read;
  const source = { name: "-", file: "-", text };
  return {
    ok: module !== undefined,
    says: diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join("\n"),
  };
}

const work = mkdtempSync(join(tmpdir(), "hloom-verdicts-"));
try {
  const made = programs();
  const [input, output] = [join(work, "programs.json"), join(work, "verdicts.jsonl")];
  writeFileSync(input, JSON.stringify(made.map(({ text }) => text)));
  const { status } = spawnSync(python, [join(import.meta.dirname, "verdicts.py"), input, output]);
  if (status !== 0) throw new Error(`verdicts.py ended with ${status}`);
  const theirs = new Map(
    readFileSync(output, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Verdict & { readonly index: number })
      .map((verdict) => [verdict.index, verdict]),
  );
  report(made, theirs);
} finally {
  rmSync(work, { recursive: true });
}

function report(made: readonly Program[], theirs: ReadonlyMap<number, Verdict>): void {
  const counts = { agreed: 0, "accepted by both": 0, excused: 0, differ: 0, "jaxlib died": 0 };
  for (const [index, program] of made.entries()) {
    const [mine, other] = [ours(program), theirs.get(index)];
    if (!other) counts["jaxlib died"]++;
    else if (mine.ok === other.ok) {
      counts.agreed++;
      if (mine.ok) counts["accepted by both"]++;
    } else if (excuses.some(([says]) => says.test(`ours: ${mine.says}\njaxlib: ${other.says}`)))
      counts.excused++;
    else {
      counts.differ++;
      console.log(
        `${program.file}\n${program.text}\njaxlib: ${other.says || "valid"}\nours: ${mine.says || "valid"}\n`,
      );
    }
  }
  console.log(
    Object.entries(counts)
      .map(([what, number]) => `${number} ${what}`)
      .join(", "),
  );
  process.exitCode = counts.differ > 0 ? 1 : 0;
}
