/**
 * Runs the fixtures beside the ops, `src/ops/*.mlir`: small programs with comments that say what must come of them.
 *
 *     // run: @f([1, 2], 3) == [4, 5]     the results are exactly these; -0 is not 0, NaN is NaN
 *     // run: @f(0.5) ~= 0.47942555       the results are within 2 units in the last place
 *     // error: slice/C3                  the verifier says this, among other things
 *
 * A line `// -----` ends a program. `UPDATE=1` rewrites the programs as the printer formats them; the comments, and
 * with them what is expected, stay as they were written.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionsOf, functionType, type Module } from "../src/model/operation.ts";
import { isFloat } from "../src/model/types.ts";
import { readText } from "../src/read/index.ts";
import { reader } from "../src/reference/element/work.ts";
import { prepare } from "../src/reference/index.ts";
import { expectClose, expectEqual } from "../src/reference/kernel/check.ts";
import { asTensor, elementCount, type Tensor } from "../src/reference/tensor.ts";
import { verify } from "../src/verify/index.ts";
import { writeText } from "../src/write/index.ts";
import { parseTensor, splitValues } from "./literals.ts";

const folder = join(import.meta.dirname, "../src/ops");
const separator = "// -----\n";
const runPattern = /^\/\/ run: @(\w+)\((.*)\) (==|~=) (.*)$/;

function programOf(text: string): Module {
  const { module, diagnostics } = readText(text);
  if (!module) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return module;
}

function verified(module: Module) {
  const result = verify(module);
  if (!result.module)
    throw new Error(result.diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return result.module;
}

function expectSame(actual: Tensor, expected: Tensor): string | undefined {
  const [x, y] = [reader(actual), reader(expected)];
  for (let i = 0; i < elementCount(expected); i++) {
    const zeros = x(i) === 0 && y(i) === 0;
    if (zeros && !Object.is(x(i), y(i))) return `element ${i} is a zero of the other sign`;
  }
  return expectEqual(actual, expected);
}

/** What is wrong with the results of one `// run:` line, or undefined. */
function runLine(module: Module, line: string): string | undefined {
  const [, name = "", args = "", relation, results = ""] = runPattern.exec(line) ?? [];
  const func = functionsOf(module).get(name);
  if (!func) return `there is no function @${name}, or the line is not "// run: @f(…) == …"`;
  const type = functionType(func);
  const operands = splitValues(args).map((text, i) => parseTensor(text, type.inputs[i]!));
  const actual = prepare(verified(module)).call(name, operands);
  const expected = splitValues(results).map((text, i) => parseTensor(text, type.results[i]!));
  if (actual.length !== expected.length)
    return `${actual.length} results where ${expected.length} are expected`;
  const verdicts = expected.map((tensor, i) => {
    const near = relation === "~=" && (isFloat(tensor.type.element) || tensor.type.element[0] === "c");
    return near ? expectClose(asTensor(actual[i]), tensor, 0n, 2n) : expectSame(asTensor(actual[i]), tensor);
  });
  return verdicts.find((verdict) => verdict !== undefined);
}

function expectErrors(text: string, expected: readonly string[]): void {
  const read = readText(text);
  const diagnostics = read.module ? verify(read.module).diagnostics : read.diagnostics;
  const said = diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n");
  for (const line of expected) expect(said).toContain(line.slice("// error: ".length));
}

/** The program as the printer writes it; programs with errors stay, their form may be what is wrong with them. */
function reformatted(program: string): string {
  const comments = program.split("\n").filter((line) => line.startsWith("//"));
  const { module } = readText(program);
  if (!module || comments.some((line) => line.startsWith("// error: "))) return program;
  const lines = writeText(module).trimEnd().split("\n");
  // The module around the functions goes without saying.
  const bare = lines[0] === "module {" ? lines.slice(1, -1).map((line) => line.replace(/^ {2}/, "")) : lines;
  return `${[...comments, ...bare].join("\n")}\n`;
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".mlir"))) {
  const path = join(folder, file);
  const programs = readFileSync(path, "utf8").split(separator);
  if (process.env.UPDATE) writeFileSync(path, programs.map(reformatted).join(separator));
  describe(`ops/${file}`, () => {
    for (const program of programs) {
      const lines = program.split("\n");
      const errors = lines.filter((line) => line.startsWith("// error: "));
      const runs = lines.filter((line) => line.startsWith("// run: "));
      if (errors.length > 0) it(errors.join(" "), () => expectErrors(program, errors));
      for (const line of runs) it(line, () => expect(runLine(programOf(program), line)).toBeUndefined());
    }
  });
}
