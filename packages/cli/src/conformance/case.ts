/** Runs one case and says what came out. Never throws: a failure is a verdict. */
import { readFileSync } from "node:fs";
import { type Device, UnsupportedError } from "@hloom/backend";
import {
  type Diagnostic,
  type HostTensor,
  type Module,
  readModule,
  type VerifiedModule,
  verify,
  writeText,
} from "@hloom/ir";
import { runChecks, separateChecks } from "../checks.ts";
import { readNpz, tensorsFrom } from "../npz.ts";
import { annotatedLines, checkedTypes, missingTypes, registerTestDialects } from "./annotations.ts";
import { absoluteDifference, difference, finitenessDifference, looseFor, toleranceFor } from "./compare.ts";
import type { Case } from "./suites.ts";

export interface Verdict {
  readonly verdict: "pass" | "fail" | "unsupported";
  /** Why not: one line. */
  readonly reason?: string;
}

/** What a case runs on; absent for the suite that needs no backend. */
export type OpenDevice = () => Promise<Device>;

export async function runCase(one: Case, open: OpenDevice): Promise<Verdict> {
  try {
    if (one.suite === "ir") registerTestDialects();
    const reason = await askers[one.ask](one, open);
    return reason === undefined ? { verdict: "pass" } : { verdict: "fail", reason };
  } catch (error) {
    if (error instanceof UnsupportedError) {
      return {
        verdict: "unsupported",
        reason: error.missing.map(({ op, reason }) => `${op}: ${reason}`).join("; "),
      };
    }
    return {
      verdict: "fail",
      reason: error instanceof Error ? error.message.split("\n")[0]! : String(error),
    };
  }
}

type Asker = (one: Case, open: OpenDevice) => Promise<string | undefined>;

const askers: Record<Case["ask"], Asker> = {
  accept: async ({ file }) => {
    verified(file);
    return undefined;
  },
  reject: async ({ file }) => {
    const { module } = readModule(readFileSync(file));
    const accepted = module && verify(module).module;
    return accepted ? "an invalid program was accepted" : undefined;
  },
  lines: async ({ file }) => {
    const text = readFileSync(file, "utf8");
    const { module, diagnostics } = readModule(text, { file });
    const all = [...diagnostics, ...(module ? verify(module).diagnostics : [])];
    const reported = new Set(all.map((diagnostic) => lineOf(diagnostic, text)));
    const missed = annotatedLines(text).filter((line) => !reported.has(line));
    return missed.length === 0 ? undefined : `no diagnostic at line ${missed.join(", ")}`;
  },
  infer: async ({ file }) => {
    const missing = missingTypes(parsed(file), checkedTypes(readFileSync(file, "utf8")));
    return missing.length === 0 ? undefined : `${missing.join(", ")} is not inferred`;
  },
  print: async ({ file, beside }) => firstDifference(writeText(parsed(file)), readFileSync(beside!, "utf8")),
  checks: async ({ file }, open) => {
    const program = separateChecks(verified(file));
    if (program.checks.length === 0) return "the program has no checks";
    const results = await execute(program.module, () => [], await open());
    const failed = runChecks(program, results).find((check) => !check.passed);
    return failed && `${failed.name}: ${failed.message}`;
  },
  near: async ({ file }, open) => {
    const program = separateChecks(verified(file));
    const results = await execute(program.module, () => [], await open());
    return firstReason(program.checks, ({ results: [actual, expected] }) => {
      const tensor = results[expected!]!;
      return difference(results[actual!]!, tensor, looseFor(tensor.type.element));
    });
  },
  results: async (one, open) => {
    const { actual, expected } = await runWithArrays(one, await open());
    return firstReason(expected, (tensor, i) =>
      difference(actual[i]!, tensor, toleranceFor(tensor.type.element)),
    );
  },
  workload: async (one, open) => {
    const { actual, expected } = await runWithArrays(one, await open());
    return firstReason(expected, (tensor, i) => {
      const { atol, chaotic } = one.outputs![i]!;
      return chaotic
        ? finitenessDifference(actual[i]!, tensor)
        : absoluteDifference(actual[i]!, tensor, atol);
    });
  },
};

function lineOf({ span, location }: Diagnostic, text: string): number {
  if (span) return text.slice(0, span.start).split("\n").length;
  return location?.kind === "file" ? location.line : 0;
}

function parsed(file: string): Module {
  const { module, diagnostics } = readModule(readFileSync(file));
  if (!module) throw new Error(diagnostics[0]?.message ?? "not read, and no diagnostic says why");
  return module;
}

function verified(file: string): VerifiedModule {
  const result = verify(parsed(file));
  if (!result.module)
    throw new Error(result.diagnostics[0]?.message ?? "not valid, and no diagnostic says why");
  return result.module;
}

type Types = readonly HostTensor["type"][];

async function execute(
  module: VerifiedModule,
  args: (types: Types) => HostTensor[],
  device: Device,
): Promise<HostTensor[]> {
  const executable = await device.compile(module);
  const inputs = args(executable.signature.inputs as Types).map((tensor) => device.upload(tensor));
  const outputs = executable.run(inputs);
  try {
    return await Promise.all(outputs.map((buffer) => buffer.read()));
  } finally {
    for (const buffer of [...inputs, ...outputs]) buffer.close();
    executable.close();
  }
}

async function runWithArrays({ file, beside }: Case, device: Device) {
  const arrays = readNpz(readFileSync(beside!), beside!);
  const module = verified(file);
  const actual = await execute(module, (types) => tensorsFrom(arrays, types, "in", beside!), device);
  const expected = tensorsFrom(
    arrays,
    actual.map((tensor) => tensor.type),
    "out",
    beside!,
  );
  return { actual, expected };
}

function firstReason<T>(
  items: readonly T[],
  reason: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const found = reason(item, i);
    if (found !== undefined) return `out${i}: ${found}`;
  }
  return undefined;
}

function firstDifference(actual: string, expected: string): string | undefined {
  if (actual.trimEnd() === expected.trimEnd()) return undefined;
  const lines = actual.split("\n");
  const wanted = expected.split("\n");
  const at = wanted.findIndex((line, i) => line !== lines[i]);
  const clip = (line: string | undefined) => JSON.stringify(line?.trim().slice(0, 120));
  return `line ${at + 1} is ${clip(lines[at])} instead of ${clip(wanted[at])}`;
}
