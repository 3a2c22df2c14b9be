/**
 * Ops that mean something only together with others or with what is around them: loops that end, calls, tuples and
 * their elements, tokens, quantized values, collectives of the one process that there is.
 */
import type { OpDefinition } from "../declare/define.ts";
import type { Region, Value } from "../model/operation.ts";
import {
  type Element,
  isComplex,
  isElement,
  type QuantizedElement,
  type TensorType,
  type Type,
  tensor,
} from "../model/types.ts";
import { func, stablehlo } from "../ops/index.ts";
import { comparator, guessedBody } from "./bodies.ts";
import type { Scope } from "./scope.ts";
import { isSame, isSmall } from "./values.ts";

/** Appends the op and what belongs to it, if it can. */
type Scene = (scope: Scope) => void;

const i32 = tensor([], "i32");
const i1 = tensor([], "i1");
const alone = [[0]];

const tensorType = ({ type }: Value) => type as TensorType;

/** A few operations, then values of the types: latest ones first. */
function filled(inner: Scope, types: readonly Type[], steps: number): Value[] {
  for (let i = inner.draws.below(steps + 1); i > 0; i--) inner.step();
  return types.map((type) => {
    const there = inner.values.filter((value) => isSame(value.type, type as TensorType)).slice(-4);
    return there.length > 0 ? inner.draws.pick(there) : inner.valueOf(type as TensorType);
  });
}

/** A loop that carries a counter besides its values; the condition may look at a value too. */
const whileScene: Scene = (scope) => {
  const { draws } = scope;
  if (!draws.allows(i32) || !draws.allows(i1)) return;
  const carried = [scope.constant(0, i32), ...draws.times(draws.between(1, 3), () => scope.anyTensor())];
  const types = carried.map(({ type }) => type);
  const limit = draws.between(0, 3);
  const region = (_: readonly Type[], { name }: { readonly name: string }): Region =>
    scope.region(
      types,
      (inner) => {
        const counter = inner.block.arguments[0]!;
        if (name === "body") {
          const [next] = inner.add(stablehlo.add, [counter, inner.constant(1, i32)])!;
          return [next!, ...filled(inner, types.slice(1), 4)];
        }
        const going = inner.add(stablehlo.compare, [
          counter,
          inner.constant(limit, i32),
          { comparison_direction: "LT" },
        ])!;
        if (draws.chance(0.7)) return going;
        return inner.add(stablehlo.and, [going[0], inner.valueOf(i1)])!;
      },
      { captures: true },
    );
  scope.add(stablehlo.whileOp, [carried], region);
};

/** Branches see what is around them and return the same types. */
function branches(definition: OpDefinition, index: TensorType, fields: (scope: Scope) => object): Scene {
  return (scope) => {
    const { draws } = scope;
    if (!draws.allows(index)) return;
    const types = draws.times(draws.between(1, 3), () => tensorType(scope.anyTensor()));
    const selector = scope.valueOf(index);
    scope.add(definition, [selector, fields(scope)], () =>
      scope.region([], (inner) => filled(inner, types, 3), { captures: true }),
    );
  };
}

const call: Scene = (scope) => {
  if (scope.around.functions.length === 0) return;
  const { name, inputs, results } = scope.draws.pick(scope.around.functions);
  const args = inputs.map((type) => scope.valueOf(type as TensorType));
  if (scope.draws.chance(0.5)) scope.add(func.call, [args, { callee: name, results }]);
  else scope.add(stablehlo.composite, [args, { name: "hloom.made", decomposition: name, results }]);
};

const customCall: Scene = (scope) => {
  const input = scope.anyTensor();
  const target = scope.draws.pick(["Sharding", "LayoutConstraint", "MoveToDevice"]);
  scope.add(stablehlo.customCall, [[input], { call_target_name: target, results: [input.type] }]);
};

const tuple: Scene = (scope) => {
  const members = scope.draws.times(scope.draws.between(1, 3), () => scope.anyTensor());
  scope.add(stablehlo.tuple, [members]);
};

const tupleElement: Scene = (scope) => {
  const find = () => scope.values.find(({ type }) => type.kind === "tuple");
  if (!find()) tuple(scope);
  const value = find();
  if (value?.type.kind !== "tuple") return;
  const index = scope.draws.below(value.type.types.length);
  scope.add(stablehlo.getTupleElement, [value, { index, result: value.type.types[index] }]);
};

const afterAll: Scene = (scope) => {
  const tokens = scope.values.filter(({ type }) => type.kind === "token");
  scope.add(stablehlo.afterAll, [tokens.slice(-2)]);
};

/** Its order is a total one: what other comparators do is the implementation's. */
const sort: Scene = (scope) => {
  const { draws } = scope;
  const key = scope.anyTensor();
  if (isComplex(key.type.element) || !draws.allows(i1)) return;
  const others = scope.values.filter(
    ({ type }) =>
      type.kind === "tensor" && isElement(type.element) && `${type.shape}` === `${key.type.shape}`,
  );
  const inputs = [key, ...draws.some(others).slice(0, 2)];
  const dimension = draws.below(Math.max(1, key.type.shape.length));
  // Equal keys keep their order, or else anybody's result would be right.
  scope.add(stablehlo.sort, [inputs, { dimension, is_stable: true }], (types) => comparator(scope, types));
};

const randomBits: Scene = (scope) => {
  const { draws } = scope;
  const rng_algorithm = draws.pick(["THREE_FRY", "PHILOX"]);
  const state = tensor([rng_algorithm === "PHILOX" ? draws.between(2, 3) : 2], "ui64");
  const output = tensor(draws.shape(), draws.pick<Element>(["ui8", "ui16", "ui32", "ui64", "i32"]));
  if (!draws.allows(state) || !draws.allows(output) || !isSmall(output)) return;
  const fields = { rng_algorithm, output_state: state, output };
  scope.add(stablehlo.rngBitGenerator, [scope.valueOf(state), fields]);
};

