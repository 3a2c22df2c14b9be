/**
 * Specialises shape-polymorphic programs, evaluates them and compares with what XLA:CPU computes: StableHLO's
 * `testdata/dynamic`, and programs that JAX exports here. Needs the private Python, `.hloom/python`; arguments name
 * programs, all without any.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  entryFunction,
  evaluate,
  functionType,
  type HostTensor,
  readModule,
  renderDiagnostic,
  specialize,
  type TensorType,
  verify,
} from "../src/index.ts";
import { root } from "../test/data.ts";
import { readNpz, readNpzShapes, tensorOfBytes } from "../test/npz.ts";

export const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");
export const corpus = "orig/stablehlo/testdata/dynamic";

export interface Outcome {
  readonly name: string;
  /** What is wrong; absent when the results agree. */
  readonly problem?: string;
}

/** Programs of StableHLO's corpus; those that XLA does not run for any sizes are left out. */
export function checkCorpus(names: readonly string[]): Outcome[] {
  return withFolder((folder) => {
    const source = join(root, corpus);
    execFileSync(python, [join(import.meta.dirname, "dynamic_outputs.py"), source, folder, ...names]);
    return programsIn(folder, (name) => readFileSync(join(source, `${name}.mlir`)));
  });
}

/** Programs that JAX exports. */
export function checkExports(): Outcome[] {
  return withFolder((folder) => {
    execFileSync(python, [join(import.meta.dirname, "polymorphic_exports.py"), folder]);
    return programsIn(folder, (name) => readFileSync(join(folder, `${name}.mlir.bc`)));
  });
}

function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "dynamic-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function programsIn(folder: string, programOf: (name: string) => Uint8Array): Outcome[] {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith(".npz") ? file.slice(0, -4) : []));
  return names.sort().map((name) => {
    try {
      const problem = check(programOf(name), readFileSync(join(folder, `${name}.npz`)));
      return problem === undefined ? { name } : { name, problem };
    } catch (error) {
      return { name, problem: (error as Error).message };
    }
  });
}

/** What is wrong with the program on the arguments and results of an `.npz`. */
function check(program: Uint8Array, npz: Uint8Array): string | undefined {
  const { module } = verify(readModule(program).module!);
  if (!module) return "the program is not valid";
  const [arrays, shapes] = [readNpz(npz), readNpzShapes(npz)];
  const array = (name: string, type: TensorType) =>
    tensorOfBytes(arrays.get(name)!, { ...type, shape: shapes.get(name)! } as HostTensor["type"]);
  const types = functionType(entryFunction(module)!).inputs as TensorType[];
  const inputs = types.map((type, i) => array(`in${i}`, type));
  // The leading 64-bit scalars are the sizes themselves: they are given by value, everything else by type.
  const first = types.findIndex(({ element, shape }) => element !== "i64" || shape.length > 0);
  const variables = first < 0 ? types.length : first;
  const result = specialize(
    module,
    inputs.map((input, i) => (i < variables ? input : input.type)),
  );
  if (!result.module) return result.diagnostics.map((each) => renderDiagnostic(each)).join("\n");
  const outputs = evaluate(result.module, inputs.slice(variables)) as HostTensor[];
  return outputs.map((output, i) => difference(output, array(`out${i}`, output.type))).find((text) => text);
}

/** Largest error relative to the value, or to 1 where that is less: a few units in the last place of sums. */
const tolerances: Readonly<Record<string, number>> = {
  bf16: 2e-2,
  f16: 2e-3,
  f32: 2e-5,
  "complex<f32>": 2e-5,
  f64: 1e-6,
  "complex<f64>": 1e-6,
};

function difference(actual: HostTensor, expected: HostTensor): string | undefined {
  if (`${actual.type.shape}` !== `${expected.type.shape}`)
    return `the shape is ${actual.type.shape} and not ${expected.type.shape}`;
  const [found, wanted] = [numbers(actual), numbers(expected)];
  const errors = found.map((value, i) => {
    const target = wanted[i]!;
    if (Object.is(value, target) || value === target) return 0;
    const error = Math.abs(value - target) / Math.max(1, Math.abs(target));
    return Number.isNaN(error) ? Infinity : error;
  });
  const worst = Math.max(0, ...errors);
  return worst > (tolerances[actual.type.element] ?? 0) ? `results differ by ${worst}` : undefined;
}

/** bf16 is the upper half of f32; other elements are numbers as they are. */
function numbers({ type, data }: HostTensor): number[] {
  if (type.element !== "bf16") return Array.from(data, Number);
  return [...new Float32Array(Uint32Array.from(data as Uint16Array, (bits) => bits << 16).buffer)];
}

if (process.argv[1] === import.meta.filename) {
  if (!existsSync(python)) throw new Error(`there is no Python at ${python}: run pnpm setup`);
  for (const [title, outcomes] of [
    ["StableHLO's programs", checkCorpus(process.argv.slice(2))],
    ["JAX's exports", checkExports()],
  ] as const) {
    for (const { name, problem } of outcomes) if (problem) console.log(`${name}: ${problem}`);
    const agreeing = outcomes.filter(({ problem }) => problem === undefined);
    console.log(`${title}: ${agreeing.length} of ${outcomes.length} agree with XLA:CPU`);
  }
}
