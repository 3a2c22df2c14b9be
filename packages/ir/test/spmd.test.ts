/**
 * Programs of several processes as one, against the evaluator, which runs each process by itself: same arrays in, same
 * arrays out.
 */
import { describe, expect, test } from "vitest";
import {
  entryFunction,
  evaluate,
  functionType,
  type HostTensor,
  type ProcessGrid,
  readModule,
  sizeOf,
  spread,
  type TensorType,
  type VerifiedModule,
  verify,
  viewOf,
} from "../src/index.ts";
import { bytesAt, namesIn, textAt } from "./data.ts";
import { readNpz, tensorOfBytes } from "./npz.ts";
import { describeData } from "./suite.ts";

function verified(source: string | Uint8Array): VerifiedModule {
  const read = readModule(source);
  expect(read.diagnostics.map(({ message }) => message)).toEqual([]);
  return checked(read.module!);
}

function checked(module: Parameters<typeof verify>[0]): VerifiedModule {
  const result = verify(module);
  expect(result.diagnostics.map(({ op, message }) => `${op}: ${message}`)).toEqual([]);
  return result.module!;
}

const typesOf = (module: VerifiedModule) =>
  functionType(entryFunction(module)!).inputs as readonly HostTensor["type"][];

/** 0, 1, 2 … in single precision, which every element type here can hold. */
function ramp(type: HostTensor["type"]): HostTensor {
  const data = viewOf(type.element, new Uint8Array(sizeOf(type.shape) * 4));
  for (let i = 0; i < data.length; i++) (data as Float32Array)[i] = i;
  return { type, data };
}

/** The block of `whole` at `index` of a grid of `counts` blocks. */
function block(whole: HostTensor, counts: readonly number[], index: readonly number[]): HostTensor {
  const shape = whole.type.shape.map((size, d) => size / counts[d]!);
  const part = ramp({ ...whole.type, shape });
  for (let i = 0; i < part.data.length; i++) {
    part.data[i] = whole.data[sourceOf(i, shape, whole.type.shape, index)]!;
  }
  return part;
}

function sourceOf(
  position: number,
  shape: readonly number[],
  whole: readonly number[],
  index: readonly number[],
): number {
  let [rest, at, stride] = [position, 0, 1];
  for (let d = shape.length - 1; d >= 0; d--) {
    at += ((rest % shape[d]!) + index[d]! * shape[d]!) * stride;
    rest = Math.floor(rest / shape[d]!);
    stride *= whole[d]!;
  }
  return at;
}

/** Runs the one program on the parts that the processes have of `inputs`; the results of each process. */
function runSpread(module: VerifiedModule, grid: ProcessGrid, inputs: readonly (readonly HostTensor[])[]) {
  const made = spread(module, grid);
  const parts = made.inputs.map(({ argument, process }) => {
    const { counts, parts } = made.arguments[argument]!;
    return block(inputs[process]![argument]!, counts, parts[process % grid.partitions]!);
  });
  const results = evaluate(checked(made.module), parts) as HostTensor[];
  const processes = grid.replicas * grid.partitions;
  return {
    made,
    results: Array.from({ length: processes }, (_, process) =>
      made.outputs.map((outputs) => results[outputs[process]!]!),
    ),
  };
}

/** Of a program about whole arrays: each process has the part of the evaluator's results that its sharding says. */
function expectParts(module: VerifiedModule, partitions: number, inputs: readonly HostTensor[]): void {
  const grid = { replicas: 1, partitions };
  const { made, results } = runSpread(
    module,
    grid,
    Array.from({ length: partitions }, () => inputs),
  );
  const expected = evaluate(module, inputs) as HostTensor[];
  results.forEach((own, process) => {
    own.forEach((part, i) => {
      const { counts, parts } = made.results[i]!;
      expect(part, `result ${i} of process ${process}`).toEqual(block(expected[i]!, counts, parts[process]!));
    });
  });
}

