/** The CPU backend passes the conformance kit, and mutants of it do not. */
import type { Backend, Buffer } from "@hloom/backend";
import { conform, tableText } from "@hloom/backend/kit";
import { cpu } from "@hloom/backend-cpu";
import { describe, expect, test } from "vitest";

test("backend cpu passes the kit", async () => {
  const table = await conform(cpu);
  expect(table.ok, tableText(table)).toBe(true);
  expect(table.counts.pass).toBeGreaterThan(500);
});

/** Backends that are wrong in one way each; the kit must notice. */
const mutants: Readonly<Record<string, (backend: Backend) => Backend>> = {
  "forgets to copy what is uploaded": (backend) => ({
    ...backend,
    upload(host) {
      const buffer = backend.upload(host);
      return { ...methods(buffer), type: buffer.type, device: 0, read: async () => host };
    },
  }),
  "reads wrong bytes of bf16": (backend) => ({
    ...backend,
    upload(host) {
      if (host.type.element !== "bf16") return backend.upload(host);
      return backend.upload({ ...host, data: (host.data as Uint16Array).map((bits) => bits ^ 1) });
    },
  }),
  "returns the results in reverse": (backend) => changed(backend, (outputs) => [...outputs].reverse()),
  "loses a result": (backend) => changed(backend, (outputs) => outputs.slice(1)),
  "drops what it says about donation": (backend) => ({
    ...backend,
    async compile(module, options) {
      const executable = await backend.compile(module, options);
      const { signature } = executable;
      return {
        signature: { ...signature, donated: [] },
        run: (args) => executable.run(args),
        close: () => executable.close(),
      };
    },
  }),
  "fails when it is closed twice": (backend) => {
    let closed = false;
    return {
      ...backend,
      async close() {
        if (closed) throw new Error("closed twice");
        closed = true;
      },
    };
  },
};

function methods(buffer: Buffer): Pick<Buffer, "close"> {
  return { close: () => buffer.close() };
}

function changed(backend: Backend, change: (outputs: readonly Buffer[]) => readonly Buffer[]): Backend {
  return {
    ...backend,
    async compile(module, options) {
      const executable = await backend.compile(module, options);
      return {
        signature: executable.signature,
        run: (args) => change(executable.run(args)),
        close: () => executable.close(),
      };
    },
  };
}

describe("the kit notices a backend that", () => {
  for (const [name, mutate] of Object.entries(mutants)) {
    test(name, async () => {
      const table = await conform(() => mutate(cpu()), { filter: name.includes("reverse") ? "" : "life" });
      expect(table.counts.fail).toBeGreaterThan(0);
    });
  }
});
