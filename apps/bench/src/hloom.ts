/** hloom's own contestants: a backend in this process, on the modules that JAX lowered. */
import { readFileSync } from "node:fs";
import { type Backend, type Buffer, Device, type DeviceExecutable } from "@hloom/backend";
import { type HostTensor, readModule, renderDiagnostic, verify, viewOf } from "@hloom/ir";
import { baseName, type Contestant, type Prepared } from "./contestant.ts";

interface Ready {
  readonly executable: DeviceExecutable;
  readonly inputs: readonly Buffer[];
}

export class HloomContestant implements Contestant {
  readonly name: string;
  readonly #device: Device;
  readonly #ready = new Map<string, Ready>();

  constructor(name: string, backend: Backend) {
    this.name = name;
    this.#device = new Device(backend);
  }

  async prepare(program: string, folder: string): Promise<Prepared> {
    const base = baseName(folder, program);
    const text = readFileSync(`${base}.mlir`, "utf8");
    const start = performance.now();
    const read = readModule(text);
    const verified = read.module && verify(read.module);
    if (!verified?.module) {
      const diagnostics = [...read.diagnostics, ...(verified?.diagnostics ?? [])];
      throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
    }
    const executable = await this.#device.compile(verified.module);
    const compile = performance.now() - start;
    const inputs = executable.signature.inputs.map((type, i) => {
      const tensor = type as HostTensor["type"];
      return this.#device.upload({
        type: tensor,
        data: viewOf(tensor.element, readFileSync(`${base}.in${i}`)),
      });
    });
    this.#ready.set(program, { executable, inputs });
    return { compile };
  }

  /** Until the results are there; XLA's are not copied either. */
  async run(program: string, times: number): Promise<readonly number[]> {
    const ready = this.#ready.get(program);
    if (!ready) throw new Error(`${program} is not prepared`);
    const samples: number[] = [];
    for (let i = 0; i < times; i++) {
      const start = performance.now();
      const results = ready.executable.run(ready.inputs);
      await Promise.all(results.map((result) => result.ready()));
      samples.push(performance.now() - start);
      for (const result of results) result.close();
    }
    return samples;
  }

  async close(): Promise<void> {
    for (const { executable, inputs } of this.#ready.values()) {
      for (const input of inputs) input.close();
      executable.close();
    }
    await this.#device.close?.();
  }
}
