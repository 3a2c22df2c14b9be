/**
 * XLA:CPU as a backend: jaxlib in a Python process. An oracle for tests, not a product. Every result is rounded to its
 * type (`xla_allow_excess_precision=false`), and XLA reads the program's text with its own parser.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Backend, type Buffer, signatureOf, UnsupportedError } from "@hloom/backend";
import {
  allDefinitions,
  allElements,
  bytesOf,
  type Element,
  type HostTensor,
  viewOf,
  writeText,
} from "@hloom/ir";
import { withoutConstants } from "./constants.ts";
import { beyondLimits } from "./limits.ts";
import { type Frame, XlaDiedError, XlaProcess } from "./process.ts";

export { XlaDiedError } from "./process.ts";

/** The Python with jaxlib: `$HLOOM_XLA_PYTHON`, or the repository's own. */
export const python =
  process.env.HLOOM_XLA_PYTHON ?? join(import.meta.dirname, "../../../.hloom/python/bin/python");

export const isAvailable = (): boolean => existsSync(python);

/** Types that buffers of this XLA do not have. */
const lacking: readonly Element[] = ["f6E2M3FN", "f6E3M2FN"];

/** Opens it. Throws when there is no Python for it. */
export default function xla(): Backend {
  if (!isAvailable())
    throw new Error(`backend "xla" needs a Python with jaxlib, and there is none at ${python}`);
  const worker = new XlaProcess(python);
  let programs = 0;
  return {
    name: "xla",
    supports: {
      ops: new Set(
        [...allDefinitions()].filter(({ dialect }) => dialects.has(dialect)).map(({ name }) => name),
      ),
      elements: new Set(allElements.filter((element) => !lacking.includes(element))),
      devices: 1,
      donation: false,
      serialize: false,
    },

    async compile(module) {
      const missing = beyondLimits(module);
      if (missing.length > 0) throw new UnsupportedError("xla", missing);
      const signature = signatureOf(module);
      const program = programs++;
      const { module: plain, values } = withoutConstants(module);
      const text = new TextEncoder().encode(writeText(plain));
      accepted(await worker.ask({ action: "compile", program }, [text]).catch(refusedFolding));
      const born = worker.starts;
      return {
        signature,
        run(args) {
          const answer = Promise.all(args.map((arg) => arg.read())).then(async (given) => {
            const inputs = [...given, ...values];
            const header = {
              action: "run",
              program,
              elements: inputs.map(({ type }) => type.element),
              shapes: inputs.map(({ type }) => type.shape),
            };
            return accepted(
              await worker.ask(
                header,
                inputs.map(({ data }) => bytesOf(data)),
              ),
            );
          });
          return signature.outputs.map((type, i) =>
            buffer(
              type as Type,
              answer.then(({ parts }) => parts[i]!),
            ),
          );
        },
        close: () => {
          if (worker.starts === born) worker.tell({ action: "drop", program });
        },
      };
    },

    upload: (host) => buffer(host.type, Promise.resolve(bytesOf(host.data).slice())),
    close: async () => worker.close(),
  };
}

const dialects: ReadonlySet<string> = new Set(["stablehlo", "chlo", "func", "builtin"]);
type Type = HostTensor["type"];

function buffer(type: Type, bytes: Promise<Uint8Array>): Buffer {
  bytes.catch(() => {}); // a failure that nobody reads is not an unhandled rejection
  const read = async () => ({ type, data: viewOf(type.element, (await bytes).slice()) });
  return { type, device: 0, read, close() {} };
}

/** Its folder of constants divides integers by zero as the processor does, which ends the process. */
function refusedFolding(error: unknown): never {
  if (!(error instanceof XlaDiedError && error.message.includes("SIGFPE"))) throw error;
  const reason = "folding constants divides an integer by zero";
  throw new UnsupportedError("xla", [{ op: "module", reason, location: "unknown" }]);
}

/** The answer; what XLA refuses is what this backend lacks. */
function accepted(frame: Frame): Frame {
  const { error } = frame.header;
  if (typeof error !== "string") return frame;
  throw new UnsupportedError("xla", [{ op: "module", reason: error, location: "unknown" }]);
}
