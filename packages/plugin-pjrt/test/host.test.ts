/** The compile host as the plugin meets it: a process, a socket, a shared file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type Answer,
  codes,
  descriptors,
  protocolVersion,
  type Request,
  type WireSignature,
} from "../host/protocol.ts";

const main = join(import.meta.dirname, "../host/main.ts");

let folder: string;
let memory: number;
let host: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hloom-host-"));
  memory = openSync(join(folder, "memory"), "w+");
  host = spawn(process.execPath, ["--conditions=@hloom/source", main, String(process.pid)], {
    stdio: ["ignore", "inherit", "inherit", "pipe", memory],
  });
});

afterEach(() => {
  host.kill("SIGKILL");
  closeSync(memory);
  rmSync(folder, { recursive: true });
});

const socket = (): Socket => host.stdio[descriptors.socket] as Socket;

async function ask(
  header: Request,
  payload: Uint8Array = new Uint8Array(0),
): Promise<{ answer: Answer; payload: Uint8Array }> {
  const text = Buffer.from(JSON.stringify(header));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(text.length, 0);
  sizes.writeUInt32LE(payload.length, 4);
  socket().write(Buffer.concat([sizes, text, payload]));
  let got = Buffer.alloc(0);
  const complete = (): boolean =>
    got.length >= 8 && got.length >= 8 + got.readUInt32LE(0) + got.readUInt32LE(4);
  while (!complete()) {
    const [chunk] = (await once(socket(), "data")) as [Buffer];
    got = Buffer.concat([got, chunk]);
  }
  const end = 8 + got.readUInt32LE(0);
  return { answer: JSON.parse(got.toString("utf8", 8, end)) as Answer, payload: got.subarray(end) };
}

const hello = (backend: string): Request => ({ request: "hello", protocol: protocolVersion, backend });
const compile: Request = { request: "compile", native: false, replicas: 1, partitions: 1 };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const addModule = bytes(`module @jit_add {
  func.func public @main(%a: tensor<3xf32> {jax.buffer_donor = true}, %b: tensor<3xf32>) -> (tensor<3xf32>) {
    %0 = stablehlo.add %a, %b : tensor<3xf32>
    return %0 : tensor<3xf32>
  }
}`);

test("compiles, runs on shared memory, frees", async () => {
  expect((await ask(hello("null"))).answer).toEqual({ backend: "null" });
  const compiled = (await ask(compile, addModule)).answer;
  if (!("signature" in compiled)) throw new Error(JSON.stringify(compiled));
  const type = { element: "f32", shape: [3] };
  const cost = { flops: 3, transcendentals: 0, bytesAccessed: 36 };
  const expected: WireSignature = {
    name: "jit_add",
    inputs: [type, type],
    outputs: [type],
    donated: [0],
    cost,
  };
  expect(JSON.parse(compiled.signature)).toEqual(expected);

  writeSync(memory, new Float32Array([1, 2, 3, 10, 20, 30]), 0, 24, 64);
  const handle = compiled.handle!;
  expect(
    (
      await ask({
        request: "execute",
        handle,
        inputs: [
          [1, 64],
          [2, 76],
        ],
        outputs: [[3, 128]],
        dropped: [],
      })
    ).answer,
  ).toEqual({
    done: true,
  });
  const result = new Float32Array(3);
  readSync(memory, result, 0, 12, 128);
  expect([...result]).toEqual([11, 22, 33]);

  expect((await ask({ request: "free", handle })).answer).toEqual({ done: true });
  const gone = (
    await ask({
      request: "execute",
      handle,
      inputs: [
        [1, 64],
        [2, 76],
      ],
      outputs: [[3, 128]],
      dropped: [],
    })
  ).answer;
  expect(gone).toMatchObject({ error: { code: codes.notFound } });
});

test("refuses another protocol", async () => {
  const { answer } = await ask({ request: "hello", protocol: protocolVersion + 1, backend: "null" });
  expect(answer).toMatchObject({ error: { code: codes.failedPrecondition } });
});

test("names the packages of an unknown backend", async () => {
  const { answer } = await ask(hello("nonesuch"));
  expect(answer).toMatchObject({
    error: { code: codes.notFound, message: expect.stringContaining("hloom-backend-nonesuch") },
  });
});

test.each([
  ["text that is no program", bytes("func.func @main(")],
  ["bytes that are no program", new Uint8Array([0x4d, 0x4c, 0xef, 0x52, 0x0d, 0xff])],
  ["an empty program", new Uint8Array(0)],
])("answers %s with INVALID_ARGUMENT", async (_, program) => {
  await ask(hello("null"));
  expect((await ask(compile, program)).answer).toMatchObject({ error: { code: codes.invalidArgument } });
  // And lives on.
  expect((await ask(compile, addModule)).answer).toHaveProperty("signature");
});

test("leaves when the plugin does", async () => {
  await ask(hello("null"));
  socket().destroy();
  expect((await once(host, "exit"))[0]).toBe(0);
});
