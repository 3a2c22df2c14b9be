/** A verified module to the bytes of a Program, without touching the device. */
import {
  type Capabilities,
  type CompileOptions,
  checkSupport,
  type Missing,
  signatureOf,
  UnsupportedError,
} from "@hloom/backend";
import { locationText, runStages, unknownLocation, type VerifiedModule } from "@hloom/ir";
import { pipelineWithout } from "./pipeline.ts";
import { printProgram } from "./print.ts";
import { encodeProgram, type Program } from "./program.ts";
import { schedule } from "./schedule.ts";
import { rulesOff } from "./settings.ts";

/** Throws {@link UnsupportedError} with everything that keeps the module from running on MLX. */
export function compileToProgram(
  module: VerifiedModule,
  supports: Capabilities,
  options: CompileOptions = {},
): Program {
  checkSupport(module, supports, "mlx");
  const { onStage } = options;
  const lowered = runStages(module, pipelineWithout(rulesOff()), onStage ? { onStage } : {});
  if (lowered.diagnostics.length > 0) {
    throw new UnsupportedError("mlx", lowered.diagnostics.map(missingOf));
  }
  const start = performance.now();
  const program = schedule(lowered.module, signatureOf(module).donated);
  onStage?.({ name: "program", text: () => printProgram(program), milliseconds: performance.now() - start });
  return program;
}

export function translate(
  module: VerifiedModule,
  supports: Capabilities,
  options?: CompileOptions,
): Uint8Array {
  return encodeProgram(compileToProgram(module, supports, options));
}

function missingOf({ op, message, location }: ReturnType<typeof runStages>["diagnostics"][number]): Missing {
  return { op: op ?? "module", reason: message, location: locationText(location ?? unknownLocation) };
}
