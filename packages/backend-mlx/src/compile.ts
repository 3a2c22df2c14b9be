/** A verified module to the bytes of a Program, without touching the device. */
import {
  type Capabilities,
  type CompileOptions,
  checkSupport,
  type Missing,
  signatureOf,
  UnsupportedError,
} from "@hloom/backend";
import {
  locationText,
  type Module,
  type Operation,
  type Rule,
  runStages,
  unknownLocation,
  type VerifiedModule,
} from "@hloom/ir";
import { doubles, inSingle } from "./downcast.ts";
import { pipelineFor } from "./pipeline.ts";
import { printProgram } from "./print.ts";
import { encodeProgram, type Program } from "./program.ts";
import { fallbackName } from "./rules/fallback.ts";
import { schedule } from "./schedule.ts";
import { doublePolicy, isStrict, rulesOff } from "./settings.ts";

export interface TranslateOptions {
  /** Whether the reference evaluator is there when the program runs: in Node it is, in a process of JAX it is not. */
  readonly evaluator?: boolean;
}

/** Throws {@link UnsupportedError} with everything that keeps the module from running on MLX. */
export function compileToProgram(
  module: VerifiedModule,
  supports: Capabilities,
  options: CompileOptions = {},
  { evaluator = false }: TranslateOptions = {},
): Program {
  checkSupport(module, supports, "mlx");
  const { onStage } = options;
  const left = new Map<string, string>();
  const onFire = (_: unknown, rule: Rule, operation: Operation) => {
    if (rule.name === fallbackName) left.set(locationText(operation.location), operation.name);
  };
  const stages = pipelineFor({ off: rulesOff(), evaluator: evaluator && !isStrict() });
  const lowered = runStages(withPolicy(module, options), stages, { onFire, ...(onStage && { onStage }) });
  if (lowered.diagnostics.length > 0) {
    throw new UnsupportedError("mlx", lowered.diagnostics.map(missingOf));
  }
  if (left.size > 0) options.onWarning?.(warningOf(left));
  const start = performance.now();
  const program = schedule(lowered.module, signatureOf(module).donated);
  onStage?.({ name: "program", text: () => printProgram(program), milliseconds: performance.now() - start });
  return program;
}

/** The module as HLOOM_F64 wants it. */
function withPolicy(module: VerifiedModule, { onWarning }: CompileOptions): Module {
  const policy = doublePolicy();
  const found = policy === "cpu" ? [] : doubles(module);
  if (found.length === 0) return module;
  if (policy === "downcast") {
    onWarning?.(`${found.length} operations on f64 compute in f32: HLOOM_F64=downcast`);
    return inSingle(module);
  }
  const reason = "f64, which HLOOM_F64=error forbids (cpu computes it on CPU devices, downcast in f32)";
  const places = found.map(({ name, location }) => ({ op: name, reason, location: locationText(location) }));
  throw new UnsupportedError("mlx", places);
}

function warningOf(left: ReadonlyMap<string, string>): string {
  const places = [...left].map(([location, name]) => `${name} at ${location}`);
  return `not on MLX but by the reference evaluator, which is slow: ${places.join("; ")} (HLOOM_STRICT=1 refuses this)`;
}

export function translate(
  module: VerifiedModule,
  supports: Capabilities,
  options?: CompileOptions,
  rest?: TranslateOptions,
): Uint8Array {
  return encodeProgram(compileToProgram(module, supports, options, rest));
}

function missingOf({ op, message, location }: ReturnType<typeof runStages>["diagnostics"][number]): Missing {
  return { op: op ?? "module", reason: message, location: locationText(location ?? unknownLocation) };
}
