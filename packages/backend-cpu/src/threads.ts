/**
 * Threads that share the arena. A job is a function of a program's module and a number of rounds; whoever is free takes
 * the next few of them, this thread too, so that nobody is waited for who has not begun.
 */
import { arena, type Block } from "./arena.ts";
import { startThread, threadCount } from "./node.ts";

/** A function of rounds `from` to `to`, run by thread number `thread`. */
export type Rounds = (from: number, to: number, thread: number) => void;

/** Words of the block that all threads watch. */
const word = {
  /** Counts jobs; idle threads sleep on it. */
  job: 0,
  /** Which program and which of its functions. */
  program: 1,
  function: 2,
  /** Rounds of the job, and how many are taken at a time. */
  rounds: 3,
  step: 4,
  /** The job's number (16 bits) above that of its next piece. */
  next: 5,
  /** Pieces that are done. */
  done: 6,
  failed: 7,
} as const;
const words = 16;

/** Pieces for each thread: small enough that one who comes late finds some left. */
const piecesEach = 4;

/** How often an idle thread looks for work before it sleeps. */
const patience = 2000;

/** The loop of a thread. It has no way to the sources of this package, so that it is text. */
const threadSource = `
const { workerData: { memory, at, port, thread }, threadId } = require("node:worker_threads");
const { receiveMessageOnPort } = require("node:worker_threads");
const words = new Int32Array(memory.buffer, at, ${words});
const programs = new Map();
const outside = { memory, run() { throw new Error("only the first thread runs JavaScript"); }, fork() {} };
const receive = () => {
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const { id, module } = got.message;
    if (module) programs.set(id, new WebAssembly.Instance(module, { env: outside }).exports);
    else programs.delete(id);
  }
};
let seen = 0;
for (;;) {
  for (let i = 0; i < ${patience} && Atomics.load(words, ${word.job}) === seen; i++);
  Atomics.wait(words, ${word.job}, seen);
  const job = (seen = Atomics.load(words, ${word.job}));
  receive();
  const rounds = words[${word.rounds}], step = words[${word.step}];
  const run = programs.get(words[${word.program}])?.["parallel" + words[${word.function}]];
  for (;;) {
    const next = Atomics.load(words, ${word.next});
    const from = (next & 0xffff) * step;
    if (!run || next >>> 16 !== (job & 0xffff) || from >= rounds) break;
    if (Atomics.compareExchange(words, ${word.next}, next, next + 1) !== next) continue;
    try { run(from, Math.min(rounds, from + step), thread); } catch { words[${word.failed}] = 1; }
    Atomics.add(words, ${word.done}, 1);
    Atomics.notify(words, ${word.done});
  }
}
`;

type Port = NonNullable<ReturnType<typeof startThread>>;

class Threads {
  /** How many compute, this one included. */
  readonly count = arena.shared ? threadCount() : 1;
  #ports: readonly Port[] | undefined;
  #block: Block | undefined;
  #words: Int32Array = new Int32Array();
  #programs = 0;

  /** A number for a program, by which the threads know it. */
  register(module: object): number {
    this.#start();
    const id = ++this.#programs;
    for (const port of this.#ports!) port.postMessage({ id, module });
    return id;
  }

  forget(id: number): void {
    for (const port of this.#ports ?? []) port.postMessage({ id });
  }

  #start(): void {
    if (this.#ports) return;
    this.#block = arena.allocate(4 * words);
    this.#words = new Int32Array(arena.buffer, this.#block.address, words).fill(0);
    const data = { memory: arena.memory, at: this.#block.address };
    const started = Array.from({ length: this.count - 1 }, (_, i) =>
      startThread(threadSource, { ...data, thread: i + 1 }),
    );
    this.#ports = started.filter((port) => port !== undefined);
  }

  /** Runs all rounds; returns when they are done. */
  run(program: number, index: number, own: Rounds, rounds: number): void {
    const step = Math.max(1, Math.ceil(rounds / (this.count * piecesEach)));
    const pieces = Math.ceil(rounds / step);
    const shared = this.#words;
    const job = (shared[word.job]! + 1) | 0;
    shared[word.program] = program;
    shared[word.function] = index;
    shared[word.rounds] = rounds;
    shared[word.step] = step;
    Atomics.store(shared, word.done, 0);
    Atomics.store(shared, word.next, (job & 0xffff) << 16);
    Atomics.store(shared, word.job, job);
    Atomics.notify(shared, word.job);
    for (;;) {
      const piece = Atomics.add(shared, word.next, 1) & 0xffff;
      if (piece >= pieces) break;
      own(piece * step, Math.min(rounds, (piece + 1) * step), 0);
      Atomics.add(shared, word.done, 1);
    }
    for (let done = Atomics.load(shared, word.done); done < pieces; done = Atomics.load(shared, word.done))
      Atomics.wait(shared, word.done, done, 1);
    if (shared[word.failed] !== 0) throw new Error("a thread failed to run its part of a program");
  }
}

export const threads = new Threads();