describe("manual computations", () => {
  const mesh = 'sdy.mesh @m = <["x"=2, "y"=2]>';
  const inXY = '<@m, [{"x"}, {"y"}]>';

  /** A body over parts of an 8×8 array on 2×2 devices. */
  const program = (body: string, out = inXY, result = "8x8", part = "4x4") => `
    ${mesh}
    func.func @main(%a: tensor<8x8xf32>) -> tensor<${result}xf32> {
      %0 = sdy.manual_computation(%a) in_shardings=[${inXY}] out_shardings=[${out}] manual_axes={"x", "y"} (%p: tensor<4x4xf32>) {
        ${body}
        sdy.return %r : tensor<${part}xf32>
      } : (tensor<8x8xf32>) -> tensor<${result}xf32>
      return %0 : tensor<${result}xf32>
    }`;

  const sum = (value: string, groups: string, type: string) => `"stablehlo.all_reduce"(${value}) <{
      channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>, replica_groups = dense<${groups}> : tensor<2x2xi64>,
      use_global_device_ids}> ({
    ^bb0(%l: tensor<f32>, %u: tensor<f32>):
      %s = stablehlo.add %l, %u : tensor<f32>
      stablehlo.return %s : tensor<f32>
    }) : (tensor<${type}xf32>) -> tensor<${type}xf32>`;

  const number = `
    %n = stablehlo.partition_id : tensor<ui32>
    %f = stablehlo.convert %n : (tensor<ui32>) -> tensor<f32>
    %b = stablehlo.broadcast_in_dim %f, dims = [] : (tensor<f32>) -> tensor<4x4xf32>`;

  const cases: Readonly<Record<string, string>> = {
    "element-wise": program("%r = stablehlo.multiply %p, %p : tensor<4x4xf32>"),
    "a sum over rows of the mesh": program(
      `%r = ${sum("%p", "[[0, 1], [2, 3]]", "4x4")}`,
      '<@m, [{"x"}, {}]>',
      "8x4",
    ),
    "the number of the process": program(`${number}
      %r = stablehlo.add %p, %b : tensor<4x4xf32>`),
    "a reducer of several operations": program(`
      %r = "stablehlo.all_reduce"(%p) <{
        channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
        replica_groups = dense<[[0, 1, 2, 3]]> : tensor<1x4xi64>, use_global_device_ids}> ({
      ^bb0(%l: tensor<f32>, %u: tensor<f32>):
        %s = stablehlo.subtract %l, %u : tensor<f32>
        %t = stablehlo.abs %s : tensor<f32>
        stablehlo.return %t : tensor<f32>
      }) : (tensor<4x4xf32>) -> tensor<4x4xf32>`),
    "all to all": program(
      `
      %r = "stablehlo.all_to_all"(%p) <{split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 2 : i64,
        channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
        replica_groups = dense<[[0, 2], [1, 3]]> : tensor<2x2xi64>}> : (tensor<4x4xf32>) -> tensor<2x8xf32>`,
      inXY,
      "4x16",
      "2x8",
    ),
    "a part of a sum": program(
      `
      %r = "stablehlo.reduce_scatter"(%p) <{scatter_dimension = 1 : i64,
        channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
        replica_groups = dense<[[1, 3], [0, 2]]> : tensor<2x2xi64>, use_global_device_ids}> ({
      ^bb0(%l: tensor<f32>, %u: tensor<f32>):
        %s = stablehlo.add %l, %u : tensor<f32>
        stablehlo.return %s : tensor<f32>
      }) : (tensor<4x4xf32>) -> tensor<4x2xf32>`,
      inXY,
      "8x4",
      "4x2",
    ),
    "a ring, and nothing for who is not in it": program(`
      %r = "stablehlo.collective_permute"(%p) <{source_target_pairs = dense<[[0, 1], [1, 3], [3, 0]]> : tensor<3x2xi64>,
        channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>`),
    "a broadcast": program(`
      %r = "stablehlo.collective_broadcast"(%p) <{replica_groups = dense<[[2, 0, 1, 3]]> : tensor<1x4xi64>,
        channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>}> : (tensor<4x4xf32>) -> tensor<4x4xf32>`),
    "a loop in which processes meet": program(`
      %zero = stablehlo.constant dense<0> : tensor<i32>
      %i, %r = stablehlo.while(%j = %zero, %x = %p) : tensor<i32>, tensor<4x4xf32>
      cond {
        %three = stablehlo.constant dense<3> : tensor<i32>
        %go = stablehlo.compare LT, %j, %three : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %go : tensor<i1>
      } do {
        %one = stablehlo.constant dense<1> : tensor<i32>
        %next = stablehlo.add %j, %one : tensor<i32>
        %t = ${sum("%x", "[[0, 2], [1, 3]]", "4x4")}
        %u2 = stablehlo.add %t, %p : tensor<4x4xf32>
        stablehlo.return %next, %u2 : tensor<i32>, tensor<4x4xf32>
      }`),
    "a loop that rows of the mesh leave at different times": program(`
      %n = stablehlo.partition_id : tensor<ui32>
      %two = stablehlo.constant dense<2> : tensor<ui32>
      %row = stablehlo.divide %n, %two : tensor<ui32>
      %i, %r = stablehlo.while(%j = %row, %x = %p) : tensor<ui32>, tensor<4x4xf32>
      cond {
        %three = stablehlo.constant dense<3> : tensor<ui32>
        %go = stablehlo.compare LT, %j, %three : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
        stablehlo.return %go : tensor<i1>
      } do {
        %one = stablehlo.constant dense<1> : tensor<ui32>
        %next = stablehlo.add %j, %one : tensor<ui32>
        %t = ${sum("%x", "[[0, 1], [2, 3]]", "4x4")}
        stablehlo.return %next, %t : tensor<ui32>, tensor<4x4xf32>
      }`),
    "a branch in which processes meet": program(`
      %zero = stablehlo.constant dense<1> : tensor<i32>
      %r = "stablehlo.case"(%zero) ({
        stablehlo.return %p : tensor<4x4xf32>
      }, {
        %t = ${sum("%p", "[[0, 1], [2, 3]]", "4x4")}
        stablehlo.return %t : tensor<4x4xf32>
      }) : (tensor<i32>) -> tensor<4x4xf32>`),
    "branches that rows of the mesh choose": program(`
      %n = stablehlo.partition_id : tensor<ui32>
      %two = stablehlo.constant dense<2> : tensor<ui32>
      %row = stablehlo.divide %n, %two : tensor<ui32>
      %index = stablehlo.convert %row : (tensor<ui32>) -> tensor<i32>
      %r = "stablehlo.case"(%index) ({
        %t = ${sum("%p", "[[0, 1], [2, 3]]", "4x4")}
        stablehlo.return %t : tensor<4x4xf32>
      }, {
        %d = stablehlo.negate %p : tensor<4x4xf32>
        %t = ${sum("%d", "[[0, 1], [2, 3]]", "4x4")}
        stablehlo.return %t : tensor<4x4xf32>
      }) : (tensor<i32>) -> tensor<4x4xf32>`),
    "a loop of each process": program(`${number}
      %zero = stablehlo.constant dense<0> : tensor<ui32>
      %i, %r = stablehlo.while(%j = %zero, %x = %p) : tensor<ui32>, tensor<4x4xf32>
      cond {
        %go = stablehlo.compare LT, %j, %n : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
        stablehlo.return %go : tensor<i1>
      } do {
        %one = stablehlo.constant dense<1> : tensor<ui32>
        %next = stablehlo.add %j, %one : tensor<ui32>
        %t = stablehlo.add %x, %b : tensor<4x4xf32>
        stablehlo.return %next, %t : tensor<ui32>, tensor<4x4xf32>
      }`),
  };

  test.each(Object.entries(cases))("%s", (_, text) => {
    const module = verified(text);
    expectParts(module, 4, typesOf(module).map(ramp));
  });

  test("arguments and results in parts, over one axis and over part of one", () => {
    const module = verified(`
      sdy.mesh @m = <["x"=4, "y"=2], device_ids=[7, 6, 5, 4, 3, 2, 1, 0]>
      func.func @main(
        %a: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@m, [{"y"}, {"x":(1)2}]>},
        %b: tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@m, [{}, {"y", "x"}]>}
      ) -> (tensor<8x8xf32> {sdy.sharding = #sdy.sharding<@m, [{"x", "y"}, {}]>}) {
        %0 = stablehlo.subtract %a, %b : tensor<8x8xf32>
        return %0 : tensor<8x8xf32>
      }`);
    expectParts(module, 8, typesOf(module).map(ramp));
  });

  test("what all processes do alike is done once", () => {
    const { module } = spread(verified(cases["a sum over rows of the mesh"]!), {
      replicas: 1,
      partitions: 4,
    });
    const adds = entryFunction(module)!.regions[0]!.blocks[0]!.operations.filter(
      ({ name }) => name === "stablehlo.add",
    );
    expect(adds).toHaveLength(2);
  });
});

