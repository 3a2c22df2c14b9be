/**
 * `pnpm --filter @hloom/ir oracle [version]`: writes every program of the conformance data as an artifact and asks
 * jaxlib what it reads. Needs the private Python, `.hloom/python`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  defaultTarget,
  readModule,
  renderDiagnostic,
  verify,
  writeBytecode,
  writeText,
} from "../src/index.ts";
import { root } from "../test/data.ts";
import { isOlder, programs } from "../test/round_trip.ts";

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");

const [version = defaultTarget] = process.argv.slice(2);
if (!existsSync(python)) throw new Error(`needs ${python}`);
if (!existsSync(root)) throw new Error(`needs the conformance data (looked in ${root})`);

/** Where jaxlib is no measure, by the version from which on it is one again. */
const excused: Readonly<Record<string, string>> = {
  // It loses the ends of ranges in line 0.
  "orig/stablehlo/tests/transforms/stablehlo_compatibility_expander_locations.mlir": "999.0.0",
  // It neither downgrades nor upgrades the operations inside of a scatter whose own version changes.
  "gen/jax_0_10_2_pjrt/scatter_apply.mlir": "1.1.0",
  "gen/jax_0_10_2_pjrt/scatter_apply.mlir.bc": "1.1.0",
};

/** Programs that jaxlib itself refuses as text: StableHLO's tests of its verifier, and what is newer than it. */
const refused = new Set(
  readFileSync(join(root, "oracle_parse.jsonl"), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { readonly ok: boolean; readonly file: string })
    .flatMap(({ ok, file }) => (ok ? [] : [file])),
);

const work = mkdtempSync(join(tmpdir(), "hloom-oracle-"));
const counts = { written: 0, "refused as text": 0, "not valid": 0, "not for this version": 0 };
const reasons = new Map<string, number>();
try {
  for (const path of programs()) put(path);
  const refusals = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `  ${count} ${reason}`);
  console.log(
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(", "),
  );
  if (process.argv.includes("--reasons")) console.log(refusals.join("\n"));
  const { status } = spawnSync(python, [join(import.meta.dirname, "oracle.py"), work, version], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(work, { recursive: true });
}

function put(path: string): void {
  if (Object.hasOwn(excused, path) && isOlder(version, excused[path]!)) return;
  if (refused.has(path)) {
    counts["refused as text"]++;
    return;
  }
  const { module } = readModule(readFileSync(join(root, path)));
  if (!module || !verify(module).module) {
    counts["not valid"]++;
    return;
  }
  const { bytes, diagnostics } = writeBytecode(module, { version });
  if (!bytes) {
    counts["not for this version"]++;
    const { op, message } = diagnostics[0]!;
    const reason = `${op ?? renderDiagnostic(diagnostics[0]!)}: ${message}`;
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return;
  }
  counts.written++;
  const base = join(work, path.replaceAll("/", "+"));
  writeFileSync(`${base}.bc`, bytes);
  writeFileSync(`${base}.mlir`, writeText(module, { generic: true, locations: true }));
}
