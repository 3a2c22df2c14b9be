/** What only Node offers. No other file of this package knows of it; elsewhere none of this is there. */

interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly arch: string;
  getBuiltinModule?(name: "node:v8"): { setFlagsFromString(flags: string): void };
}

const node = (globalThis as { readonly process?: NodeProcess }).process;

/** Whether the user asked for vectors of 256 bits. */
export const wantsWideVectors = (): boolean => node?.env["HLOOM_CPU_WIDE"] === "1";

/** Changes flags of V8 for the whole process; false where there is no way to. */
export function setEngineFlags(...flags: readonly string[]): boolean {
  const engine = node?.arch === "x64" ? node.getBuiltinModule?.("node:v8") : undefined;
  for (const flag of flags) engine?.setFlagsFromString(flag);
  return engine !== undefined;
}
