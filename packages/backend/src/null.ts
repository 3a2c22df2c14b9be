/**
 * The smallest honest backend, and the manual for writing one. It keeps values in host memory and runs programs with
 * the reference evaluator. A real backend replaces three things: `upload` (copy to the device), `compile` (translate
 * once), and `run` (start the work, return at once). `Device` has already checked whatever arrives here.
 */
import { allDefinitions, allElements, evaluate, evaluatedCalls, type HostTensor } from "@hloom/ir";
import type { Backend, Buffer } from "./backend.ts";
import { signatureOf } from "./signature.ts";

/** Opens it: the default export of a backend package is this function. */
export default function nullBackend(): Backend {
  return {
    name: "null",
    supports: {
      // Computed, so that it cannot lie: whatever the declarations can evaluate.
      ops: new Set([...allDefinitions()].filter((op) => op.evaluate).map((op) => op.name)),
      customCalls: evaluatedCalls,
      elements: new Set(allElements),
      devices: 1,
      donation: false,
      serialize: false,
    },

    async compile(module) {
      const signature = signatureOf(module);
      return {
        signature,
        run(args) {
          // Returns at once: the work starts in a later turn, and its failure is what `read` of a result rejects with.
          const values = Promise.all(args.map((arg) => arg.read()));
          const results = values.then((inputs) => evaluate(module, inputs) as readonly HostTensor[]);
          return signature.outputs.map((type, i) =>
            buffer(
              type as Type,
              results.then((all) => all[i]!),
            ),
          );
        },
        close() {},
      };
    },

    upload: (host) => buffer(host.type, Promise.resolve({ ...host, data: host.data.slice() })),
  };
}

type Type = HostTensor["type"];

/** A buffer whose value may still be under way. */
function buffer(type: Type, value: Promise<HostTensor>): Buffer {
  value.catch(() => {}); // a failure that nobody reads is not an unhandled rejection
  const read = async () => {
    const tensor = await value;
    return { ...tensor, data: tensor.data.slice() };
  };
  return { type, device: 0, read, close() {} };
}
