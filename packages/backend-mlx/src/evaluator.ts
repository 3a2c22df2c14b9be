/** The reference evaluator for the operations that programs leave to it; see rules/fallback.ts. */
import { type HostTensor, type PreparedModule, prepare, readModule, verify } from "@hloom/ir";

const prepared = new Map<string, PreparedModule>();

/** Runs the entry of a module that the compiler has written as text. Each is prepared once. */
export function evaluateText(text: string, inputs: readonly HostTensor[]): readonly HostTensor[] {
  let run = prepared.get(text);
  if (!run) prepared.set(text, (run = preparedModule(text)));
  return run(...inputs) as readonly HostTensor[];
}

function preparedModule(text: string): PreparedModule {
  const { module, diagnostics } = readModule(text);
  const result = module && verify(module);
  if (!result?.module)
    throw new Error((result?.diagnostics ?? diagnostics)[0]?.message ?? "the module does not verify");
  return prepare(result.module);
}
