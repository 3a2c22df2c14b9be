import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BackendNotFoundError,
  backendCandidates,
  Device,
  loadBackend,
  nullBackend,
  ShapeError,
  UnsupportedError,
} from "@hloom/backend";
import { conform, tableText } from "@hloom/backend/kit";
import { type HostTensor, readModule, type VerifiedModule, verify } from "@hloom/ir";
import { describe, expect, test } from "vitest";

function program(text: string): VerifiedModule {
  const { module, diagnostics } = readModule(text);
  if (!module) throw new Error(diagnostics[0]?.message);
  const result = verify(module);
  if (!result.module) throw new Error(result.diagnostics[0]?.message);
  return result.module;
}

const negate = program(`func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = stablehlo.negate %x : tensor<2xf32>
  return %y : tensor<2xf32>
}`);
const pair = (...values: number[]): HostTensor => ({
  type: { kind: "tensor", shape: [values.length], element: "f32" },
  data: Float32Array.from(values),
});

test("the null backend passes the kit", async () => {
  const table = await conform(nullBackend);
  expect(table.ok, tableText(table)).toBe(true);
});

describe("the device refuses", () => {
  const device = new Device(nullBackend());
  const cases: [string, RegExp, () => unknown][] = [
    [
      "a tensor whose bytes are too few",
      /takes 8 bytes, not 4/,
      () => device.upload({ ...pair(1, 2), data: Float32Array.of(1) }),
    ],
    ["another device", /no device 3/, () => device.upload(pair(1, 2), 3)],
    [
      "another backend's buffer",
      /another backend/,
      async () => (await device.compile(negate)).run([new Device(nullBackend()).upload(pair(1, 2))]),
    ],
    [
      "another type",
      /argument 0 is tensor<3xf32> but the program takes tensor<2xf32>/,
      async () => (await device.compile(negate)).run([device.upload(pair(1, 2, 3))]),
    ],
    ["to save what cannot be saved", /cannot save/, async () => (await device.compile(negate)).save()],
    [
      "one buffer as a donated and another argument",
      /donated/,
      async () => {
        const module =
          program(`func.func @main(%x: tensor<2xf32> {jax.buffer_donor = true}, %y: tensor<2xf32>) -> tensor<2xf32> {
          %z = stablehlo.add %x, %y : tensor<2xf32>
          return %z : tensor<2xf32>
        }`);
        const buffer = device.upload(pair(1, 2));
        (await device.compile(module)).run([buffer, buffer]);
      },
    ],
    [
      "anything after close",
      /after it was closed/,
      async () => {
        const closed = new Device(nullBackend());
        await closed.close();
        closed.upload(pair(1));
      },
    ],
  ];
  test.each(cases)("%s", async (_name, message, action) => {
    await expect((async () => action())()).rejects.toThrow(message);
  });
});

test("a program is refused with everything that is missing, and where it is", async () => {
  const full = nullBackend();
  const ops = new Set([...full.supports.ops].filter((op) => !/sine|tanh/.test(op)));
  const device = new Device({
    ...full,
    name: "small",
    supports: { ...full.supports, ops, elements: new Set(["f32"]) },
  });
  const module = program(`func.func @main(%x: tensor<2xf32>) -> tensor<2xf64> {
    %dead = stablehlo.tanh %x : tensor<2xf32> loc("model.py":1:1)
    %a = stablehlo.sine %x : tensor<2xf32> loc("model.py":2:5)
    %b = func.call @f(%a) : (tensor<2xf32>) -> tensor<2xf64>
    return %b : tensor<2xf64>
  }
  func.func private @f(%x: tensor<2xf32>) -> tensor<2xf64> {
    %y = stablehlo.convert %x : (tensor<2xf32>) -> tensor<2xf64> loc("model.py":3:7)
    return %y : tensor<2xf64>
  }
  func.func private @unused(%x: tensor<2xf32>) -> tensor<2xf32> {
    %y = stablehlo.tanh %x : tensor<2xf32>
    return %y : tensor<2xf32>
  }`);
  const error = await device.compile(module).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnsupportedError);
  const { missing, message } = error as UnsupportedError;
  expect(missing).toContainEqual({
    op: "stablehlo.sine",
    reason: "the operation is not implemented",
    location: "model.py:2:5",
  });
  expect(missing).toContainEqual({
    op: "stablehlo.convert",
    reason: "element type f64 is not implemented",
    location: "model.py:3:7",
  });
  expect(message).not.toContain("tanh");
  expect(message).toContain("--backend cpu");
});

