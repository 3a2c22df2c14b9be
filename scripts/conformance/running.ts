import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Backend } from "@hloom/backend";
import { type HostTensor, readModule, type VerifiedModule, verify } from "@hloom/ir";
import { readNpz, toTensor } from "../../packages/cli/src/npz.ts";
import { type Chapter, load, type Outcome } from "./chapters.ts";
import { difference } from "./compare.ts";
import { bytesOfCase, type Corpus } from "./corpus.ts";
import { probeNames, probeOf } from "./selfcheck.ts";

/** Compiles, runs and reads everything back; frees what it made. */
async function runOn(
  backend: Backend,
  module: VerifiedModule,
  inputs: readonly HostTensor[],
): Promise<HostTensor[]> {
  const executable = await backend.compile(module);
  try {
    const results = executable.run(inputs.map((input) => backend.upload(input)));
    const values = await Promise.all(results.map((result) => result.read()));
    for (const result of results) result.close();
    return values;
  } finally {
    executable.close();
  }
}

/** A refusal is not a failure; anything else that is thrown is. */
async function outcome(name: string, work: () => Promise<string | undefined>): Promise<Outcome> {
  try {
    const detail = await work();
    return detail ? { case: name, verdict: "fail", detail } : { case: name, verdict: "pass" };
  } catch (error) {
    const { name: kind, message } = error as Error;
    const verdict = kind === "UnsupportedError" ? "unsupported" : "fail";
    return { case: name, verdict, detail: `${message}`.split("\n").slice(0, 3).join(" ") };
  }
}

function freshModule(corpus: Corpus, file: string) {
  const { module, diagnostics } = readModule(bytesOfCase(corpus, file));
  if (!module) throw new Error(`read: ${diagnostics[0]?.message}`);
  return module;
}

async function checkProbe(backend: Backend, corpus: Corpus, file: string, name: string) {
  const probe = probeOf(freshModule(corpus, file), name);
  const { module, diagnostics } = verify(probe.module);
  if (!module) return `the probe does not verify: ${diagnostics[0]?.message}`;
  const values = await runOn(backend, module, []);
  for (const [i, how] of probe.checks.entries()) {
    const wrong = difference(values[2 * i] as HostTensor, values[2 * i + 1] as HostTensor, how);
    if (wrong) return `check ${i}: ${wrong}`;
  }
  return undefined;
}

async function* selfChecking(
  backend: Backend,
  corpus: Corpus,
  selected: (file: string) => boolean,
): AsyncGenerator<Outcome> {
  for (const file of corpus.programs) {
    if (!selected(file) || file.endsWith(".bc")) continue;
    const names = /check\.expect/.test(readFileSync(join(corpus.folder, file), "utf8"))
      ? probeNamesOf(corpus, file)
      : [];
    if (typeof names === "string") yield { case: file, verdict: "fail", detail: names };
    else
      for (const name of names) {
        const label = names.length > 1 ? `${file} @${name}` : file;
        yield await outcome(label, () => checkProbe(backend, corpus, file, name));
      }
  }
}

function probeNamesOf(corpus: Corpus, file: string): string[] | string {
  try {
    return probeNames(freshModule(corpus, file));
  } catch (error) {
    return (error as Error).message;
  }
}

async function* fromJax(
  backend: Backend,
  corpus: Corpus,
  selected: (file: string) => boolean,
): AsyncGenerator<Outcome> {
  for (const file of corpus.programs) {
    const arrays = join(corpus.folder, file.replace(/\.mlir\.bc$/, ".npz"));
    if (!selected(file) || !file.endsWith(".bc") || !existsSync(arrays)) continue;
    yield await outcome(file, () => checkArrays(backend, corpus, file, arrays));
  }
}

async function checkArrays(backend: Backend, corpus: Corpus, file: string, arrays: string) {
  const module = load(corpus, file);
  if (typeof module === "string") return module;
  const named = readNpz(readFileSync(arrays), arrays);
  const executable = await backend.compile(module);
  const { inputs, outputs } = executable.signature;
  executable.close();
  const take = (prefix: "in" | "out", types: readonly HostTensor["type"][]): HostTensor[] =>
    types.map((type, i) => {
      const array = named.get(`${prefix}${i}`);
      if (!array) throw new Error(`${prefix}${i} is not in the arrays`);
      return toTensor(array, type, `${prefix}${i}`);
    });
  const values = await runOn(backend, module, take("in", inputs as HostTensor["type"][]));
  for (const [i, expected] of take("out", outputs as HostTensor["type"][]).entries()) {
    const wrong = difference(values[i] as HostTensor, expected, "close");
    if (wrong) return `result ${i}: ${wrong}`;
  }
  return undefined;
}

/** The chapters that run programs, for one backend. */
export function runningChapters(backend: Backend): Chapter[] {
  const below = (folder: string, selected: (file: string) => boolean) => (file: string) =>
    file.startsWith(folder) && !file.includes("/dynamic/") && selected(file);
  return [
    {
      name: `testdata on ${backend.name}`,
      promise: "upstream's test programs, which check themselves",
      run: (corpus, selected) => selfChecking(backend, corpus, below("orig/stablehlo/testdata", selected)),
    },
    {
      name: `interpret on ${backend.name}`,
      promise: "the cases of upstream's interpreter, which check themselves",
      run: (corpus, selected) =>
        selfChecking(backend, corpus, below("cases/stablehlo/tests/interpret", selected)),
    },
    {
      name: `jax on ${backend.name}`,
      promise: "JAX's own artifacts against the results of JAX's CPU backend",
      run: (corpus, selected) => fromJax(backend, corpus, below("gen", selected)),
    },
  ];
}
