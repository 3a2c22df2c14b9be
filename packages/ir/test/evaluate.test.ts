/**
 * The reference evaluator against other people's expectations: StableHLO's self-checking programs and JAX's results.
 * A program is unsupported when it has an operation that cannot be evaluated; every other one must agree.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  entryFunction,
  functionsOf,
  functionType,
  type Module,
  topLevel,
  walk,
} from "../src/model/operation.ts";
import { type Element, isElement, type Type } from "../src/model/types.ts";
import { definitionOf } from "../src/ops/index.ts";
import { readText } from "../src/read/index.ts";
import { floatsOf, kindOf } from "../src/reference/element/work.ts";
import { prepare } from "../src/reference/index.ts";
import { expectEqual } from "../src/reference/kernel/check.ts";
import { asTensor, type Tensor } from "../src/reference/tensor.ts";
import { verify } from "../src/verify/index.ts";
import { bytesAt, namesIn, root, textAt } from "./data.ts";
import { readNpz, tensorOfBytes } from "./npz.ts";
import { describeData } from "./suite.ts";

/** Programs whose expectations hold for one compiler only, with the reason. */
const known: Readonly<Record<string, string>> = {
  "gen/jax_0_10_2_pjrt/hist":
    "every value lies on a bin's edge, and XLA fuses a multiplication and an addition there",
  amp_fp16_train: "XLA keeps f16 intermediates in f32",
  llama_generate: "XLA keeps bf16 intermediates in f32, and greedy decoding takes another turn",
  diffrax_stiff: "an adaptive solver takes 104 steps to the same values where XLA takes 102",
};

interface Verdict {
  readonly name: string;
  /** Absent when the program does what is expected of it. */
  readonly failure?: string;
  /** The operations without evaluation; such a program is not run. */
  readonly unsupported?: readonly string[];
}

function judge(name: string, text: string, check: (module: Module) => string | undefined): Verdict {
  const { module, diagnostics } = readText(text);
  if (!module) return { name, failure: `does not read: ${diagnostics[0]?.message}` };
  const unsupported = new Set<string>();
  for (const operation of topLevel(module)) {
    walk(operation, (inner) => {
      const definition = definitionOf(inner.name);
      const structural = definition?.terminator || ["func.func", "sdy.mesh"].includes(inner.name);
      if (!structural && !definition?.evaluate) unsupported.add(inner.name);
    });
  }
  if (unsupported.size > 0) return { name, unsupported: [...unsupported] };
  try {
    const failure = check(module);
    return failure === undefined ? { name } : { name, failure };
  } catch (error) {
    return { name, failure: String(error) };
  }
}

/** Runs the functions without arguments, `@main` if there is one, and tells the first check that fails. */
function selfCheck(module: Module): string | undefined {
  const result = verify(module);
  if (!result.module)
    return `does not verify: ${result.diagnostics.map(({ message }) => message).join("; ")}`;
  let failure: string | undefined;
  const program = prepare(result.module, {
    onCheck: (outcome) => {
      failure ??= outcome.failure;
    },
  });
  const functions = functionsOf(module);
  const runnable = [...functions].filter(([, func]) => functionType(func).inputs.length === 0);
  const names = functions.has("main") ? ["main"] : runnable.map(([name]) => name);
  for (const name of names) program.call(name, []);
  return failure;
}

/** Relative tolerance between compilers, by element type; absent for exact ones. */
function toleranceOf(element: Element): number {
  if (element === "f64" || element === "complex<f64>") return 1e-10;
  return element === "f32" || element === "complex<f32>" ? 1e-4 : 2e-2;
}

/** What an output may differ by; compilers differ more where a program amplifies differences. */
interface Allowance {
  readonly atol: number;
  /** Small differences grow without bound: only that values are finite is compared. */
  readonly chaotic: boolean;
}

/** Compares with JAX's results: floats relative to their own and, a thousandth, to the largest magnitude. */
function disagreement(actual: Tensor, expected: Tensor, allowance?: Allowance): string | undefined {
  const kind = kindOf(expected.type.element);
  if (kind !== "float" && kind !== "complex") return expectEqual(actual, expected);
  const [x, y] = [floatsOf(actual), floatsOf(expected)];
  const finite = Array.from(y).filter(Number.isFinite);
  const scale = finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1e-30);
  const tolerance = toleranceOf(expected.type.element);
  const wrong = y.findIndex((value, i) => {
    if (value === x[i] || (Number.isNaN(value) && Number.isNaN(x[i]))) return false;
    if (allowance?.chaotic) return !Number.isFinite(x[i]);
    const allowed = allowance ? allowance.atol : tolerance * (Math.abs(value) + 1e-3 * scale);
    return !(Math.abs(value - x[i]!) <= allowed);
  });
  return wrong < 0 ? undefined : `element ${wrong}: ${x[wrong]} where JAX has ${y[wrong]}`;
}

