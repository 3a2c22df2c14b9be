/** The Python process that has jaxlib: requests and answers as frames on its pipes, in order. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly parts: readonly Uint8Array[];
}

/** The process died or fell silent: XLA aborts on some programs, and runs some forever. */
export class XlaDiedError extends Error {
  override readonly name = "XlaDiedError";
}

/** How long one answer may take. */
const milliseconds = 120_000;

interface Waiting {
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export class XlaProcess {
  readonly #python: string;
  #child: ChildProcess | undefined;
  #received: Uint8Array = new Uint8Array();
  #complaints = "";
  readonly #waiting: Waiting[] = [];

  constructor(python: string) {
    this.#python = python;
  }

  /** How often a process was started: programs of an earlier one are gone. */
  starts = 0;

  /** Sends a request; its answer, unless the process dies first. */
  ask(header: Frame["header"], parts: readonly Uint8Array[]): Promise<Frame> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#die(`no answer within ${milliseconds / 1000} s`), milliseconds);
      this.#waiting.push({ resolve, reject, timer });
      this.tell(header, parts);
    });
  }

  /** Sends what has no answer. */
  tell(header: Frame["header"], parts: readonly Uint8Array[] = []): void {
    const text = Buffer.from(JSON.stringify({ ...header, bytes: parts.map(({ length }) => length) }));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    this.#running().stdin!.write(Buffer.concat([length, text, ...parts]));
  }

  close(): void {
    this.#child?.stdin?.end();
    this.#child = undefined;
  }

  #running(): ChildProcess {
    if (this.#child) return this.#child;
    this.starts++;
    this.#received = new Uint8Array();
    this.#complaints = "";
    const environment = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
    const child = spawn(this.#python, [join(import.meta.dirname, "serve.py")], { env: environment });
    this.#child = child;
    child.stdout.on("data", (bytes: Uint8Array) => this.#receive(bytes));
    child.stderr.on("data", (bytes) => {
      this.#complaints = `${this.#complaints}${bytes}`.slice(-2000);
    });
    child.on("error", (error) => this.#die(error.message));
    // What is written after its end fails with EPIPE, which its end has said already.
    child.stdin.on("error", () => {});
    child.on("close", (code, signal) => {
      if (this.#child === child) this.#die(`${signal ?? `exit code ${code}`} ${this.#complaints.trim()}`);
    });
    return child;
  }

  #receive(bytes: Uint8Array): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    for (let frame = this.#takeFrame(); frame; frame = this.#takeFrame()) {
      const { resolve, timer } = this.#waiting.shift()!;
      clearTimeout(timer);
      resolve(frame);
    }
  }

  #takeFrame(): Frame | undefined {
    const received = this.#received;
    if (received.length < 4) return undefined;
    const view = new DataView(received.buffer, received.byteOffset, received.byteLength);
    let at = 4 + view.getUint32(0, true);
    if (received.length < at) return undefined;
    const header = JSON.parse(Buffer.from(received.subarray(4, at)).toString()) as {
      readonly bytes: readonly number[];
    };
    const total = header.bytes.reduce((sum, length) => sum + length, at);
    if (received.length < total) return undefined;
    const parts = header.bytes.map((length) => received.slice(at, (at += length)));
    this.#received = received.subarray(total);
    return { header, parts };
  }

  #die(why: string): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    for (const { reject, timer } of this.#waiting.splice(0)) {
      clearTimeout(timer);
      reject(new XlaDiedError(`the process with XLA ended: ${why}`));
    }
  }
}
