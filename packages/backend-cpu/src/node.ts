/** What only Node offers. No other file of this package knows of it; elsewhere none of this is there. */

interface Modules {
  "node:v8": { setFlagsFromString(flags: string): void };
  "node:os": { availableParallelism(): number };
  "node:worker_threads": {
    readonly isMainThread: boolean;
    readonly Worker: new (
      source: string,
      options: {
        readonly eval: true;
        readonly workerData: unknown;
        readonly transferList: readonly unknown[];
        readonly execArgv: readonly string[];
      },
    ) => { unref(): void };
    readonly MessageChannel: new () => { readonly port1: Port & { unref(): void }; readonly port2: Port };
  };
}

interface Port {
  postMessage(message: unknown): void;
}

interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly arch: string;
  getBuiltinModule?<Name extends keyof Modules>(name: Name): Modules[Name];
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

/** How many threads may compute, this one included: HLOOM_CPU_THREADS, or as many as there are processors. */
export function threadCount(): number {
  const asked = node?.env["HLOOM_CPU_THREADS"];
  const threads = node?.getBuiltinModule?.("node:os").availableParallelism() ?? 1;
  if (asked === undefined) return threads;
  const count = Number(asked);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`HLOOM_CPU_THREADS is "${asked}"; it can be a number from 1 on`);
}

/** Starts a thread that keeps no process alive. What is posted to the port that it returns arrives at `data.port`. */
export function startThread(source: string, data: Readonly<Record<string, unknown>>): Port | undefined {
  const threads = node?.getBuiltinModule?.("node:worker_threads");
  if (!threads) return undefined;
  const { port1, port2 } = new threads.MessageChannel();
  const options = {
    eval: true,
    workerData: { ...data, port: port2 },
    transferList: [port2],
    execArgv: [],
  } as const;
  new threads.Worker(source, options).unref();
  port1.unref();
  return port1;
}
