/** Passes keep the meaning of real programs, and do to small ones what their names say. */
import { describe, expect, test } from "vitest";
import {
  entryFunction,
  evaluate,
  functionType,
  type HostTensor,
  type Module,
  passes,
  passNamed,
  readModule,
  type VerifiedModule,
  verify,
  walk,
  writeText,
} from "../src/index.ts";
import { bytesAt, namesIn } from "./data.ts";
import { readNpz, tensorOfBytes } from "./npz.ts";
import { describeData } from "./suite.ts";

function verified(module: Module | undefined): VerifiedModule {
  if (!module) throw new Error("the module could not be read");
  const result = verify(module);
  if (!result.module)
    throw new Error(result.diagnostics.map(({ op, message }) => `${op}: ${message}`).join("\n"));
  return result.module;
}

const main = (type: string, body: string) => `module {
  func.func @main${type} {
${body
  .trim()
  .split("\n")
  .map((line) => `    ${line.trim()}`)
  .join("\n")}
  }
}
`;

/** The small programs, each before and after the pass of its row. */
const examples = [
  {
    pass: "fold",
    why: "constants meet",
    before: main(
      "() -> tensor<2xi32>",
      `%c = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
       %c_0 = stablehlo.constant dense<3> : tensor<2xi32>
       %0 = stablehlo.multiply %c, %c_0 : tensor<2xi32>
       return %0 : tensor<2xi32>`,
    ),
    after: main(
      "() -> tensor<2xi32>",
      "%c = stablehlo.constant dense<[3, 6]> : tensor<2xi32>\nreturn %c : tensor<2xi32>",
    ),
  },
  {
    pass: "fold",
    why: "x + 0 is x on integers",
    before: main(
      "(%arg0: tensor<4xi32>) -> tensor<4xi32>",
      `%c = stablehlo.constant dense<0> : tensor<4xi32>
       %0 = stablehlo.add %arg0, %c : tensor<4xi32>
       return %0 : tensor<4xi32>`,
    ),
    after: main("(%arg0: tensor<4xi32>) -> tensor<4xi32>", "return %arg0 : tensor<4xi32>"),
  },
  {
    pass: "fold",
    why: "x + 0 is not x on floats: -0 + 0 is 0",
    before: main(
      "(%arg0: tensor<4xf32>) -> tensor<4xf32>",
      `%cst = stablehlo.constant dense<0.000000e+00> : tensor<4xf32>
       %0 = stablehlo.add %arg0, %cst : tensor<4xf32>
       return %0 : tensor<4xf32>`,
    ),
  },
  {
    pass: "refine-shapes",
    why: "sizes are computed, and results take their shapes from them",
    before: main(
      "(%arg0: tensor<2x3xf32>) -> tensor<?xf32>",
      `%0 = stablehlo.get_dimension_size %arg0, dim = 0 : (tensor<2x3xf32>) -> tensor<i32>
       %1 = stablehlo.get_dimension_size %arg0, dim = 1 : (tensor<2x3xf32>) -> tensor<i32>
       %2 = stablehlo.multiply %0, %1 : tensor<i32>
       %3 = stablehlo.reshape %2 : (tensor<i32>) -> tensor<1xi32>
       %4 = stablehlo.dynamic_reshape %arg0, %3 : (tensor<2x3xf32>, tensor<1xi32>) -> tensor<?xf32>
       return %4 : tensor<?xf32>`,
    ),
    after: main(
      "(%arg0: tensor<2x3xf32>) -> tensor<6xf32>",
      `%c = stablehlo.constant dense<6> : tensor<1xi32>
       %0 = stablehlo.dynamic_reshape %arg0, %c : (tensor<2x3xf32>, tensor<1xi32>) -> tensor<6xf32>
       return %0 : tensor<6xf32>`,
    ),
  },
  {
    pass: "canonicalize-dynamism",
    why: "the shape of the result says what the operand said",
    before: main(
      "(%arg0: tensor<2x3xf32>) -> tensor<6xf32>",
      `%c = stablehlo.constant dense<6> : tensor<1xi32>
       %0 = stablehlo.dynamic_reshape %arg0, %c : (tensor<2x3xf32>, tensor<1xi32>) -> tensor<6xf32>
       return %0 : tensor<6xf32>`,
    ),
    after: main(
      "(%arg0: tensor<2x3xf32>) -> tensor<6xf32>",
      `%0 = stablehlo.reshape %arg0 : (tensor<2x3xf32>) -> tensor<6xf32>
       return %0 : tensor<6xf32>`,
    ),
  },
  {
    pass: "quant-to-math",
    why: "what integers express is computed, and the result is rounded to integers",
    before: main(
      "(%arg0: tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>",
      `%0 = stablehlo.abs %arg0 : (tensor<2x!quant.uniform<i8:f32, 5.000000e-01>>) -> tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>
       return %0 : tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>`,
    ),
    after: main(
      "(%arg0: tensor<2xi8>) -> tensor<2xi8>",
      `%0 = stablehlo.convert %arg0 : (tensor<2xi8>) -> tensor<2xi32>
       %1 = stablehlo.convert %0 : (tensor<2xi32>) -> tensor<2xf32>
       %cst = stablehlo.constant dense<5.000000e-01> : tensor<2xf32>
       %2 = stablehlo.multiply %1, %cst : tensor<2xf32>
       %3 = stablehlo.abs %2 : tensor<2xf32>
       %cst_0 = stablehlo.constant dense<2.000000e+00> : tensor<2xf32>
       %4 = stablehlo.divide %3, %cst_0 : tensor<2xf32>
       %cst_1 = stablehlo.constant dense<3.000000e+00> : tensor<2xf32>
       %5 = stablehlo.add %4, %cst_1 : tensor<2xf32>
       %cst_2 = stablehlo.constant dense<-1.280000e+02> : tensor<f32>
       %cst_3 = stablehlo.constant dense<1.270000e+02> : tensor<f32>
       %6 = stablehlo.clamp %cst_2, %5, %cst_3 : (tensor<f32>, tensor<2xf32>, tensor<f32>) -> tensor<2xf32>
       %7 = stablehlo.round_nearest_even %6 : tensor<2xf32>
       %8 = stablehlo.convert %7 : (tensor<2xf32>) -> tensor<2xi8>
       return %8 : tensor<2xi8>`,
    ),
  },
  {
    pass: "cse",
    why: "equal operations are one",
    before: main(
      "(%arg0: tensor<4xf32>) -> tensor<4xf32>",
      `%0 = stablehlo.exponential %arg0 : tensor<4xf32>
       %1 = stablehlo.exponential %arg0 : tensor<4xf32>
       %2 = stablehlo.add %0, %1 : tensor<4xf32>
       return %2 : tensor<4xf32>`,
    ),
    after: main(
      "(%arg0: tensor<4xf32>) -> tensor<4xf32>",
      `%0 = stablehlo.exponential %arg0 : tensor<4xf32>
       %1 = stablehlo.add %0, %0 : tensor<4xf32>
       return %1 : tensor<4xf32>`,
    ),
  },
  {
    pass: "dce",
    why: "unused operations go, effects stay",
    before: main(
      "(%arg0: tensor<4xf32>) -> tensor<4xf32>",
      `%0 = stablehlo.exponential %arg0 : tensor<4xf32>
       %1 = stablehlo.custom_call @log(%arg0) {has_side_effect = true} : (tensor<4xf32>) -> tensor<4xf32>
       return %arg0 : tensor<4xf32>`,
    ),
    after: main(
      "(%arg0: tensor<4xf32>) -> tensor<4xf32>",
      `%0 = stablehlo.custom_call @log(%arg0) {has_side_effect = true} : (tensor<4xf32>) -> tensor<4xf32>
       return %arg0 : tensor<4xf32>`,
    ),
  },
  {
    pass: "excess-precision",
    why: "a conversion takes the product as it was before rounding, other users do not",
    before: main(
      "(%arg0: tensor<2xbf16>) -> (tensor<2xf32>, tensor<2xbf16>)",
      `%0 = stablehlo.multiply %arg0, %arg0 : tensor<2xbf16>
       %1 = stablehlo.convert %0 : (tensor<2xbf16>) -> tensor<2xf32>
       return %1, %0 : tensor<2xf32>, tensor<2xbf16>`,
    ),
    after: main(
      "(%arg0: tensor<2xbf16>) -> (tensor<2xf32>, tensor<2xbf16>)",
      `%0 = stablehlo.convert %arg0 : (tensor<2xbf16>) -> tensor<2xf32>
       %1 = stablehlo.convert %arg0 : (tensor<2xbf16>) -> tensor<2xf32>
       %2 = stablehlo.multiply %0, %1 : tensor<2xf32>
       %3 = stablehlo.convert %2 : (tensor<2xf32>) -> tensor<2xbf16>
       return %2, %3 : tensor<2xf32>, tensor<2xbf16>`,
    ),
  },
  {
    pass: "excess-precision",
    why: "a reshape lets the rounding stay, and f16 rounds anyway",
    before: main(
      "(%arg0: tensor<2xbf16>, %arg1: tensor<2xf16>) -> (tensor<1x2xf32>, tensor<2xf32>)",
      `%0 = stablehlo.multiply %arg0, %arg0 : tensor<2xbf16>
       %1 = stablehlo.reshape %0 : (tensor<2xbf16>) -> tensor<1x2xbf16>
       %2 = stablehlo.convert %1 : (tensor<1x2xbf16>) -> tensor<1x2xf32>
       %3 = stablehlo.multiply %arg1, %arg1 : tensor<2xf16>
       %4 = stablehlo.convert %3 : (tensor<2xf16>) -> tensor<2xf32>
       return %2, %4 : tensor<1x2xf32>, tensor<2xf32>`,
    ),
  },
  {
    pass: "tree-reduction",
    why: "40 elements fill two windows, in the middle of them",
    before: main(
      "(%arg0: tensor<40xf16>) -> tensor<f16>",
      `%cst = stablehlo.constant dense<0.000000e+00> : tensor<f16>
       %0 = stablehlo.reduce(%arg0 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<40xf16>, tensor<f16>) -> tensor<f16>
       return %0 : tensor<f16>`,
    ),
    after: main(
      "(%arg0: tensor<40xf16>) -> tensor<f16>",
      `%cst = stablehlo.constant dense<0.000000e+00> : tensor<f16>
       %0 = stablehlo.pad %arg0, %cst, low = [12], high = [12], interior = [0] : (tensor<40xf16>, tensor<f16>) -> tensor<64xf16>
       %1 = stablehlo.reshape %0 : (tensor<64xf16>) -> tensor<2x32xf16>
       %2 = stablehlo.reduce(%1 init: %cst) applies stablehlo.add across dimensions = [1] : (tensor<2x32xf16>, tensor<f16>) -> tensor<2xf16>
       %3 = stablehlo.reduce(%2 init: %cst) applies stablehlo.add across dimensions = [0] : (tensor<2xf16>, tensor<f16>) -> tensor<f16>
       return %3 : tensor<f16>`,
    ),
  },
];

