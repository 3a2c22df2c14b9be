/**
 * Programs of several processes, run in one: each process runs until it needs a value that another has not given yet,
 * and is started again when there is more. What it gave before it gives again unchanged, so running twice is harmless.
 */
import type { ProcessGrid, ProcessId } from "../declare/define.ts";
import type { Operation } from "../model/operation.ts";
import { EvaluateError } from "./error.ts";
import type { Datum } from "./tensor.ts";

/** Leaves a process that waits for another; not a failure. */
class Waiting extends EvaluateError {}

type Data = readonly Datum[];

/** What each process gave on each channel, in order. */
type Board = Map<unknown, Map<string, Data[]>>;

/** One run of one process: how often it has given and taken on each channel. */
interface Run {
  readonly process: ProcessId;
  readonly grid: ProcessGrid;
  readonly board: Board;
  readonly given: Map<unknown, number>;
  readonly taken: Map<unknown, Map<string, number>>;
}

export interface Processes {
  /** The process that runs now. */
  readonly process: ProcessId;
  readonly grid: ProcessGrid;
  give(channel: unknown, data: Data): void;
  take(channel: unknown, from: ProcessId | undefined, operation: Operation): Data;
  parallel(grid: ProcessGrid, run: (process: ProcessId) => Data): readonly Data[];
}

const nameOf = ({ replica, partition }: ProcessId): string => `(${replica}, ${partition})`;

function next(counts: Map<unknown, number>, key: unknown): number {
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  return count;
}

function valueAt<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

function startRun(process: ProcessId, grid: ProcessGrid, board: Board): Run {
  return { process, grid, board, given: new Map(), taken: new Map() };
}

/** The processes of one evaluation; outside of `parallel` there is one, `first`. */
export function createProcesses(first: ProcessId): Processes {
  let current = startRun(first, { replicas: 1, partitions: 1 }, new Map());

  function runAs(run: Run, body: (process: ProcessId) => Data): Data | undefined {
    const outer = current;
    current = run;
    try {
      return body(run.process);
    } catch (error) {
      if (error instanceof Waiting) return undefined;
      throw error;
    } finally {
      current = outer;
    }
  }

  return {
    get process() {
      return current.process;
    },
    get grid() {
      return current.grid;
    },
    give(channel, data) {
      const { board, process, given } = current;
      const queue = valueAt(
        valueAt(board, channel, () => new Map<string, Data[]>()),
        nameOf(process),
        () => [],
      );
      queue[next(given, channel)] = data;
    },
    take(channel, from, operation) {
      const sender = from ? nameOf(from) : "any process";
      const { board, taken } = current;
      const count = next(
        valueAt(taken, channel, () => new Map()),
        sender,
      );
      const queues = board.get(channel);
      const data = from ? queues?.get(sender)?.[count] : [...(queues?.values() ?? [])].flat()[count];
      if (!data) throw new Waiting(operation, `process ${nameOf(current.process)} waits for ${sender}`);
      return data;
    },
    parallel(grid, body) {
      const board: Board = new Map();
      const processes = processesOf(grid);
      const results = new Array<Data | undefined>(processes.length).fill(undefined);
      for (let before = -1, now = progressOf(board, results); now > before; ) {
        before = now;
        for (const [i, process] of processes.entries()) {
          results[i] ??= runAs(startRun(process, grid, board), body);
        }
        now = progressOf(board, results);
      }
      const stuck = processes.filter((_, i) => !results[i]).map(nameOf);
      if (stuck.length > 0) throw new Error(`processes wait for each other for ever: ${stuck.join(", ")}`);
      return results.map((result) => result!);
    },
  };
}

/** Replica-major. */
export function processesOf({ replicas, partitions }: ProcessGrid): ProcessId[] {
  return Array.from({ length: replicas * partitions }, (_, i) => ({
    replica: Math.floor(i / partitions),
    partition: i % partitions,
  }));
}

/** A number that grows whenever a process gets further than before. */
function progressOf(board: Board, results: readonly (Data | undefined)[]): number {
  let progress = results.filter((result) => result !== undefined).length;
  for (const queues of board.values()) for (const queue of queues.values()) progress += queue.length;
  return progress;
}
