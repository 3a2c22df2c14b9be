import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { opcodesText } from "../scripts/opcodes.ts";
import { printProgram } from "../src/print.ts";
import { decodeProgram, encodeProgram, type Program, ProgramBuilder } from "../src/program.ts";
import { bodyOf, runtime, scalarBytes, t } from "./harness.ts";

function sample(): Program {
  const program = new ProgramBuilder();
  program.donated = [1];
  const main = program.tape("main");
  const x = main.input(t("f32", 2, 3));
  const y = main.input(t("f32", 3, 2));
  const product = main.one("matmul", [x, y], t("f32", 2, 2), {}, "model.py:3:1 (dot_general)");
  const zero = main.constant(t("f32"), scalarBytes("f32", 0));
  const total = main.one(
    "reduce",
    [product, zero],
    t("f32", 2),
    { axes: [1], body: bodyOf(program, "add", "f32") },
    "model.py:4",
  );
  const again = main.one("call", [total], t("f32", 2), { body: negation(program) });
  main.finish([again]);
  return program.finish();
}

function negation(program: ProgramBuilder): number {
  const tape = program.tape("negation");
  const x = tape.input(t("f32", 2));
  tape.finish([tape.one("negate", [x], t("f32", 2))]);
  return tape.index;
}

describe("the Program format", () => {
  it("reads what it writes", () => {
    expect(decodeProgram(encodeProgram(sample()))).toEqual(sample());
  });

  it("prints", () => {
    expect(printProgram(sample())).toMatchInlineSnapshot(`
      "program 1 donates 1
      constant 0 : f32[] = 0x00000000

      tape 0 main(%0 : f32[2,3], %1 : f32[3,2])
        %2 = matmul %0 %1 : f32[2,2]  # model.py:3:1 (dot_general) ; free %0 %1
        %3 = constant index=0 : f32[]
        %4 = reduce %2 %3 axes=[1] body=1 : f32[2]  # model.py:4 ; free %2 %3
        %5 = call %4 body=2 : f32[2]  ; free %4
        return %5

      tape 1 add(%0 : f32[], %1 : f32[])
        %2 = add %0 %1 : f32[]  ; free %0 %1
        return %2

      tape 2 negation(%0 : f32[2])
        %1 = negate %0 : f32[2]  ; free %0
        return %1
      "
    `);
  });

  it("has the op table of runtime/ops.def", () => {
    expect(readFileSync(fileURLToPath(new URL("../src/opcodes.ts", import.meta.url)), "utf8")).toBe(
      opcodesText(),
    );
  });

  it("is refused, without a crash, when truncated", () => {
    const bytes = encodeProgram(sample());
    for (let size = 0; size < bytes.length; size++) {
      expect(() => runtime().load(bytes.slice(0, size))).toThrow(/program/);
      expect(() => decodeProgram(bytes.slice(0, size))).toThrow(/program/);
    }
  });

  it("survives flipped bits: an error, or a program that runs to a value or an error", async () => {
    const bytes = encodeProgram(sample());
    const reads: Promise<unknown>[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const mutated = bytes.slice();
      mutated[bit >> 3]! ^= 1 << (bit & 7);
      try {
        const program = runtime().load(mutated);
        const size = program.inputs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
        if (size > 1 << 16) continue;
        const inputs = program.inputs.map(({ element, shape }) =>
          runtime().upload({
            type: { kind: "tensor", element, shape },
            data: new Uint8Array(16 * shape.reduce((a, b) => a * b, 1)),
          }),
        );
        for (const output of program.execute(inputs)) {
          if (output.type.shape.reduce((a, b) => a * b, 1) < 1 << 16)
            reads.push(output.read().catch(() => "error"));
        }
      } catch {
        // Refused.
      }
    }
    await Promise.all(reads);
    expect(runtime().load(bytes).inputs.length).toBe(2);
  });
});
