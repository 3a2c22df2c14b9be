/** What must hold of every generated program: the properties behind the test and the fuzzer. */
import { knownOf, typeArguments } from "../src/declare/view.ts";
import {
  bodyOf,
  copyModule,
  DiagnosticError,
  definitionOf,
  entryFunction,
  evaluate,
  isStatic,
  type Module,
  passes,
  readModule,
  smith,
  type VerifiedModule,
  verify,
  walk,
  writeBytecode,
  writeText,
} from "../src/index.ts";
import { mutated } from "./mutate.ts";
import { roundTripComplaint, settled, targets } from "./round_trip.ts";

type Property = (sample: smith.Sample, seed: number) => string | undefined;

function verifiedAgain(input: string | Uint8Array): VerifiedModule {
  const read = readModule(input);
  const result = read.module ? verify(read.module) : read;
  if (result.module) return result.module as VerifiedModule;
  throw new Error(result.diagnostics.map(({ op, message }) => `${op}: ${message}`).join("; "));
}

/** Elements of the results as text, or why there are none. */
function outcome({ module, args }: smith.Sample): string {
  try {
    return evaluate(module, args, { maxSteps: 1e6 })
      .map((datum) => ("data" in datum ? datum.data.join(",") : "?"))
      .join(";");
  } catch (error) {
    return `no result: ${(error as Error).message}`;
  }
}

const difference = (what: string, want: string, got: string) =>
  want === got ? undefined : `${what} differs:\n${want.slice(0, 2000)}\n${got.slice(0, 2000)}`;

function has(module: VerifiedModule, name: RegExp): boolean {
  let found = false;
  walk(module.operation, (operation) => {
    found ||= name.test(operation.name);
  });
  return found;
}

/** Passes that compute by other formulas, or that mean to change what they are given, are tested on their own. */
const exactPasses = passes.filter(({ name }) => ["inline", "fold", "cse", "dce", "untuple"].includes(name));

/** Versions to write for at one seed: the newest, and some that come round. */
const versionsAt = (seed: number) => [0, 1, 2].map((i) => targets[(3 * seed + i) % targets.length]!);

/** What makes results that are not the program's. */
const unrepeatable = /^stablehlo\.rng$/;

export const properties: Readonly<Record<string, Property>> = {
  "text reads back the same": ({ module }) => {
    const text = writeText(module);
    return difference("the text", text, writeText(verifiedAgain(text)));
  },
  "generic text reads back the same": ({ module }) =>
    difference("the text", writeText(module), writeText(verifiedAgain(writeText(module, { generic: true })))),
  "bytecode reads back the same, at every version": ({ module }, seed) => {
    // VHLO does not carry CHLO.
    if (has(module, /^chlo\./)) return undefined;
    const program = settled(module);
    for (const version of versionsAt(seed)) {
      const found = roundTripComplaint(program, version);
      if (found) return found;
    }
    return undefined;
  },
  "inferred types are as good as declared ones": ({ module }) => {
    const copy = copyModule(module);
    inferTypes(copy);
    const { diagnostics } = verify(copy);
    const wrong = diagnostics.find(({ severity }) => severity === "error");
    return wrong && `${wrong.op}: ${wrong.message}`;
  },
  "evaluation gives the same twice": (sample) =>
    has(sample.module, unrepeatable) ? undefined : difference("the result", outcome(sample), outcome(sample)),
  "passes keep the meaning": (sample) => {
    const want = outcome(sample);
    // What fails may be what nobody uses, and disappear.
    if (want.startsWith("no result") || has(sample.module, unrepeatable)) return undefined;
    for (const { name, run } of exactPasses) {
      const after = verify(run(sample.module)).module;
      if (!after) return `${name} makes a program that is wrong`;
      const found = difference(`the result after ${name}`, want, outcome({ ...sample, module: after }));
      if (found) return found;
    }
    return undefined;
  },
  "a changed program is accepted or has diagnostics": ({ module }, seed) => {
    const { module: changed, change } = smith.mutateModule(module, seed);
    const { module: accepted, diagnostics } = verify(changed);
    if (!accepted && diagnostics.length === 0) return `${change}: neither a module nor a diagnostic`;
    const failed = diagnostics.find(({ code }) => code === "verify/failed");
    return failed && `${change}: ${failed.message}`;
  },
  "damaged text and bytes are accepted or have diagnostics": ({ module }, seed) => {
    const text = new TextEncoder().encode(writeText(module, { generic: seed % 2 === 0 }));
    const { bytes = text } = writeBytecode(module);
    return complaintAboutDamage(text, bytes, seed) ?? complaintAboutDamage(bytes, text, seed);
  },
};

/** Results of main take the types that follow from the operands; what is returned keeps what the function declares. */
function inferTypes(module: Module): void {
  const { operations } = bodyOf(entryFunction(module)!.regions[0]!);
  const returned = new Set(operations.at(-1)!.operands);
  for (const operation of operations) {
    const definition = definitionOf(operation.name);
    const args = definition?.infer && typeArguments(definition, operation, false);
    if (!args) continue;
    const types = definition.infer!(args as never, knownOf(definition, operation));
    for (const [i, type] of types.entries())
      if (isStatic(type) && !returned.has(operation.results[i]!)) operation.results[i]!.type = type;
  }
}

const milliseconds = 2000;

function complaintAboutDamage(bytes: Uint8Array, other: Uint8Array, seed: number): string | undefined {
  const { bytes: damaged, done } = mutated(seed, bytes, other);
  const start = performance.now();
  const { module, diagnostics } = readModule(damaged);
  if (module) verify(module);
  else if (!diagnostics.some(({ severity }) => severity === "error"))
    return `${done.join(", ")}: neither a module nor an error`;
  const taken = performance.now() - start;
  return taken > milliseconds ? `${done.join(", ")}: took ${taken.toFixed(0)} ms` : undefined;
}

/** What is wrong with the program of a seed, made as small as it can be; undefined when nothing is. */
export async function complaintAbout(seed: number): Promise<string | undefined> {
  const sample = smith.generateSample(seed);
  for (const [name, property] of Object.entries(properties)) {
    if (checked(property, sample, seed) === undefined) continue;
    const small = await smith.shrink(sample, (smaller) => checked(property, smaller, seed) !== undefined);
    return `seed ${seed}: ${name}: ${checked(property, small, seed)}\n${writeText(small.module)}`;
  }
  return undefined;
}

function checked(property: Property, sample: smith.Sample, seed: number): string | undefined {
  try {
    return property(sample, seed);
  } catch (error) {
    const what = error instanceof DiagnosticError ? "a diagnostic" : "an error";
    return `threw ${what}: ${(error as Error).stack?.split("\n").slice(0, 4).join("\n")}`;
  }
}
