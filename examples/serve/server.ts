/**
 * A model that JAX exported behind an address: `POST /NAME` takes the arguments by name, `GET /` says what there is.
 * The routes follow from the program's own signature; this file knows no model.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ArgumentError, type ArrayInput, type Program } from "hloom";

/** A request larger than this is refused before it is read. */
const maximumBytes = 16 * 2 ** 20;

class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What is asked of a program: not how its function is called. */
export type Served = Pick<Program, "inputs" | "outputs" | "withNames">;

/** Serves programs by name. Arrays are nested lists in JSON; 64-bit integers in results become strings. */
export function serve(programs: { readonly [name: string]: Served }): Server {
  return createServer(async (request, response) => {
    try {
      reply(response, 200, await answer(programs, request));
    } catch (error) {
      const status =
        error instanceof RequestError ? error.status : error instanceof ArgumentError ? 400 : 500;
      reply(response, status, { error: (error as Error).message });
    }
  });
}

async function answer(
  programs: { readonly [name: string]: Served },
  request: IncomingMessage,
): Promise<unknown> {
  const name = (request.url ?? "/").slice(1);
  if (request.method === "GET" && name === "") {
    return Object.fromEntries(
      Object.entries(programs).map(([key, { inputs, outputs }]) => [key, { inputs, outputs }]),
    );
  }
  const program = Object.hasOwn(programs, name) ? programs[name] : undefined;
  if (!program) throw new RequestError(404, `there is no program "${name}"`);
  if (request.method !== "POST") throw new RequestError(405, "POST the arguments as JSON");
  const results = await program.withNames(await arraysIn(request));
  return Object.fromEntries(Object.entries(results).map(([key, tensor]) => [key, tensor.toNested()]));
}

async function arraysIn(request: IncomingMessage): Promise<{ readonly [name: string]: ArrayInput }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maximumBytes) throw new RequestError(413, `a request may have ${maximumBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, ArrayInput>;
  } catch {
    // Falls through: both are the same mistake.
  }
  throw new RequestError(400, "the body is not a JSON object of arrays by name");
}

function reply(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part)));
}