describe("small programs", () => {
  test.each(examples)("$pass: $why", ({ pass, before, after = before }) => {
    const module = verified(readModule(before).module);
    expect(writeText(passNamed(pass)!.run(module))).toBe(after);
    // A pass never changes its input.
    expect(writeText(module)).toBe(before);
  });

  test("inline leaves recursion alone", () => {
    const text = `module {
  func.func @main(%arg0: tensor<i32>) -> tensor<i32> {
    %0 = call @loop(%arg0) : (tensor<i32>) -> tensor<i32>
    return %0 : tensor<i32>
  }
  func.func private @loop(%arg0: tensor<i32>) -> tensor<i32> {
    %0 = call @loop(%arg0) : (tensor<i32>) -> tensor<i32>
    return %0 : tensor<i32>
  }
}
`;
    expect(writeText(passNamed("inline")!.run(verified(readModule(text).module)))).toBe(text);
  });
});

const folder = "gen/jax_0_10_2_pjrt";

/** Loops of thousands of steps take the evaluator too long to do once per pass. */
const maximumBytes = 20_000;

describeData("real programs", () => {
  const names = namesIn(folder, ".mlir").filter(
    (name) => bytesAt(`${folder}/${name}.mlir`).length < maximumBytes,
  );
  test.each(passes)("$name keeps their meaning", ({ name: pass, run }) => {
    const failures: string[] = [];
    for (const name of names) {
      const before = verified(readModule(bytesAt(`${folder}/${name}.mlir.bc`)).module);
      try {
        if (refused.has(pass) && onParts.includes(name)) {
          expect(() => run(before), name).toThrow(/parts|no form/);
          continue;
        }
        const after = verified(run(before));
        const inputs = inputsOf(name, before);
        const want = outputsOf(before, inputs);
        if (excessive.get(pass)?.includes(name)) continue;
        if (want !== undefined && !isSame(want, outputsOf(after, inputs)!, rounds.has(pass)))
          failures.push(name);
      } catch (error) {
        failures.push(`${name}: ${(error as Error).message}`);
      }
    }
    expect(failures).toEqual([]);
  });

  test("inline leaves no call", () => {
    const calls: string[] = [];
    for (const name of names) {
      const module = passNamed("inline")!.run(
        verified(readModule(bytesAt(`${folder}/${name}.mlir.bc`)).module),
      );
      walk(module.operation, (operation) => {
        if (operation.name === "func.call") calls.push(name);
      });
    }
    expect(calls).toEqual([]);
  });
});

