/** Branches between blocks against jaxlib's prints, bytes and verdicts: read, verified and written, but not run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Module,
  passes,
  prepare,
  readModule,
  renderDiagnostic,
  type VerifiedModule,
  verify,
  writeBytecode,
  writeText,
} from "../src/index.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name));

function verified(data: string | Uint8Array): VerifiedModule {
  const read = readModule(data);
  const result = read.module ? verify(read.module) : read;
  if (!result.module)
    throw new Error(result.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
  return result.module as VerifiedModule;
}

const located = (module: Module) => writeText(module, { locations: true });
const text = fixture("branches.mlir").toString();

describe("branches", () => {
  it("are read from text and print as jaxlib prints them, pretty and generic", () => {
    const module = verified(text);
    const bare = text
      .replace(/^#loc.*\n/gm, "")
      .replace(/ loc\((?:#\w+|"-":\d+:\d+)\)/g, "")
      .trim();
    expect(writeText(module).trim()).toBe(bare);
    const generic = fixture("branches.generic.mlir").toString().trim();
    expect(writeText(module, { generic: true }).trim()).toBe(generic);
    expect(writeText(verified(generic)).trim()).toBe(bare);
  });

  it("are read from jaxlib's bytecode", () => {
    expect(located(verified(fixture("branches.bc")))).toBe(located(verified(text)));
  });

  it("are written to artifacts of the versions that hold other dialects, and to no older one", () => {
    const module = verified(text);
    const { bytes } = writeBytecode(module, { version: "1.17.0" });
    expect(located(verified(bytes!))).toBe(located(module));
    expect(writeBytecode(module, { version: "1.0.0" }).diagnostics).toContainEqual(
      expect.objectContaining({
        code: "bytecode/target",
        message: expect.stringContaining("the dialect cf"),
      }),
    );
  });

  it("are refused by the evaluator and by every pass that would change them", () => {
    const module = verified("func.func @main() {\n  cf.br ^end\n^end:\n  return\n}");
    expect(() => prepare(module)()).toThrow("branches to other blocks of func.func");
    for (const pass of passes) {
      try {
        expect(writeText(pass.run(module)), pass.name).toBe(writeText(module));
      } catch (refusal) {
        expect(String(refusal), pass.name).toMatch(/branches to other blocks|only functions of one block/);
      }
    }
  });
});

describe("wrong branches", () => {
  const body = (lines: string) => `func.func @f(%x: tensor<f32>, %c: i1) -> tensor<f32> {\n${lines}\n}`;
  const cases: Readonly<Record<string, readonly [lines: string, code: string, message: string]>> = {
    "too few values": [
      "cf.br ^bb1\n^bb1(%0: tensor<f32>):\nreturn %0 : tensor<f32>",
      "br/successors",
      "branch has 0 operands for successor #0, but target block has 1",
    ],
    "a value of another type": [
      "cf.br ^bb1(%c : i1)\n^bb1(%0: tensor<f32>):\nreturn %0 : tensor<f32>",
      "br/successors",
      "type mismatch for argument #0 of successor #0",
    ],
    "to nowhere": ["cf.br ^bb7", "text/syntax", "reference to an undefined block"],
    "two blocks of a name": [
      "cf.br ^bb1\n^bb1:\nreturn %x : tensor<f32>\n^bb1:\nreturn %x : tensor<f32>",
      "text/syntax",
      "redefinition of block '^bb1'",
    ],
    "a value of a block that may be passed by": [
      "cf.cond_br %c, ^a, ^b\n^a:\n%0 = stablehlo.abs %x : tensor<f32>\ncf.br ^b\n^b:\nreturn %0 : tensor<f32>",
      "verify/dominance",
      "operand #0 does not dominate this use",
    ],
    "before the end of a block": [
      "cf.br ^bb1\nreturn %x : tensor<f32>\n^bb1:\nreturn %x : tensor<f32>",
      "func/regions",
      "must be the last operation in its block",
    ],
    "inside of an op that takes one block": [
      `%0 = "stablehlo.case"() ({\ncf.br ^a\n^a:\nstablehlo.return %x : tensor<f32>\n}) : () -> tensor<f32>`,
      "case/regions",
      "region #0 has more than one block",
    ],
    "too many successors": [
      `"cf.br"()[^a, ^a] : () -> ()\n^a:\nreturn %x : tensor<f32>`,
      "br/successors",
      "requires 1 successors, but has 2",
    ],
    "a condition that is a tensor": [
      "cf.cond_br %x, ^a, ^a\n^a:\nreturn %x : tensor<f32>",
      "cond_br/operands",
      "operand #0 must be i1",
    ],
  };

  it.each(Object.entries(cases))("%s", (_, [lines, code, message]) => {
    const read = readModule(body(lines));
    const { diagnostics } = read.module ? verify(read.module) : read;
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});

describe("dominance", () => {
  it("holds along the one way through a diamond and a loop", () => {
    verified(`func.func @f(%x: tensor<f32>, %c: i1) -> tensor<f32> {
      %0 = stablehlo.abs %x : tensor<f32>
      cf.cond_br %c, ^left, ^right
    ^left:
      cf.br ^join(%0 : tensor<f32>)
    ^right:
      %1 = stablehlo.negate %0 : tensor<f32>
      cf.br ^join(%1 : tensor<f32>)
    ^join(%2: tensor<f32>):
      %3 = stablehlo.add %2, %0 : tensor<f32>
      cf.cond_br %c, ^join(%3 : tensor<f32>), ^end
    ^end:
      return %3 : tensor<f32>
    }`);
  });

  it("is not asked of blocks without number", () => {
    const chain = Array.from({ length: 2000 }, (_, i) => `cf.br ^b${i}\n^b${i}:`).join("\n");
    const { module } = readModule(`func.func @f() {\n${chain}\nreturn\n}`);
    expect(verify(module!).diagnostics).toMatchObject([{ code: "func/regions" }]);
  });
});
