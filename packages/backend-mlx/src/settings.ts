/** Settings of the environment, where there is one: a browser has none. */
import { idiomNames } from "./pipeline.ts";

const environment = (): Readonly<Record<string, string | undefined>> =>
  (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};

/** Idioms that are not to be recognised: the names in HLOOM_RULES_OFF, with commas between them. */
export function rulesOff(): ReadonlySet<string> {
  const names = (environment()["HLOOM_RULES_OFF"] ?? "").split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => !idiomNames.has(name));
  if (unknown.length > 0)
    throw new Error(
      `HLOOM_RULES_OFF names ${unknown.join(", ")}, which is no rule; there are: ${[...idiomNames].join(", ")}`,
    );
  return new Set(names);
}

/** Whether every visible fallback is an error. */
export const isStrict = (): boolean => environment()["HLOOM_STRICT"] === "1";

/** What to do with f64: see docs/dtypes.md. */
export type DoublePolicy = "cpu" | "error" | "downcast";

export function doublePolicy(): DoublePolicy {
  const value = environment()["HLOOM_F64"] ?? "cpu";
  if (value === "cpu" || value === "error" || value === "downcast") return value;
  throw new Error(`HLOOM_F64 is "${value}"; it can be cpu, error or downcast (docs/dtypes.md)`);
}
