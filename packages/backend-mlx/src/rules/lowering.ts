/** What the rows of the lowering table share: reading operations and emitting `mlx.*` without writing types twice. */
import {
  attributeValues,
  type Builder,
  definingOperation,
  definitionOf,
  type OpDefinition,
  type Operation,
  type Rule,
  type TensorType,
  type Value,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";

/** How one StableHLO operation becomes `mlx.*` operations. */
export interface Lowering {
  /** Absent: the row always applies. Otherwise the reason why it does not, for the error that refuses the program. */
  readonly refuse?: (operation: Operation) => string | undefined;
  readonly emit: (operation: Operation, builder: Builder) => readonly Value[];
}

/** Rows by full op name; a function is a row without conditions. */
export type LoweringTable = Readonly<Record<string, Lowering | Lowering["emit"]>>;

export function lowering(row: Lowering | Lowering["emit"]): Lowering {
  return typeof row === "function" ? { emit: row } : row;
}

export function rulesOf(table: LoweringTable): Rule[] {
  return Object.entries(table).map(([op, entry]) => {
    const row = lowering(entry);
    return {
      name: `${op}-to-mlx`,
      why: `The lowered form of ${op}.`,
      on: [op],
      match: (operation) => (row.refuse?.(operation) === undefined ? operation : undefined),
      emit: (_, builder, operation) => row.emit(operation, builder),
    };
  });
}

/** Attribute values of an operation, typed by the caller, who knows the declaration. */
export function attributes<T>(operation: Operation): T {
  const definition = definitionOf(operation.name);
  if (!definition) throw new Error(`${operation.name} is not declared`);
  return attributeValues(definition, operation) as T;
}

export function typeOf(value: Value | undefined): TensorType {
  if (value?.type.kind !== "tensor") throw new Error("a lowered value is a tensor");
  return value.type;
}

export const shapeOf = (value: Value | undefined): readonly number[] => typeOf(value).shape;
export const rankOf = (value: Value | undefined): number => shapeOf(value).length;

export function resultTypes(operation: Operation): TensorType[] {
  return operation.results.map(typeOf);
}

/** A row that renames: the same operands, the declared result types. */
export function rename(
  target: OpDefinition,
  values: Readonly<Record<string, unknown>> = {},
): Lowering["emit"] {
  return (operation, builder) =>
    builder.emit(target, operation.operands, values, { results: resultTypes(operation) });
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export const repeated = (value: number, count: number): number[] => new Array<number>(count).fill(value);

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** A transpose, or the operand itself when nothing moves. */
export function transpose(builder: Builder, value: Value, permutation: readonly number[]): Value {
  if (permutation.every((d, i) => d === i)) return value;
  return builder.value(mlx.transpose, [value], { permutation });
}

export function reshape(builder: Builder, value: Value, shape: readonly number[]): Value {
  const type = typeOf(value);
  if (type.shape.length === shape.length && shape.every((size, i) => size === type.shape[i])) return value;
  return builder.value(mlx.reshape, [value], {}, { results: [{ ...type, shape }] });
}

export function convert(builder: Builder, value: Value, element: TensorType["element"]): Value {
  const type = typeOf(value);
  if (type.element === element) return value;
  return builder.value(mlx.convert, [value], {}, { results: [{ ...type, element }] });
}

/** The defining operation when it has the name. */
export function definedBy(value: Value | undefined, name: string): Operation | undefined {
  const operation = value && definingOperation(value);
  return operation?.name === name ? operation : undefined;
}

/**
 * The value of a rank-0 or splat constant, as the host layout's element; undefined when `value` is not one.
 * Looks through the broadcast of a constant.
 */
export function splatBytes(
  value: Value | undefined,
): { readonly element: TensorType["element"]; readonly bytes: Uint8Array } | undefined {
  const broadcast = definedBy(value, "mlx.broadcast_in_dim");
  if (broadcast) return splatBytes(broadcast.operands[0]);
  const constant = definedBy(value, "mlx.constant");
  const dense = constant?.attributes.value;
  if (dense?.kind !== "dense") return undefined;
  const single = dense.splat || dense.type.shape.every((size) => size === 1);
  return single ? { element: dense.type.element, bytes: dense.data } : undefined;
}

/** MLX broadcasts rank 0 for free: takes splats by their one element, as long as some operand keeps the full shape. */
export function withFreeBroadcasts(
  operation: Operation,
  positions: readonly number[] = range(operation.operands.length),
): Value[] {
  const full = shapeOf(operation.results[0]);
  const operands = [...operation.operands];
  if (full.length === 0) return operands;
  let fullLeft = positions.filter((i) => rankOf(operands[i]) > 0).length;
  for (const i of positions) {
    const broadcast = definedBy(operands[i], "mlx.broadcast_in_dim");
    const source = broadcast?.operands[0];
    if (source && rankOf(source) === 0 && fullLeft > 1) {
      operands[i] = source;
      fullLeft--;
    }
  }
  return operands;
}