describe("programs with dynamic dimensions", () => {
  const ramp = `func.func @main(%n: tensor<i64>, %x: tensor<?xf32>) -> tensor<?xf32> {
    %c = stablehlo.constant dense<0> : tensor<i64>
    %holds = stablehlo.compare GT, %n, %c : (tensor<i64>, tensor<i64>) -> tensor<i1>
    stablehlo.custom_call @shape_assertion(%holds, %n) {
      api_version = 2 : i32, error_message = "the size {0} is not positive", has_side_effect = true
    } : (tensor<i1>, tensor<i64>) -> ()
    %shape = stablehlo.reshape %n : (tensor<i64>) -> tensor<1xi64>
    %y = stablehlo.dynamic_iota %shape, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>
    %z = stablehlo.add %x, %y : tensor<?xf32>
    return %z : tensor<?xf32>
  }`;
  const device = new Device(nullBackend());
  const size = (value: bigint): HostTensor => ({
    type: { kind: "tensor", shape: [], element: "i64" },
    data: BigInt64Array.of(value),
  });

  test("are compiled for what is known of the arguments", async () => {
    const x = pair(1, 2);
    const executable = await device.compile(program(ramp), { arguments: [size(2n), x.type] });
    expect(executable.signature.inputs).toEqual([x.type]);
    const [sum] = executable.run([device.upload(x)]);
    expect((await sum!.read()).data).toEqual(Float32Array.of(1, 3));
  });

  const refused: [string, RegExp, Parameters<Device["compile"]>[1]][] = [
    ["nothing is known", /dynamic_iota: shapes depend.*way out: say what the arguments are/s, {}],
    [
      "an assertion fails",
      /shape_assertion|the size 0 is not positive/,
      { arguments: [size(0n), pair().type] },
    ],
    [
      "an argument has another rank",
      /argument 1 is tensor<\?xf32>, which tensor<i64> is not/,
      { arguments: [size(1n), size(1n).type] },
    ],
    [
      "sizes contradict each other",
      /the program cannot be made static/,
      { arguments: [size(3n), pair(1, 2).type] },
    ],
  ];
  test.each(refused)("are refused when %s", async (_why, message, options) => {
    const error = await device.compile(program(ramp), options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ShapeError);
    expect((error as Error).message).toMatch(message);
  });
});

test("names lead to packages", () => {
  expect(backendCandidates("mlx")).toEqual(["@hloom/backend-mlx", "hloom-backend-mlx"]);
  expect(backendCandidates("@acme/tpu")).toEqual(["@acme/tpu"]);
  expect(backendCandidates("./mine.ts")).toEqual(["./mine.ts"]);
});

test("a third party's file is a backend; what is not there or is none is said", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hloom-"));
  writeFileSync(join(directory, "mine.mjs"), "export default () => ({ name: 'mine' });");
  writeFileSync(join(directory, "none.mjs"), "export default 3;");
  expect((await loadBackend(join(directory, "mine.mjs"))).name).toBe("mine");
  await expect(loadBackend(join(directory, "none.mjs"))).rejects.toThrow(/not a hloom backend/);
  await expect(loadBackend("frobnicator")).rejects.toThrow(BackendNotFoundError);
  await expect(loadBackend("frobnicator")).rejects.toThrow(
    /@hloom\/backend-frobnicator and hloom-backend-frobnicator/,
  );
});
