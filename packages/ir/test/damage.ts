/** The corpus of programs and what must hold when one of them is damaged: the property behind the test and the fuzzer. */
import { readModule, verify } from "../src/index.ts";
import { bytesAt, namesIn } from "./data.ts";
import { mutated, random } from "./mutate.ts";

const sources = [
  ["gen/jax_0_10_2_pjrt", ".mlir.bc"],
  ["orig/stablehlo/tests/vhlo", ".mlir.bc"],
  ["orig/jax_export_back_compat", ".mlir.bc"],
  ["gen/jax_0_10_2_pjrt", ".mlir"],
  ["cases/stablehlo/tests/ops_stablehlo", ".mlir"],
  ["orig/shardy/sdy_ir_test", ".mlir"],
] as const;
const milliseconds = 2000;

interface Artifact {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Programs as bytes and as text. */
export function corpus(): Artifact[] {
  return sources.flatMap(([folder, suffix]) =>
    namesIn(folder, suffix).map((name) => ({ name, bytes: bytesAt(`${folder}/${name}${suffix}`) })),
  );
}

/** Reads and verifies a program damaged as `seed` says; what is wrong with the outcome, or undefined. */
export function complaint(artifacts: readonly Artifact[], seed: number): string | undefined {
  const draw = random(~seed);
  const [subject, other] = [artifacts[draw(artifacts.length)]!, artifacts[draw(artifacts.length)]!];
  const { bytes, done } = mutated(seed, subject.bytes, other.bytes);
  const what = `seed ${seed} (${done.join(", ")} of ${subject.name})`;
  const start = performance.now();
  try {
    const { module, diagnostics } = readModule(bytes);
    if (module) verify(module);
    else if (!diagnostics.some(({ severity }) => severity === "error"))
      return `${what}: neither module nor error`;
  } catch (thrown) {
    return `${what}: threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  }
  const taken = performance.now() - start;
  return taken > milliseconds ? `${what}: took ${taken.toFixed(0)} ms` : undefined;
}
