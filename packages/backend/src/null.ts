/**
 * The smallest honest backend, and the manual for writing one. It keeps values in host memory and runs programs with
 * the reference evaluator. A real backend replaces three things: `upload` (copy to the device), `compile` (translate
 * once), and `run` (start the work, return at once). `Device` has already checked whatever arrives here.
 */
import { allDefinitions, complexes, evaluate, floats, type HostTensor, signedIntegers, unsignedIntegers } from "@hloom/ir";
import type { Backend, Buffer, Executable } from "./backend.ts";
import { signatureOf } from "./signature.ts";

/** Opens it: the default export of a backend package is this function. */
export default function nullBackend(): Backend {
  return {
    name: "null",
    supports: {
      // Computed, so that it cannot lie: whatever the declarations can evaluate.
      ops: new Set([...allDefinitions()].filter((op) => op.evaluate).map((op) => op.name)),
      elements: new Set(["i1", ...signedIntegers, ...unsignedIntegers, ...floats, ...complexes]),
      devices: 1,
      donation: false,
      serialize: false,
    },

    async compile(module): Promise<Executable> {
      const signature = signatureOf(module);
      return {
        signature,
        run(args) {
          // Returns at once: the work starts in a later turn, and its failure is whatever `read` of a result rejects with.
          const results = Promise.all(args.map((arg) => arg.read())).then((inputs) => evaluate(module, inputs));
          return signature.outputs.map((type, i) => pending(type as Type, results.then((all) => all[i]! as HostTensor)));
        },
        close() {},
      };
    },

    upload: (host) => pending(host.type, Promise.resolve({ ...host, data: host.data.slice() })),
  };
}

type Type = HostTensor["type"];

/** A buffer whose value may still be under way. */
function pending(type: Type, value: Promise<HostTensor>): Buffer {
  value.catch(() => {}); // a failure that nobody reads is not an unhandled rejection
  return {
    type,
    device: 0,
    read: async () => {
      const tensor = await value;
      return { ...tensor, data: tensor.data.slice() };
    },
    close() {},
  };
}