test("a program of XLA's notation", () => {
  // What JAX before 0.7 writes; the same as a sum over rows of a mesh.
  const module = verified(`
    func.func @main(%a: tensor<8x8xf32> {mhlo.sharding = "{devices=[2,2]<=[4]}"}) -> (tensor<8x4xf32> {mhlo.sharding = "{devices=[2,1,2]<=[4] last_tile_dim_replicate}"}) {
      %0 = stablehlo.custom_call @Sharding(%a) {mhlo.sharding = "{devices=[2,2]<=[4]}"} : (tensor<8x8xf32>) -> tensor<8x8xf32>
      %1 = stablehlo.custom_call @SPMDFullToShardShape(%0) {mhlo.sharding = "{manual}"} : (tensor<8x8xf32>) -> tensor<4x4xf32>
      %2 = "stablehlo.all_reduce"(%1) <{channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>,
          replica_groups = dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>, use_global_device_ids}> ({
      ^bb0(%l: tensor<f32>, %u: tensor<f32>):
        %s = stablehlo.add %l, %u : tensor<f32>
        stablehlo.return %s : tensor<f32>
      }) : (tensor<4x4xf32>) -> tensor<4x4xf32>
      %3 = stablehlo.custom_call @Sharding(%2) {mhlo.sharding = "{manual}"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
      %4 = stablehlo.custom_call @SPMDShardToFullShape(%3) {mhlo.sharding = "{devices=[2,1,2]<=[4] last_tile_dim_replicate}"} : (tensor<4x4xf32>) -> tensor<8x4xf32>
      return %4 : tensor<8x4xf32>
    }`);
  const input = ramp({ kind: "tensor", shape: [8, 8], element: "f32" });
  const { results } = runSpread(
    module,
    { replicas: 1, partitions: 4 },
    [0, 1, 2, 3].map(() => [input]),
  );
  const rows = (first: number) =>
    Array.from({ length: 16 }, (_, i) => {
      const [row, column] = [first + Math.floor(i / 4), i % 4];
      return (input.data[row * 8 + column]! as number) + (input.data[row * 8 + column + 4]! as number);
    });
  expect(results.map(([part]) => [...(part!.data as Float32Array)])).toEqual([
    rows(0),
    rows(0),
    rows(4),
    rows(4),
  ]);
});