const rng: Scene = (scope) => {
  const type = tensor([], scope.draws.pick<Element>(["f32", "f64", "i32"]));
  const shape = tensor([2], "i64");
  if (!scope.draws.allows(type) || !scope.draws.allows(shape)) return;
  const [low, high] = [scope.constant(1, type), scope.constant(3, type)];
  scope.add(stablehlo.rng, [low, high, scope.constant([2, 3], shape), { rng_distribution: "UNIFORM" }]);
};

// Quantized values ---------------------------------------------------------------------------------------------

function quantizedElement(scope: Scope, expressed: "f32" | "f64" | "bf16"): QuantizedElement {
  const { draws } = scope;
  const storage = draws.pick(["i8", "ui8", "i16", "i4"] as const);
  const [storageMin, storageMax] = ranges[storage];
  const scales = [draws.pick([0.5, 0.25, 2, 0.1])];
  return {
    kind: "quantized",
    storage,
    storageMin,
    storageMax,
    expressed,
    scales,
    zeroPoints: [draws.pick([0n, 0n, 3n])],
  };
}

const ranges = { i8: [-128n, 127n], ui8: [0n, 255n], i16: [-32768n, 32767n], i4: [-8n, 7n] } as const;

/** Quantizes, computes with what is quantized, and goes back. */
const quantize: Scene = (scope) => {
  const expressed = scope.draws.pick(["f32", "f32", "f64"] as const);
  const shape = tensorType(scope.anyTensor()).shape;
  const operand = tensor(shape, expressed);
  if (!scope.draws.allows(operand)) return;
  const result = tensor(shape, quantizedElement(scope, expressed));
  const made = scope.add(stablehlo.uniformQuantize, [scope.valueOf(operand), { result }]);
  if (!made) return;
  const sums = [stablehlo.add, stablehlo.maximum, stablehlo.subtract];
  const [value = made[0]!] = scope.draws.chance(0.5)
    ? (scope.add(scope.draws.pick(sums), [made[0], made[0], { result }]) ?? [])
    : [];
  scope.add(stablehlo.uniformDequantize, [value]);
};

// Processes ----------------------------------------------------------------------------------------------------

/** A collective of the only process: most give back what they take. */
function collective(definition: OpDefinition, fields: (scope: Scope, type: TensorType) => object): Scene {
  return (scope) => {
    const operand = scope.anyTensor();
    const { shape, element } = operand.type;
    if (shape.length === 0 || isComplex(element) || element === "i1") return;
    const [field] = definition.operands;
    const given = field!.arity === "variadic" ? [operand] : operand;
    scope.add(definition, [given, fields(scope, operand.type)], (types, region) =>
      guessedBody(scope, types, region),
    );
  };
}

const dimensionOf = (scope: Scope, { shape }: TensorType) => scope.draws.below(shape.length);

const asynchronous: Scene = (scope) => {
  const operand = scope.anyTensor();
  const started = scope.add(stablehlo.asyncStart, [[operand]], (types) =>
    scope.region(
      types,
      (inner) =>
        inner.add(stablehlo.collectivePermute, [
          inner.block.arguments[0],
          { source_target_pairs: [[0, 0]] },
        ])!,
    ),
  );
  if (started) scope.add(stablehlo.asyncDone, [started[0], { result: operand.type }]);
};

export const scenes: Readonly<Record<string, Scene>> = {
  "stablehlo.while": whileScene,
  "stablehlo.if": branches(stablehlo.ifOp, i1, () => ({})),
  "stablehlo.case": branches(stablehlo.caseOp, i32, ({ draws }) => ({
    branches: draws.times(draws.between(1, 3), () => undefined),
  })),
  "func.call": call,
  "stablehlo.composite": call,
  "stablehlo.custom_call": customCall,
  "stablehlo.tuple": tuple,
  "stablehlo.get_tuple_element": tupleElement,
  "stablehlo.after_all": afterAll,
  "stablehlo.sort": sort,
  "stablehlo.rng": rng,
  "stablehlo.rng_bit_generator": randomBits,
  "stablehlo.uniform_quantize": quantize,
  "stablehlo.uniform_dequantize": quantize,
  "stablehlo.all_gather": collective(stablehlo.allGather, (scope, type) => ({
    all_gather_dim: dimensionOf(scope, type),
    replica_groups: alone,
    results: [type],
  })),
  "stablehlo.all_reduce": collective(stablehlo.allReduce, () => ({ replica_groups: alone })),
  "stablehlo.all_to_all": collective(stablehlo.allToAll, (scope, type) => ({
    split_dimension: dimensionOf(scope, type),
    concat_dimension: dimensionOf(scope, type),
    split_count: 1,
    replica_groups: alone,
  })),
  "stablehlo.collective_broadcast": collective(stablehlo.collectiveBroadcast, () => ({
    replica_groups: alone,
  })),
  "stablehlo.collective_reduce": collective(stablehlo.collectiveReduce, () => ({ replica_groups: alone })),
  "stablehlo.collective_permute": collective(stablehlo.collectivePermute, () => ({
    source_target_pairs: [[0, 0]],
  })),
  "stablehlo.reduce_scatter": collective(stablehlo.reduceScatter, (scope, type) => ({
    scatter_dimension: dimensionOf(scope, type),
    replica_groups: alone,
    result: type,
  })),
  "stablehlo.cross-replica-sum": collective(stablehlo.crossReplicaSum, () => ({ replica_groups: alone })),
  "stablehlo.async_start": asynchronous,
  "stablehlo.async_done": asynchronous,
};
