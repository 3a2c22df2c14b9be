/** The compile host's loop: one request after the other, until the plugin goes. */
import { flushCompileCache } from "node:module";
import {
  type Backend,
  checkSupport,
  type Executable,
  loadBackend,
  runnableProgram,
  type Signature,
  signatureOf,
} from "@hloom/backend";
import {
  entryFunction,
  type HostTensor,
  readModule,
  setHostCallback,
  symbolName,
  type VerifiedModule,
  verify,
  withoutTokens,
} from "@hloom/ir";
import { Arrays } from "./arrays.ts";
import { callbackOver } from "./callback.ts";
import { costOf } from "./cost.ts";
import { observe } from "./debug.ts";
import { diagnosticsError, failureOf, HostError } from "./failure.ts";
import { launch } from "./launch.ts";
import {
  type Answer,
  codes,
  type Frame,
  protocolVersion,
  type Request,
  receive,
  type StageTime,
  send,
  type WireCost,
  type WireSignature,
  type WireSpread,
} from "./protocol.ts";

type Reply = { readonly answer: Answer; readonly payload?: Uint8Array };
type Handlers = {
  readonly [Name in Request["request"]]: (
    frame: Frame<Extract<Request, { request: Name }>>,
  ) => Promise<Reply>;
};

const done: Reply = { answer: { done: true } };

/** Answers requests on `socket`. Resolves when the other side has closed it. */
export async function serve(
  socket: number,
  open: (name: string) => Promise<Backend> = loadBackend,
): Promise<void> {
  const handlers = handlersFor(open);
  setHostCallback(callbackOver(socket));
  for (let frame = receive<Request>(socket); frame; frame = receive<Request>(socket)) {
    const reply = await answer(handlers, frame);
    send(socket, reply.answer, reply.payload);
    // By now all of the sources are loaded; a host that is killed would not keep what it compiled.
    if (frame.header.request === "hello") flushCompileCache();
  }
}

async function answer(handlers: Handlers, frame: Frame<Request>): Promise<Reply> {
  try {
    // The table has a handler for each kind of request; the compiler cannot see that frame and handler agree.
    const handler = handlers[frame.header.request] as (frame: Frame<Request>) => Promise<Reply>;
    return await handler(frame);
  } catch (error) {
    return { answer: { error: failureOf(error) } };
  }
}

function handlersFor(open: (name: string) => Promise<Backend>): Handlers {
  let session: { readonly backend: Backend; readonly arrays: Arrays } | undefined;
  const executables = new Map<number, Executable>();
  let nextHandle = 1;

  const opened = (): NonNullable<typeof session> => {
    if (!session) throw new HostError(codes.failedPrecondition, "hloom: no hello came before this request");
    return session;
  };

  const find = (handle: number): Executable => {
    const executable = executables.get(handle);
    if (!executable) throw new HostError(codes.notFound, `hloom: there is no program ${handle}`);
    return executable;
  };

  return {
    async hello({ header }) {
      if (header.protocol !== protocolVersion) {
        const versions = `the plugin speaks protocol ${header.protocol}, the compile host ${protocolVersion}`;
        throw new HostError(
          codes.failedPrecondition,
          `hloom: ${versions}; they must come from one release (rebuild the plugin)`,
        );
      }
      const backend = await open(header.backend);
      session = { backend, arrays: new Arrays(backend) };
      return { answer: { backend: backend.name } };
    },

    async compile({ header, payload }) {
      const given = readVerified(payload);
      const { backend } = opened();
      const { replicas, partitions } = header;
      const name = symbolName(given.operation) ?? "main";
      const watch = observe(name, given);
      const { module: single, spread, hlo } = launch(given, { replicas, partitions }, watch.options);
      const module = runnableProgram(single, undefined, {
        ...watch.options,
        excessPrecision: process.env.HLOOM_EXCESS_PRECISION !== "0",
      });
      checkSupport(module, backend.supports, backend.name);
      if (!header.native) {
        const executable = await backend.compile(module, watch.options);
        const handle = nextHandle++;
        executables.set(handle, executable);
        watch.finish();
        const signature = wireSignature(name, executable.signature, costOf(module), spread);
        return compiled(signature, watch.stages, new Uint8Array(0), hlo(signature), handle);
      }
      const { native } = backend;
      if (!native)
        throw new HostError(codes.failedPrecondition, `hloom: backend ${backend.name} has no native runtime`);
      const program = native.translate(module, watch.options);
      watch.finish(program);
      const signature = wireSignature(name, signatureOf(module), costOf(module), spread);
      return compiled(signature, watch.stages, program, hlo(signature));
    },

    async execute({ header }) {
      const { arrays } = opened();
      arrays.forget(header.dropped);
      const executable = find(header.handle);
      const { signature } = executable;
      const inputs = signature.inputs.map((type, i) =>
        arrays.input(type as HostTensor["type"], header.inputs[i]!),
      );
      try {
        const outputs = executable.run(inputs);
        await Promise.all(outputs.map((output, i) => arrays.output(output, header.outputs[i]!)));
      } finally {
        arrays.forget(signature.donated.map((i) => header.inputs[i]![0]));
        inputs.forEach((input, i) => {
          if (header.inputs[i]![0] === 0) input.close();
        });
        arrays.trim();
      }
      return done;
    },

    async free({ header }) {
      executables.get(header.handle)?.close();
      executables.delete(header.handle);
      return done;
    },
  };
}

function readVerified(bytes: Uint8Array): VerifiedModule {
  const read = readModule(bytes);
  if (!read.module) throw diagnosticsError("the program cannot be read", read.diagnostics);
  if (!entryFunction(read.module)) {
    throw new HostError(codes.invalidArgument, "hloom: the program has no function @main");
  }
  // The arrays without elements that stand for a program's tokens are what JAX hands over.
  const result = verify(withoutTokens(read.module));
  if (!result.module) throw diagnosticsError("the program is not valid StableHLO", result.diagnostics);
  return result.module;
}

function compiled(
  signature: WireSignature,
  stages: readonly StageTime[],
  program: Uint8Array,
  hlo: Uint8Array,
  handle?: number,
): Reply {
  const answer = {
    signature: JSON.stringify(signature),
    stages,
    ...(handle !== undefined && { handle }),
    hloSize: hlo.length,
  };
  return { answer, payload: Buffer.concat([program, hlo]) };
}

function wireSignature(
  name: string,
  { inputs, outputs, donated }: Signature,
  cost: WireCost,
  spread: WireSpread | undefined,
): WireSignature {
  const wire = ({ element, shape }: Signature["inputs"][number]): WireSignature["inputs"][number] => {
    if (typeof element !== "string") {
      throw new HostError(codes.unimplemented, "hloom: quantized arrays cannot cross into JAX");
    }
    return { element, shape };
  };
  const own = { name, inputs: inputs.map(wire), outputs: outputs.map(wire), donated, cost };
  return spread ? { ...own, spread } : own;
}
