/** Programs of several processes: what the plugin is told about one that runs as one program. */
import { type CompileOptions, signatureOf } from "@hloom/backend";
import { type ProcessGrid, type Spread, spread, type VerifiedModule, verify, writeText } from "@hloom/ir";
import { diagnosticsError } from "./failure.ts";
import { hloWithConfig } from "./hlo.ts";
import type { WireSignature, WireSpread } from "./protocol.ts";

export interface Launched {
  /** Of one process: what the backend compiles. */
  readonly module: VerifiedModule;
  /** Absent for a program of one process. */
  readonly spread?: WireSpread;
  /** Given the signature of `module`, the executable as jaxlib wants to see it. */
  readonly hlo: (signature: WireSignature) => Uint8Array;
}

export function launch(
  module: VerifiedModule,
  grid: ProcessGrid,
  { onStage }: CompileOptions = {},
): Launched {
  if (grid.replicas * grid.partitions === 1) return { module, hlo: hloWithConfig };
  const started = performance.now();
  const made = spread(module, grid);
  onStage?.({
    name: "spread",
    text: () => writeText(made.module),
    milliseconds: performance.now() - started,
  });
  const { module: single, diagnostics } = verify(made.module);
  if (!single) throw diagnosticsError("the program of several devices did not become one", diagnostics);
  return {
    module: single,
    spread: wireSpread(module, made),
    hlo: (signature) => describe(signature, made),
  };
}

function wireSpread(module: VerifiedModule, { inputs, outputs, arguments: { length } }: Spread): WireSpread {
  const donated = signatureOf(module).donated;
  return {
    arguments: length,
    inputs: inputs.map(({ argument, process }) => [argument, process]),
    outputs,
    donated,
  };
}

function describe({ name, inputs, outputs }: WireSignature, made: Spread): Uint8Array {
  return hloWithConfig({
    name,
    inputs: made.arguments.map((_, i) => inputs[made.inputs.findIndex(({ argument }) => argument === i)]!),
    outputs: made.outputs.map(([first]) => outputs[first!]!),
    arguments: made.arguments,
    results: made.results,
  });
}