test("replicas run on arrays of their own", () => {
  const module = verified(`
    func.func @main(%a: tensor<2xf32>) -> (tensor<2xf32>, tensor<ui32>) {
      %0 = "stablehlo.all_reduce"(%a) <{replica_groups = dense<> : tensor<0x0xi64>}> ({
      ^bb0(%l: tensor<f32>, %u: tensor<f32>):
        %s = stablehlo.add %l, %u : tensor<f32>
        stablehlo.return %s : tensor<f32>
      }) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = stablehlo.replica_id : tensor<ui32>
      return %0, %1 : tensor<2xf32>, tensor<ui32>
    }`);
  const type = { kind: "tensor", shape: [2], element: "f32" } as const;
  const inputs = [0, 1, 2].map((replica) => [{ type, data: Float32Array.of(replica, 10 * replica) }]);
  const { results } = runSpread(module, { replicas: 3, partitions: 1 }, inputs);
  expect(results.map((own) => own.map(({ data }) => [...(data as Float32Array)]))).toEqual([
    [[3, 30], [0]],
    [[3, 30], [1]],
    [[3, 30], [2]],
  ]);
});

test.each([
  ["element-wise", "%0 = stablehlo.add %a, %b : tensor<4x8xf32>", "4x8", [4, 2]],
  [
    "transposed",
    "%0 = stablehlo.transpose %a, dims = [1, 0] : (tensor<4x8xf32>) -> tensor<8x4xf32>",
    "8x4",
    [1, 4],
  ],
  ["split", "%0 = stablehlo.reshape %a : (tensor<4x8xf32>) -> tensor<4x1x2x4xf32>", "4x1x2x4", [4, 1, 1, 1]],
  ["joined", "%0 = stablehlo.reshape %a : (tensor<4x8xf32>) -> tensor<32xf32>", "32", [4]],
  [
    "stretched",
    "%0 = stablehlo.broadcast_in_dim %a, dims = [1, 2] : (tensor<4x8xf32>) -> tensor<3x4x8xf32>",
    "3x4x8",
    [1, 4, 1],
  ],
  [
    "a product",
    "%0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : (tensor<4x8xf32>, tensor<4x8xf32>) -> tensor<4x4xf32>",
    "4x4",
    [4, 1],
  ],
  ["constrained", '%0 = sdy.sharding_constraint %a <@m, [{?}, {"y"}]> : tensor<4x8xf32>', "4x8", [4, 2]],
] as const)("the sharding of a result that is left open: %s", (_, operation, shape, counts) => {
  const module = verified(`
    sdy.mesh @m = <["x"=4, "y"=2]>
    func.func @main(
      %a: tensor<4x8xf32> {sdy.sharding = #sdy.sharding<@m, [{"x"}, {}]>},
      %b: tensor<4x8xf32> {sdy.sharding = #sdy.sharding<@m, [{}, {"y"}]>}
    ) -> tensor<${shape}xf32> {
      ${operation}
      return %0 : tensor<${shape}xf32>
    }`);
  expect(spread(module, { replicas: 1, partitions: 8 }).results[0]!.counts).toEqual(counts);
  expectParts(module, 8, typesOf(module).map(ramp));
});

