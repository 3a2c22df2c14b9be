/** Each idiom fires on its example, and both sides mean the same: generated from the rules. */
import {
  evaluate,
  type HostTensor,
  type Rule,
  readModule,
  rewriteModule,
  type TensorType,
  verify,
  writeText,
} from "@hloom/ir";
import { afterEach, describe, expect, test } from "vitest";
import { meaning } from "../src/meaning.ts";
import "../src/pipeline.ts";
import { compileToProgram } from "../src/compile.ts";
import mlxBackend, { printProgram } from "../src/index.ts";
import { attention, markShared } from "../src/rules/idioms/attention.ts";
import { idioms } from "../src/rules/idioms/index.ts";
import { softmax } from "../src/rules/idioms/softmax.ts";
import { runBoth, tensorOf, verified as verifiedText } from "./harness.ts";

/** Numbers of both signs, some of them equal. */
function inputOf(type: TensorType, seed: number): HostTensor {
  const size = type.shape.reduce((total, n) => total * n, 1);
  const values = Array.from({ length: size }, (_, i) => Math.round(8 * Math.sin(seed + 3 * i)) / 4);
  return tensorOf(type.element as "f32", type.shape, values);
}

function close(got: readonly HostTensor[], want: readonly HostTensor[], tolerance: number): void {
  expect(got.length).toBe(want.length);
  got.forEach(({ data }, i) => {
    const expected = want[i]!.data;
    expect(data.length).toBe(expected.length);
    for (let j = 0; j < data.length; j++) {
      const [a, b] = [Number(data[j]), Number(expected[j])];
      if (Object.is(a, b)) continue;
      expect(Math.abs(a - b), `element ${j}: ${a} for ${b}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(b)),
      );
    }
  });
}

function verified(module: Parameters<typeof verify>[0]) {
  const result = verify(module);
  if (!result.module) throw new Error(result.diagnostics[0]?.message);
  return result.module;
}

describe.each(idioms.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
  const read = readModule(rule.example);
  if (!read.module) throw new Error(read.diagnostics[0]?.message);
  const before = read.module;
  const types = before.operation.regions[0]!.blocks[0]!.operations[0]!.regions[0]!.blocks[0]!.arguments;
  const inputs = types.map(({ type }, i) => inputOf(type as TensorType, i));
  const meant = (module: typeof before) => verified(rewriteModule(module, meaning).module);

  test("fires on its example", () => {
    expect(rewriteModule(before, [rule]).fired.get(rule.name)).toBeGreaterThan(0);
  });

  test("means the same", () => {
    const after = rewriteModule(before, [rule]).module;
    const got = evaluate(meant(after), inputs) as readonly HostTensor[];
    close(got, evaluate(meant(before), inputs) as readonly HostTensor[], rule.tolerance);
  });

  test("runs on the device", async () => {
    const { got, want } = await runBoth(writeText(meant(before)), inputs);
    close(got, want, rule.tolerance);
  });
});

test("attention whose weights others use is left alone", () => {
  const lines = attention.example.split("\n");
  const shared = lines
    .map((line) =>
      line
        .replace("-> tensor<2x2x6x5x3xf32> {", "-> (tensor<2x2x6x5x3xf32>, tensor<2x2x5x3x7xf32>) {")
        .replace(
          "return %5 : tensor<2x2x6x5x3xf32>",
          "return %5, %4 : tensor<2x2x6x5x3xf32>, tensor<2x2x5x3x7xf32>",
        ),
    )
    .join("\n");
  const fired = (text: string) =>
    rewriteModule(markShared(readModule(text).module!), [attention as Rule]).fired.size;
  expect(fired(attention.example)).toBe(1);
  expect(fired(shared)).toBe(0);
});

describe("HLOOM_RULES_OFF", () => {
  const printed = () => printProgram(compileToProgram(verifiedText(softmax.example), mlxBackend().supports));
  afterEach(() => {
    delete process.env["HLOOM_RULES_OFF"];
  });

  test("leaves an idiom as it is written", () => {
    expect(printed()).toMatch(/= softmax /);
    process.env["HLOOM_RULES_OFF"] = "softmax,argmax";
    expect(printed()).not.toMatch(/= softmax /);
  });

  test("refuses what is no rule", () => {
    process.env["HLOOM_RULES_OFF"] = "softmaks";
    expect(printed).toThrow(/softmaks, which is no rule; there are: threefry, softmax/);
  });
});

describe("threefry", () => {
  /** As JAX writes it where loops are unrolled: 20 rounds, the key after each four. `magic` is the constant of the third key. */
  function text(magic: number): string {
    const lines: string[] = [];
    let count = 0;
    const emit = (line: string) => {
      lines.push(`%v${count} = ${line}`);
      return `%v${count++}`;
    };
    const word = (value: number) => emit(`stablehlo.constant dense<${value}> : tensor<ui32>`);
    const spread = (value: string) =>
      emit(`stablehlo.broadcast_in_dim ${value}, dims = [] : (tensor<ui32>) -> tensor<5xui32>`);
    const binary = (name: string, x: string, y: string, type = "tensor<5xui32>") =>
      emit(`stablehlo.${name} ${x}, ${y} : ${type}`);
    const third = binary("xor", binary("xor", "%k0", "%k1", "tensor<ui32>"), word(magic), "tensor<ui32>");
    const keys = ["%k0", "%k1", third];
    let x = binary("add", "%a", spread("%k0"));
    let y = binary("add", "%b", spread("%k1"));
    for (let group = 0; group < 5; group++) {
      for (const by of group % 2 === 0 ? [13, 15, 26, 6] : [17, 29, 16, 24]) {
        x = binary("add", x, y);
        const left = binary("shift_left", y, spread(word(by)));
        const right = binary("shift_right_logical", y, spread(word(32 - by)));
        y = binary("xor", x, binary("or", left, right));
      }
      x = binary("add", x, spread(keys[(group + 1) % 3]!));
      y = binary("add", binary("add", y, spread(keys[(group + 2) % 3]!)), spread(word(group + 1)));
    }
    const types = "tensor<ui32>, tensor<ui32>, tensor<5xui32>, tensor<5xui32>";
    const pair = "tensor<5xui32>, tensor<5xui32>";
    return `module {
      func.func private @bits(%k0: tensor<ui32>, %k1: tensor<ui32>, %a: tensor<5xui32>, %b: tensor<5xui32>) -> (${pair}) {
        ${lines.join("\n")}
        return ${x}, ${y} : ${pair}
      }
      func.func @main(%k0: tensor<ui32>, %k1: tensor<ui32>, %a: tensor<5xui32>, %b: tensor<5xui32>) -> (${pair}) {
        %0:2 = func.call @bits(%k0, %k1, %a, %b) : (${types}) -> (${pair})
        return %0#0, %0#1 : ${pair}
      }
    }`;
  }
  const compiled = (module: string) =>
    printProgram(compileToProgram(verifiedText(module), mlxBackend().supports));

  test("is found by its results, and gives them", async () => {
    const module = text(0x1bd11bda);
    expect(compiled(module)).toMatch(/= threefry2x32 /);
    const words = (values: readonly number[]) => tensorOf("ui32", values.length === 1 ? [] : [5], values);
    const inputs = [words([7]), words([0xdeadbeef]), words([0, 1, 2, 3, 0xffffffff]), words([5, 6, 7, 8, 9])];
    const { got, want } = await runBoth(module, inputs);
    expect(got.map(({ data }) => Array.from(data as Uint32Array))).toEqual(
      want.map(({ data }) => Array.from(data as Uint32Array)),
    );
  });

  test("is not what differs by one bit", () => {
    expect(compiled(text(0x1bd11bdb))).not.toMatch(/threefry/);
  });
});
