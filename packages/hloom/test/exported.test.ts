/** Programs exported by the project's JAX, called from TypeScript, beside JAX's own results. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  compile,
  load,
  type Nested,
  openBackend,
  Tensor,
  type TreeInput,
  type TreeOutput,
} from "../src/index.ts";
import { exportedCases, hasPython } from "./exported.ts";

const cases = exportedCases();

/** 64-bit integers are strings in JSON. */
function revived(value: unknown): TreeInput {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value === "object" && value !== null && !("re" in value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
  return typeof value === "string" ? BigInt(value) : (value as TreeInput);
}

function leavesOf(tree: TreeOutput): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (tree === null) return [];
  // Keys of dicts come in JAX's order, which is sorted.
  return (Array.isArray(tree) ? tree : Object.values(tree)).flatMap(leavesOf);
}

function numbersIn(value: unknown): (number | bigint | boolean)[] {
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(numbersIn);
  return [typeof value === "string" ? BigInt(value) : (value as number)];
}

function expectClose(actual: readonly Tensor[], expected: readonly unknown[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((tensor, i) => {
    const wanted = numbersIn(expected[i]);
    numbersIn(tensor.toNested()).forEach((value, at) => {
      const want = wanted[at]!;
      if (typeof want === "number") expect(value).toBeCloseTo(want, 5);
      else expect(value).toBe(want);
    });
  });
}

describe.runIf(hasPython)("exported by JAX (needs .hloom/python)", () => {
  const one = (name: string) => cases.get(name)!;

  test.each(["layer", "pair", "types", "means", "where"])("%s gives what JAX gives", async (name) => {
    const { exported, args, results } = one(name);
    await using program = await compile(exported);
    expectClose(leavesOf(await program(...args.map(revived))), results);
  });

  test("arguments by keyword come last, and unused ones are ignored", async () => {
    const { exported, args, results } = one("scaled");
    await using program = await compile(exported);
    expect(program.inputs.map(({ name }) => name)).toEqual(["x", "factor"]);
    const result = await program(args[0]!, { factor: 2, unused: [0, 0] });
    expectClose(leavesOf(result), results);
    await expect(program(args[0]!)).rejects.toThrow(
      "argument list has 1 of them; the program takes 1 and an object with factor, unused",
    );
  });

  test("results have the structure of the Python function", async () => {
    const { exported, args } = one("layer");
    interface Layer {
      readonly w: Nested;
      readonly b: Nested;
    }
    type Result = { readonly y: Tensor; readonly more: readonly [Tensor, null] };
    await using layer = await compile<(params: Layer, x: Nested) => Result>(exported);
    const { y, more } = await layer(args[0] as unknown as Layer, args[1] as Nested);
    expect([y.shape, y.dtype, String(y), more[0].shape, more[1]]).toEqual([
      [4, 2],
      "float32",
      "float32[4,2]",
      [],
      null,
    ]);
    expect(more[0].item()).toBeCloseTo([...(y.data as Float32Array)].reduce((sum, value) => sum + value));
  });

  test("text and the bare artifact take their arrays in a row, or by name", async () => {
    const { exported, artifact, text, args } = one("layer");
    const { w, b } = args[0] as unknown as { w: Nested; b: Nested };
    const x = args[1] as Nested;
    const wanted = leavesOf(await (await compile(exported))(...args)).map((tensor) => tensor.toNested());
    for (const source of [artifact, text, artifact.buffer as ArrayBuffer]) {
      await using program = await compile(source);
      const results = (await program(b, w, x)) as readonly Tensor[];
      expect(results.map((tensor) => tensor.toNested())).toEqual(wanted);
      const named = await program.withNames({ x, "params['w']": w, "params['b']": b });
      expect(named["result['y']"]!.toNested()).toEqual(results[1]!.toNested());
    }
  });

  test("each size of a dynamic program is compiled once", async () => {
    const { exported } = one("means");
    const backend = await openBackend("cpu");
    let compiled = 0;
    const counting = {
      ...backend,
      compile: (...args: Parameters<typeof backend.compile>) => {
        compiled++;
        return backend.compile(...args);
      },
    };
    await using means = await compile(exported, { backend: counting });
    expect(means.inputs[0]).toMatchObject({ shape: ["?", 3], dtype: "float32" });
    for (const rows of [2, 5, 2, 5]) {
      const [mean, centred] = (await means(new Float32Array(3 * rows).fill(rows))) as [Tensor, Tensor];
      expect([...mean.data]).toEqual([rows, rows, rows]);
      expect(centred.shape).toEqual([rows, 3]);
    }
    expect(compiled).toBe(2);
    expect(() => means.save()).toThrow("depend on its arguments");
    await expect(means([[1, 2]])).rejects.toThrow("has the shape [1, 2]; the program takes float32[?,3]");
    await expect(means(new Float32Array(4))).rejects.toThrow(
      "has 4 elements; the program takes float32[?,3]",
    );
  });

  test("a saved program is loaded with its names and structure", async () => {
    const { exported, args, results } = one("layer");
    await using program = await compile(exported);
    await using again = await load(program.save());
    expect([again.inputs, again.outputs]).toEqual([program.inputs, program.outputs]);
    expectClose(leavesOf(await again(...args.map(revived))), results);
  });

  test("wrong structures are named", async () => {
    const { exported, args } = one("layer");
    await using program = await compile(exported);
    const x = args[1]!;
    await expect(program({ w: 1 }, x)).rejects.toThrow(
      'argument args[0] is a dict with the keys b, w; "b" is missing',
    );
    await expect(program({ w: 1, b: 1, c: 1 }, x)).rejects.toThrow('"c" is unknown');
    await expect(program([1, 2], x)).rejects.toThrow("is a dict with the keys b, w; got an array");
    await expect(program(args[0]!)).rejects.toThrow("argument list has 1 of them; the program takes 2");
    const { exported: pair } = one("pair");
    await expect((await compile(pair))(3)).rejects.toThrow(
      "is a example.Pair, here an array of 2; got a number",
    );
  });

  test("damaged artifacts end in errors", async () => {
    const { exported } = one("layer");
    let failures = 0;
    for (let at = 0; at < exported.length; at += 7) {
      const damaged = exported.slice();
      damaged[at]! ^= 0x55;
      const error = await compile(damaged).then(
        (program) => program.dispose(),
        (reason: unknown) => reason,
      );
      if (error === undefined) continue;
      failures++;
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(RangeError);
      expect(error).not.toBeInstanceOf(TypeError);
    }
    expect(failures).toBeGreaterThan(10);
  });
});

const addon = fileURLToPath(
  new URL("build/addon.node", import.meta.resolve("@hloom/backend-mlx/package.json")),
);

test.runIf(hasPython && existsSync(addon))(
  "on MLX the same function gives the same (needs its runtime)",
  async () => {
    const { exported, args, results } = cases.get("layer")!;
    await using layer = await compile(exported, { backend: "mlx" });
    expectClose(leavesOf(await layer(...args.map(revived))), results);
  },
);