function inputsOf(name: string, module: Module): HostTensor[] {
  const arrays = readNpz(bytesAt(`${folder}/${name}.npz`));
  return functionType(entryFunction(module)!).inputs.map((type, i) =>
    tensorOfBytes(arrays.get(`in${i}`)!, type as HostTensor["type"]),
  );
}

/** Programs that compute on the parts that devices hold, and passes that leave no devices. */
const onParts = ["all_gather", "pmax", "ppermute", "psum", "psum_scatter"];
const refused = new Set(["sdy-erase", "sdy-export"]);

/** Passes that compute by other formulas, so that the last digits may differ. */
const rounds = new Set(["complex-math", "chlo-to-stablehlo"]);

/** Programs that a pass gives other roundings; the conformance suite compares them with XLA's results. */
const excessive: ReadonlyMap<string, readonly string[]> = new Map([["excess-precision", ["attention_bf16"]]]);

function isSame(want: readonly string[], got: readonly string[], rounded: boolean): boolean {
  if (want.length !== got.length) return false;
  return want.every((text, i) => {
    if (text === got[i]) return true;
    return rounded && Math.abs(Number(text) - Number(got[i])) <= 1e-5 * Math.abs(Number(text)) + 1e-6;
  });
}

/** The results' elements as text, or undefined when the program cannot be evaluated in one process. */
function outputsOf(module: VerifiedModule, inputs: readonly HostTensor[]): readonly string[] | undefined {
  try {
    return evaluate(module, inputs).flatMap((datum) =>
      "data" in datum ? Array.from(datum.data as ArrayLike<number>, String) : ["?"],
    );
  } catch {
    return undefined;
  }
}
