/**
 * Guesses for attributes and result types. They need not be right: the declaration's constraints say which are, so that
 * an op needs no generator of its own. What programs hold often is guessed often.
 */
import type { AttributeField, NamedField, OpDefinition } from "../declare/define.ts";
import type { EnumKind } from "../declare/kinds.ts";
import type { RecordField, RecordKind } from "../declare/record_kinds.ts";
import { type Element, sizeOf, type TensorType, tensor } from "../model/types.ts";
import type { Random } from "./random.ts";
import type { Draws } from "./values.ts";

/** Undefined: the attribute is left out, or nothing is known to guess. */
export function proposeAttribute(
  random: Random,
  field: NamedField<AttributeField>,
  operands: readonly TensorType[],
): unknown {
  if (!field.required && random.chance(0.5)) return undefined;
  const { kind } = field;
  if ("values" in kind) return random.pick((kind as unknown as EnumKind<string>).values);
  if ("recordName" in kind) return proposeRecord(random, kind as unknown as AnyRecord, operands);
  const syntax = kind.syntax;
  if (syntax?.form === "number") return proposeNumber(random, syntax.element, operands);
  if (syntax?.form === "list") {
    const list = proposeList(random, operands);
    return syntax.element === "i1" ? list.map((value) => value % 2 === 0) : list;
  }
  return proposeRows(random, kind.description, operands);
}

type AnyRecord = RecordKind<Readonly<Record<string, RecordField>>>;

const shapeOf = (operands: readonly TensorType[]) => operands[0]?.shape ?? [];

function proposeNumber(random: Random, element: Element, operands: readonly TensorType[]): number | boolean {
  if (element === "i1") return random.chance(0.5);
  if (element[0] === "f") return random.pick([1e-3, 1, 0.5]);
  return random.below(Math.max(1, shapeOf(operands).length, random.pick([1, 1, 4, 10])));
}

/** Lists of dimensions, and one number for each dimension. */
function proposeList(random: Random, operands: readonly TensorType[]): readonly number[] {
  const shape = shapeOf(random.shuffled(operands));
  const dimensions = shape.map((_, d) => d);
  return random.pick([
    () => dimensions,
    () => random.shuffled(dimensions),
    () => random.some(dimensions),
    () => random.some(dimensions),
    () => shape,
    () => shape.map((size) => random.between(0, size)),
    () => shape.map((size) => random.between(Math.min(1, size), size)),
    () => shape.map(() => 0),
    () => shape.map(() => 1),
    () => shape.map(() => random.between(-1, 2)),
    () => shape.map(() => random.between(1, 2)),
    () => random.times(random.below(3), () => random.below(4)),
  ])();
}

/** Padding: a low and a high amount for each dimension. */
function proposeRows(random: Random, description: string, operands: readonly TensorType[]): unknown {
  if (!description.startsWith("a two-dimensional tensor")) return undefined;
  return shapeOf(operands).map(() => [random.between(-1, 2), random.between(-1, 2)]);
}

function proposeRecord(random: Random, kind: AnyRecord, operands: readonly TensorType[]): unknown {
  const propose = (field: RecordField): unknown => {
    switch (field) {
      case "i64":
        return random.below(4);
      case "i64s":
        return random.pick([[], [0], [1], random.some([0, 1, 2])]);
      case "boolean":
        return random.chance(0.5);
      case "type":
        return { kind: "scalar", element: "f32" };
      case "f64":
        return 0;
      case "string":
        return "DEFAULT";
    }
  };
  // Accuracies and algorithms ask for more than they change.
  if (operands.length === 0 || /accuracy|algorithm/.test(kind.recordName)) return undefined;
  return Object.fromEntries(Object.entries(kind.fields).map(([name, field]) => [name, propose(field)]));
}

/** A type for a result that does not follow from the operands. */
export function proposeResult(
  draws: Draws,
  definition: OpDefinition,
  operands: readonly TensorType[],
): TensorType {
  const [first = tensor(draws.shape(), draws.element())] = operands;
  const { shape } = first;
  const element = draws.chance(definition.operands.length === 0 ? 1 : 0.4) ? draws.element() : first.element;
  return tensor(
    draws.pick([
      () => shape,
      () => shape,
      () => draws.shape(),
      () => [sizeOf(shape)],
      () => draws.shuffled(shape),
      () => [...shape, 1],
      () => [1, ...shape],
      () => [draws.between(0, 3), ...shape],
      () => [...shape, draws.between(0, 3)],
      () => shape.filter((size) => size !== 1),
      () => shape.map((size) => (size === 1 ? draws.between(0, 4) : size)),
      () => shape.slice(1),
      () => shape.slice(0, -1),
    ])(),
    element,
  );
}