test("parts that go on as parts are neither joined nor cut", () => {
  const module = verified(`
    sdy.mesh @m = <["x"=2]>
    func.func @main(%a: tensor<8xf32> {sdy.sharding = #sdy.sharding<@m, [{"x"}]>})
        -> (tensor<8xf32> {sdy.sharding = #sdy.sharding<@m, [{"x"}]>}) {
      %0 = sdy.manual_computation(%a) in_shardings=[<@m, [{"x"}]>] out_shardings=[<@m, [{"x"}]>] manual_axes={"x"} (%p: tensor<4xf32>) {
        %r = stablehlo.negate %p : tensor<4xf32>
        sdy.return %r : tensor<4xf32>
      } : (tensor<8xf32>) -> tensor<8xf32>
      return %0 : tensor<8xf32>
    }`);
  const { module: single } = spread(module, { replicas: 1, partitions: 2 });
  const names = entryFunction(single)!.regions[0]!.blocks[0]!.operations.map(({ name }) => name);
  expect(names).toEqual(["stablehlo.negate", "stablehlo.negate", "func.return"]);
  expectParts(module, 2, typesOf(module).map(ramp));
});

test("a tensor that is a sum over an axis", () => {
  const module = verified(`
    sdy.mesh @m = <["x"=2]>
    func.func @main(%a: tensor<2xf32> {sdy.sharding = #sdy.sharding<@m, [{}], unreduced={"x"}>})
        -> (tensor<2xf32>, tensor<2xf32> {sdy.sharding = #sdy.sharding<@m, [{}], unreduced={"x"}>}) {
      %0 = stablehlo.negate %a : tensor<2xf32>
      %1 = sdy.sharding_constraint %0 <@m, [{}]> : tensor<2xf32>
      return %1, %0 : tensor<2xf32>, tensor<2xf32>
    }`);
  const type = { kind: "tensor", shape: [2], element: "f32" } as const;
  const inputs = [1, 10].map((n) => [{ type, data: Float32Array.of(n, 2 * n) }]);
  const { results } = runSpread(module, { replicas: 1, partitions: 2 }, inputs);
  const numbers = results.map((own) => own.map(({ data }) => [...(data as Float32Array)]));
  expect(numbers.map(([whole]) => whole)).toEqual([
    [-11, -22],
    [-11, -22],
  ]);
  expect([0, 1].map((i) => numbers[0]![1]![i]! + numbers[1]![1]![i]!)).toEqual([-11, -22]);
});

const folder = "gen/jax_0_10_2_pjrt";

describeData("JAX's programs for several devices", () => {
  const names = namesIn(folder, ".mlir").filter((name) =>
    /mhlo.num_partitions = [2-9]/.test(textAt(`${folder}/${name}.mlir`)!),
  );
  test.each(names)("%s", (name) => {
    const module = verified(bytesAt(`${folder}/${name}.mlir.bc`));
    const arrays = readNpz(bytesAt(`${folder}/${name}.npz`));
    const types = functionType(entryFunction(module)!);
    const tensors = (list: readonly unknown[], letter: string) =>
      (list as readonly TensorType[]).map((type, i) =>
        tensorOfBytes(arrays.get(`${letter}${i}`)!, type as HostTensor["type"]),
      );
    expectParts(module, 8, tensors(types.inputs, "in"));
    expect(evaluate(module, tensors(types.inputs, "in"))).toEqual(tensors(types.results, "out"));
  });
});
