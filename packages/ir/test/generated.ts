/** What must hold of every generated program: the properties behind the test and the fuzzer. */
import {
  type DiagnosticError,
  entryFunction,
  evaluate,
  functionType,
  type HostTensor,
  passes,
  readModule,
  smith,
  type TensorType,
  type VerifiedModule,
  verify,
  walk,
  writeBytecode,
  writeText,
} from "../src/index.ts";

import { settled } from "./round_trip.ts";

type Property = (module: VerifiedModule, seed: number) => string | undefined;

function verifiedAgain(input: string | Uint8Array): VerifiedModule {
  const read = readModule(input);
  const result = read.module ? verify(read.module) : read;
  if (result.module) return result.module as VerifiedModule;
  throw new Error(result.diagnostics.map(({ op, message }) => `${op}: ${message}`).join("; "));
}

function inputsOf(module: VerifiedModule, seed: number): HostTensor[] {
  const random = new smith.Random(seed);
  return functionType(entryFunction(module)!).inputs.map((type) =>
    smith.randomTensor(random, type as TensorType),
  );
}

/** Elements of the results as text, or why there are none. */
function outcome(module: VerifiedModule, seed: number): string {
  try {
    return evaluate(module, inputsOf(module, seed))
      .map((datum) => ("data" in datum ? datum.data.join(",") : "?"))
      .join(";");
  } catch (error) {
    return `no result: ${(error as Error).message}`;
  }
}

const difference = (what: string, want: string, got: string) =>
  want === got ? undefined : `${what} differs:\n${want.slice(0, 2000)}\n${got.slice(0, 2000)}`;

function hasDialect(module: VerifiedModule, dialect: string): boolean {
  let found = false;
  walk(module.operation, ({ name }) => {
    found ||= name.startsWith(`${dialect}.`);
  });
  return found;
}

/** Passes that compute by other formulas, or that mean to change what they are given, are tested on their own. */
const exactPasses = passes.filter(({ name }) => ["inline", "fold", "cse", "dce", "untuple"].includes(name));

export const properties: Readonly<Record<string, Property>> = {
  "text reads back the same": (module) => {
    const text = writeText(module);
    return difference("the text", text, writeText(verifiedAgain(text)));
  },
  "generic text reads back the same": (module) =>
    difference("the text", writeText(module), writeText(verifiedAgain(writeText(module, { generic: true })))),
  "bytecode reads back the same": (module) => {
    // VHLO does not carry CHLO.
    if (hasDialect(module, "chlo")) return undefined;
    const { bytes, diagnostics } = writeBytecode(module);
    if (!bytes) return `no bytecode: ${diagnostics[0]?.message}`;
    // VHLO does not tell a default that is written out from one that is left out.
    return difference("the text", writeText(settled(module)), writeText(settled(verifiedAgain(bytes))));
  },
  "evaluation gives the same twice": (module, seed) =>
    difference("the result", outcome(module, seed), outcome(module, seed)),
  "passes keep the meaning": (module, seed) => {
    const want = outcome(module, seed);
    // What fails may be what nobody uses, and disappear.
    if (want.startsWith("no result")) return undefined;
    for (const { name, run } of exactPasses) {
      const after = verify(run(module)).module;
      if (!after) return `${name} makes a program that is wrong`;
      const found = difference(`the result after ${name}`, want, outcome(after, seed));
      if (found) return found;
    }
    return undefined;
  },
  "a changed program is refused or evaluated": (module, seed) => {
    const { module: mutated, change } = smith.mutateModule(module, seed);
    const { module: accepted, diagnostics } = verify(mutated);
    if (!accepted && diagnostics.length === 0) return `${change}: neither a module nor a diagnostic`;
    if (diagnostics.some(({ code }) => code === "verify/failed"))
      return `${change}: ${diagnostics[0]!.message}`;
    return undefined;
  },
};

/** What is wrong with the program of a seed, made as small as it can be; undefined when nothing is. */
export function complaintAbout(seed: number): string | undefined {
  const module = smith.generateModule(seed);
  for (const [name, property] of Object.entries(properties)) {
    const found = checked(property, module, seed);
    if (found === undefined) continue;
    const smallest = smith.shrinkModule(module, (smaller) => checked(property, smaller, seed) !== undefined);
    return `seed ${seed}: ${name}: ${checked(property, smallest, seed)}\n${writeText(smallest)}`;
  }
  return undefined;
}

function checked(property: Property, module: VerifiedModule, seed: number): string | undefined {
  try {
    return property(module, seed);
  } catch (error) {
    return `threw ${(error as Error | DiagnosticError).message}`;
  }
}
