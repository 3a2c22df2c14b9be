/** Programs of several processes: what the plugin is told about one that runs as one program. */
import { type CompileOptions, entryOf, signatureOf } from "@hloom/backend";
import {
  append,
  bodyOf,
  copyModule,
  createOperation,
  functionType,
  type Module,
  type ProcessGrid,
  type Spread,
  spread,
  tensor,
  type VerifiedModule,
  verify,
  writeText,
} from "@hloom/ir";
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
  if (grid.replicas * grid.partitions === 1) return single(module);
  const started = performance.now();
  const made = spread(module, grid);
  onStage?.({
    name: "spread",
    text: () => writeText(made.module),
    milliseconds: performance.now() - started,
  });
  return {
    module: verified(made.outputs.length > 0 ? made.module : withMarker(made.module)),
    spread: wireSpread(module, made),
    hlo: (signature) => describe(signature, made),
  };
}

function verified(module: Module): VerifiedModule {
  const { module: valid, diagnostics } = verify(module);
  if (valid) return valid;
  throw diagnosticsError("the program became invalid on its way to the backend", diagnostics);
}

/** JAX's own program, unless it has no result. */
function single(module: VerifiedModule): Launched {
  const { inputs, results } = functionType(entryOf(module));
  if (results.length > 0) return { module, hlo: hloWithConfig };
  const { donated } = signatureOf(module);
  return {
    module: verified(withMarker(module)),
    spread: { arguments: inputs.length, inputs: inputs.map((_, i) => [i, 0]), outputs: [], donated },
    hlo: (signature) => hloWithConfig({ ...signature, outputs: [] }),
  };
}

/** With a result for the plugin alone: when it is there, the effects of a program without results have happened. */
function withMarker(module: Module): Module {
  const copy = copyModule(module);
  const entry = entryOf(copy);
  const { inputs } = functionType(entry);
  const type = tensor([], "i1");
  const body = bodyOf(entry.regions[0]!);
  const end = body.operations.pop()!;
  const value = { kind: "dense", type, data: Uint8Array.of(1), splat: true } as const;
  const { location } = end;
  const marker = append(
    body,
    createOperation("stablehlo.constant", { results: [type], attributes: { value }, location }),
  );
  append(body, createOperation(end.name, { operands: marker.results, location }));
  const function_type = { kind: "type", type: { kind: "function", inputs, results: [type] } } as const;
  entry.attributes = { ...entry.attributes, function_type };
  return copy;
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
