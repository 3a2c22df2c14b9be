/** What takes part in a benchmark: something that prepares a program by name and runs it, timing itself. */
import { basename, join } from "node:path";

export interface Prepared {
  /** Milliseconds from a module in memory to something that runs. */
  readonly compile: number;
}

export interface Contestant {
  readonly name: string;
  prepare(program: string, folder: string): Promise<Prepared>;
  /** Milliseconds of each of `times` runs, inputs on the device, until the result is there. */
  run(program: string, times: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Where the first contestant puts a program's module and data, without the ending. A program is a name, or a file's path. */
export function baseName(folder: string, program: string): string {
  return join(folder, basename(program).replaceAll(" ", "_"));
}