function agreesWithJax(arrays: Map<string, Uint8Array>, allowances?: readonly Allowance[]) {
  return (module: Module): string | undefined => {
    const result = verify(module);
    if (!result.module)
      return `does not verify: ${result.diagnostics.map(({ message }) => message).join("; ")}`;
    const type = functionType(entryFunction(module)!);
    const tensors = (types: readonly Type[], prefix: string) =>
      types.map((each, i) => tensorOfBytes(arrays.get(`${prefix}${i}`)!, plain(each)));
    const actual = prepare(result.module)(...tensors(type.inputs, "in"));
    const verdicts = tensors(type.results, "out").map((expected, i) =>
      disagreement(asTensor(actual[i]), expected, allowances?.[i]),
    );
    return verdicts.find((verdict) => verdict !== undefined);
  };
}

function plain(type: Type): Tensor["type"] {
  if (type.kind === "tensor" && isElement(type.element)) return type as Tensor["type"];
  throw new Error("arrays hold tensors of plain elements");
}

/** Prints a table by the first word of the names, and expects no failure but the known ones. */
function report(title: string, verdicts: readonly Verdict[]): void {
  const unsupported = verdicts.filter((verdict) => verdict.unsupported);
  const failures = verdicts.filter((verdict) => verdict.failure !== undefined);
  const ops = new Map<string, number>();
  for (const name of unsupported.flatMap((verdict) => verdict.unsupported ?? []))
    ops.set(name, (ops.get(name) ?? 0) + 1);
  const passed = verdicts.length - unsupported.length - failures.length;
  const missing = [...ops].map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(
    `${title}: ${passed} of ${verdicts.length} pass, ${failures.length} fail, ${unsupported.length} unsupported`,
  );
  if (missing) console.log(`  without evaluation: ${missing}`);
  const unexpected = failures
    .filter(({ name }) => !(name in known))
    .map(({ name, failure }) => `${name}: ${failure}`);
  expect(unexpected).toEqual([]);
  const obsolete = verdicts.filter(({ name, failure }) => name in known && failure === undefined);
  expect(obsolete.map(({ name }) => `${name} passes now: take it off the list`)).toEqual([]);
}

/** Names below a folder of folders, as upstream's cases are kept. */
function casesIn(folder: string): string[] {
  const folders = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : [];
  return folders
    .map(String)
    .filter((path) => path.endsWith(".mlir"))
    .map((path) => `${folder}/${path.slice(0, -".mlir".length)}`)
    .sort();
}

describeData("evaluate", () => {
  it("agrees with StableHLO's test data", () => {
    const folder = "orig/stablehlo/testdata";
    const names = namesIn(folder, ".mlir").map((name) => `${folder}/${name}`);
    const enabled = names.filter((name) => !textAt(`${name}.mlir`)!.includes("RUN-DISABLED"));
    report(
      "testdata",
      enabled.map((name) => judge(name, textAt(`${name}.mlir`)!, selfCheck)),
    );
  });

  it("agrees with StableHLO's quantized test data", () => {
    const names = casesIn("orig/stablehlo/testdata/quantized");
    report(
      "quantized",
      names.map((name) => judge(name, textAt(`${name}.mlir`)!, selfCheck)),
    );
  });

  it("agrees with the tests of StableHLO's interpreter", () => {
    const names = casesIn("cases/stablehlo/tests/interpret");
    report(
      "interpret",
      names
        .filter((name) => !/printing|probe/.test(name))
        .map((name) => judge(name, textAt(`${name}.mlir`)!, selfCheck)),
    );
  });

  it("agrees with the functions that StableHLO's tests have from mpmath", () => {
    const folder = "orig/stablehlo/tests/math";
    const names = namesIn(folder, ".mlir").map((name) => `${folder}/${name}`);
    report(
      "math",
      names.map((name) => judge(name, textAt(`${name}.mlir`)!, selfCheck)),
    );
  });

  it("agrees with JAX on what JAX hands a plugin", () => {
    const folder = "gen/jax_0_10_2_pjrt";
    const names = namesIn(folder, ".npz").map((name) => `${folder}/${name}`);
    report(
      "PJRT modules",
      names.map((name) =>
        judge(name, textAt(`${name}.mlir`)!, agreesWithJax(readNpz(bytesAt(`${name}.npz`)))),
      ),
    );
  });
});

/** `$HLOOM_WORKLOADS`, or `workloads` in a folder `shared` beside the repository. */
const workloads = process.env.HLOOM_WORKLOADS ?? join(import.meta.dirname, "../../../../shared/workloads");

describe("evaluate", () => {
  const there = existsSync(workloads);
  it.skipIf(!there)(
    there ? "agrees with JAX on whole programs" : `needs the workloads in ${workloads}`,
    () => {
      const index: Record<string, { readonly outputs: readonly Allowance[] }> = JSON.parse(
        readFileSync(join(workloads, "index.json"), "utf8"),
      );
      const verdicts = Object.entries(index).map(([name, { outputs }]) => {
        const arrays = readNpz(readFileSync(join(workloads, `${name}.npz`)));
        const text = readFileSync(join(workloads, `${name}.mlir`), "utf8");
        return judge(name, text, agreesWithJax(arrays, outputs));
      });
      report("workloads", verdicts);
    },
  );
});
