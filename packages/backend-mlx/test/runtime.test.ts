import { describe, expect, it } from "vitest";
import { encodeProgram, ProgramBuilder } from "../src/program.ts";
import { f32, i32, runOp, runProgram, runtime, scalarBytes, t, tensorOf } from "./harness.ts";

describe("programs", () => {
  it("runs instructions in order and returns several outputs", async () => {
    const [sum, product] = await runProgram([f32([2], [1, 2]), f32([2], [3, 4])], (b, [x, y]) => {
      const sum = b.one("add", [x!, y!], t("f32", 2));
      return [sum, b.one("multiply", [sum, y!], t("f32", 2))];
    });
    expect([...(sum!.data as Float32Array)]).toEqual([4, 6]);
    expect([...(product!.data as Float32Array)]).toEqual([12, 24]);
  });

  it("multiplies matrices with batches", async () => {
    const [c] = await runOp(
      "matmul",
      [f32([1, 2, 3], [1, 2, 3, 4, 5, 6]), f32([1, 3, 1], [1, 0, -1])],
      [t("f32", 1, 2, 1)],
    );
    expect(c).toEqual([-2, -2]);
  });

  it("loops while a condition holds", async () => {
    const [count, total] = await runProgram([i32([], [0]), i32([], [0])], (main, [i, sum], program) => {
      const condition = program.tape("condition");
      const [ci, cs] = [condition.input(t("i32")), condition.input(t("i32"))];
      const ten = condition.constant(t("i32"), scalarBytes("i32", 10));
      condition.finish([condition.one("compare", [ci, ten], t("i1"), { direction: "LT", total: 0 })]);
      void cs;
      const body = program.tape("body");
      const [bi, bs] = [body.input(t("i32")), body.input(t("i32"))];
      const one = body.constant(t("i32"), scalarBytes("i32", 1));
      const next = body.one("add", [bi, one], t("i32"));
      body.finish([next, body.one("add", [bs, next], t("i32"))]);
      return main.emit("while", [i!, sum!], [t("i32"), t("i32")], {
        condition: condition.index,
        body: body.index,
      });
    });
    expect([count!.data[0], total!.data[0]]).toEqual([10, 55]);
  });

  it("chooses a branch, the last one when the index is outside", async () => {
    for (const [index, want] of [
      [0, 1],
      [1, 2],
      [7, 2],
      [-1, 2],
    ] as const) {
      const [out] = await runProgram([i32([], [index])], (main, [i], program) => {
        const branches = [1, 2].map((value) => {
          const branch = program.tape(`branch${value}`);
          branch.finish([branch.constant(t("f32"), scalarBytes("f32", value))]);
          return branch.index;
        });
        return main.emit("case", [i!], [t("f32")], { branches });
      });
      expect(out!.data[0]).toBe(want);
    }
  });

  it("poisons outputs with the op and its place", async () => {
    await expect(runOp("reshape", [f32([4], [1, 2, 3, 4])], [t("f32", 3)])).rejects.toThrow(
      /reshape at test\.py:1/,
    );
  });

  it("passes an error on to computations that consume the result", async () => {
    const build = (op: "reshape" | "negate", from: number, to: number) => {
      const program = new ProgramBuilder();
      const main = program.tape("main");
      const x = main.input(t("f32", from));
      main.finish([main.one(op, [x], t("f32", to), {}, "here")]);
      return runtime().load(encodeProgram(program.finish()));
    };
    const [broken] = build("reshape", 4, 3).execute([runtime().upload(f32([4], [1, 2, 3, 4]))]);
    const [next] = build("negate", 3, 3).execute([broken!]);
    await expect(next!.read()).rejects.toThrow(/reshape at here/);
  });

  it("consumes donated inputs", async () => {
    const program = new ProgramBuilder();
    const main = program.tape("main");
    const x = main.input(t("f32", 2));
    main.finish([main.one("negate", [x], t("f32", 2))]);
    const loaded = runtime().load(encodeProgram(program.finish()));
    const given = runtime().upload(f32([2], [1, 2]));
    const [first] = loaded.execute([given], [0]);
    expect([...((await first!.read()).data as Float32Array)]).toEqual([-1, -2]);
    const [second] = loaded.execute([given]);
    await expect(second!.read()).rejects.toThrow(/donated/);
  });

  it("refuses arguments of the wrong type", async () => {
    const program = new ProgramBuilder();
    const main = program.tape("main");
    const x = main.input(t("f32", 2));
    main.finish([x]);
    const loaded = runtime().load(encodeProgram(program.finish()));
    expect(() => loaded.execute([runtime().upload(i32([2], [1, 2]))])).toThrow(/i32\[2\].*f32\[2\]/);
  });

  it("carries every storage type there and back", async () => {
    for (const element of [
      "i1",
      "i4",
      "i8",
      "i16",
      "i32",
      "i64",
      "ui8",
      "ui16",
      "ui32",
      "ui64",
      "f8E4M3FN",
      "bf16",
      "f16",
      "f32",
      "f64",
    ] as const) {
      const x = tensorOf(element, [2, 1], [1, 0]);
      const [y] = await runProgram([x], (_, [x]) => [x!]);
      expect(y!.data).toEqual(x.data);
    }
  });

  it("reports memory", () => {
    expect(runtime().memory().bytesLimit).toBeGreaterThan(0);
    expect(runtime().kind()).toMatch(/^mlx (cpu|gpu)$/);
  });
});
