/** Reductions, windows, sorts and scatters: native kernels for known bodies, tapes for all others. */
import {
  type Builder,
  bodyOf,
  type Operation,
  type Region,
  type stablehlo,
  type TensorType,
  type Value,
  type ViewOf,
  walk,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { isIdentity, keyOrderOf, knownCombiner, returnedArgument } from "./bodies.ts";
import {
  attributes,
  convert,
  type LoweringTable,
  range,
  rankOf,
  repeated,
  resultTypes,
  shapeOf,
} from "./lowering.ts";
import { ownRegions } from "./regions.ts";

/** `operand` combined with an initial value that changes it. */
function withInitial(
  builder: Builder,
  combine: Parameters<Builder["value"]>[0],
  value: Value,
  initial: Value,
): Value {
  return builder.value(combine, [value, initial], {}, { results: [value.type] });
}

/** Operands and initial values as the body takes them, which may compute in wider types than they have. */
function promoted({ operands, regions }: Operation, builder: Builder): readonly Value[] {
  const parameters = bodyOf(regions[0]!).arguments;
  return operands.map((value, i) => convert(builder, value, (parameters[i]!.type as TensorType).element));
}

function reduce(operation: Operation, builder: Builder): readonly Value[] {
  const { dimensions: axes } = attributes<{ dimensions: readonly number[] }>(operation);
  const operands = promoted(operation, builder);
  const combiner = operands.length === 2 ? knownCombiner(operation.regions[0]!) : undefined;
  if (!combiner) {
    const options = { results: resultTypes(operation), regions: ownRegions(operation) };
    return builder.emit(mlx.reduce, operands, { axes }, options);
  }
  const [operand, initial] = operands as [Value, Value];
  const reduced = builder.value(combiner.reduce, [operand], { axes });
  return [isIdentity(combiner, initial) ? reduced : withInitial(builder, combiner.combine, reduced, initial)];
}

/** Of reduce_window; select_and_scatter has some of them. */
type WindowAttributes = Partial<ViewOf<typeof stablehlo.reduceWindow>["attributes"]>;

function windowOf(operation: Operation) {
  const values = attributes<WindowAttributes>(operation);
  const rank = rankOf(operation.operands[0]);
  // An empty list says no more than one that is absent.
  const orOnes = (sizes: readonly number[] | undefined) => (sizes?.length ? sizes : repeated(1, rank));
  return {
    window: orOnes(values.window_dimensions),
    strides: orOnes(values.window_strides),
    base_dilation: orOnes(values.base_dilations),
    window_dilation: orOnes(values.window_dilations),
    low: values.padding?.map((pair) => pair[0]!) ?? repeated(0, rank),
    high: values.padding?.map((pair) => pair[1]!) ?? repeated(0, rank),
  };
}

type Window = ReturnType<typeof windowOf>;

/** A window over everything before (or after) each element of one axis: how JAX writes cumulative operations. */
function cumulativeAxis(
  window: Window,
  shape: readonly number[],
): { axis: number; reverse: number } | undefined {
  const isOne = (values: readonly number[]) => values.every((value) => value === 1);
  if (!isOne(window.strides) || !isOne(window.base_dilation) || !isOne(window.window_dilation))
    return undefined;
  const wide = range(shape.length).filter(
    (d) => window.window[d] !== 1 || window.low[d] !== 0 || window.high[d] !== 0,
  );
  const axis = wide[0];
  if (wide.length !== 1 || axis === undefined || window.window[axis] !== shape[axis]) return undefined;
  const [low, high] = [window.low[axis], window.high[axis]];
  if (low === shape[axis]! - 1 && high === 0) return { axis, reverse: 0 };
  return low === 0 && high === shape[axis]! - 1 ? { axis, reverse: 1 } : undefined;
}

function reduceWindow(operation: Operation, builder: Builder): readonly Value[] {
  const window = windowOf(operation);
  const operands = promoted(operation, builder);
  const combiner = operands.length === 2 ? knownCombiner(operation.regions[0]!) : undefined;
  const [input, initial] = operands as [Value, Value];
  const results = resultTypes(operation);
  if (!combiner?.window || !isIdentity(combiner, initial)) {
    return builder.emit(mlx.reduceWindow, operands, window, {
      results,
      regions: ownRegions(operation),
    });
  }
  const cumulative = combiner.cumulative && cumulativeAxis(window, shapeOf(input));
  if (combiner.cumulative && cumulative) return builder.emit(combiner.cumulative, [input], cumulative);
  return builder.emit(combiner.window, [input], window, { results });
}

interface ScatterAttributes {
  readonly scatter_dimension_numbers: Readonly<Record<string, unknown>>;
}

/** How updates combine: replaced, a known function, or any body. */
function scatterMode(region: Region): string | undefined {
  return returnedArgument(region) === 1 ? "assign" : knownCombiner(region)?.scatter;
}

function scatter(operation: Operation, builder: Builder): readonly Value[] {
  const { scatter_dimension_numbers: numbers } = attributes<ScatterAttributes>(operation);
  const mode = operation.operands.length === 3 ? scatterMode(operation.regions[0]!) : undefined;
  if (mode) return builder.emit(mlx.scatter, operation.operands, { ...numbers, mode });
  const options = { results: resultTypes(operation), regions: ownRegions(operation) };
  return builder.emit(mlx.scatterGeneral, operation.operands, numbers, options);
}

/** Before and after its lowering. */
const isConstant: ReadonlySet<string> = new Set(["mlx.constant", "stablehlo.constant"]);

/** Captured values would have to travel with every element; programs do not write them, constants are repeated inside. */
function refuseCaptures(operation: Operation): string | undefined {
  const inside = new Set<Value>();
  let captured: string | undefined;
  for (const block of operation.regions.flatMap((region) => region.blocks)) {
    for (const argument of block.arguments) inside.add(argument);
    for (const nested of block.operations) {
      walk(nested, (inner) => {
        for (const operand of inner.operands) {
          const source = operand.owner.kind === "operation" ? operand.owner.name : "an argument";
          if (!inside.has(operand) && !isConstant.has(source)) captured = source;
        }
        for (const result of inner.results) inside.add(result);
      });
    }
  }
  return captured && `its body uses a value from outside (${captured})`;
}

export const reduction: LoweringTable = {
  "stablehlo.reduce": { refuse: refuseCaptures, emit: reduce },
  "stablehlo.reduce_window": { refuse: refuseCaptures, emit: reduceWindow },
  "stablehlo.select_and_scatter": {
    refuse: refuseCaptures,
    emit: (operation, builder) => {
      const { window, strides, low, high } = windowOf(operation);
      return builder.emit(
        mlx.selectAndScatter,
        operation.operands,
        { window, strides, low, high },
        { regions: ownRegions(operation) },
      );
    },
  },
  "stablehlo.scatter": { refuse: refuseCaptures, emit: scatter },
  "stablehlo.gather": (operation, builder) => {
    const { dimension_numbers, slice_sizes } = attributes<{
      dimension_numbers: Readonly<Record<string, unknown>>;
      slice_sizes: readonly number[];
    }>(operation);
    return builder.emit(
      mlx.gather,
      operation.operands,
      { ...dimension_numbers, slice_sizes },
      { results: resultTypes(operation) },
    );
  },
  "stablehlo.sort": {
    refuse: refuseCaptures,
    emit: (operation, builder) => {
      const { dimension } = attributes<{ dimension?: number }>(operation);
      const rank = rankOf(operation.operands[0]);
      const axis = ((dimension ?? -1) + rank) % Math.max(rank, 1);
      const order = keyOrderOf(operation.regions[0]!);
      if (order?.key !== 0)
        return builder.emit(
          mlx.sortGeneral,
          operation.operands,
          { axis },
          { regions: ownRegions(operation) },
        );
      const values = { axis, keys: 1, descending: order.descending ? 1 : 0, order: order.order };
      return builder.emit(mlx.sort, operation.operands, values);
    },
  },
  "chlo.top_k": (operation, builder) => {
    const { k } = attributes<{ k: number }>(operation);
    return builder.emit(mlx.topK, operation.operands, { k }, { results: resultTypes(operation) });
  },
};
