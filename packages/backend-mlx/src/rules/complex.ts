/**
 * complex<f64>, which MLX does not have, as arithmetic on its parts: after these rules only `real`, `imag`, `complex` and
 * operations that move elements see it, and `parts.ts` makes two f64 arrays of each value.
 */
import {
  append,
  type Builder,
  chloExpansions,
  complexMath,
  createOperation,
  isComplex,
  type Operation,
  type Rule,
  stablehlo,
  type TensorType,
  type Type,
  type Value,
} from "@hloom/ir";
import { mlx } from "../dialect.ts";
import { attributes } from "./lowering.ts";

export const isWide = (type: Type): boolean => type.kind === "tensor" && type.element === "complex<f64>";
const touches = ({ operands, results }: Operation): boolean =>
  operands.some(({ type }) => isWide(type)) || results.some(({ type }) => isWide(type));

/** Factorizations work on whole matrices, and the runtime has none of them for this type. */
export const refuseWide = (operation: Operation): string | undefined =>
  touches(operation) ? "linear algebra on complex<f64> is not implemented" : undefined;

interface Parts {
  readonly re: Value;
  readonly im: Value;
}

const realType = (type: Type): TensorType => ({ ...(type as TensorType), element: "f64" });

function partsOf(builder: Builder, value: Value): Parts {
  const results = [realType(value.type)];
  return {
    re: builder.value(stablehlo.real, [value], {}, { results }),
    im: builder.value(stablehlo.imag, [value], {}, { results }),
  };
}

function joined(builder: Builder, { re, im }: Parts): Value {
  const results = [{ ...(re.type as TensorType), element: "complex<f64>" } as const];
  return builder.value(stablehlo.complex, [re, im], {}, { results });
}

type Arithmetic = (builder: Builder, x: Parts, y: Parts) => Parts;

const add = (b: Builder, x: Value, y: Value) => b.value(stablehlo.add, [x, y]);
const subtract = (b: Builder, x: Value, y: Value) => b.value(stablehlo.subtract, [x, y]);
const multiply = (b: Builder, x: Value, y: Value) => b.value(stablehlo.multiply, [x, y]);

const product: Arithmetic = (b, x, y) => ({
  re: subtract(b, multiply(b, x.re, y.re), multiply(b, x.im, y.im)),
  im: add(b, multiply(b, x.re, y.im), multiply(b, x.im, y.re)),
});

const quotient: Arithmetic = (b, x, y) => {
  const [re, im] = b.emit(mlx.complexDivide, [x.re, x.im, y.re, y.im]);
  return { re: re!, im: im! };
};

/** The larger (or smaller) in the order of the real parts, equal ones in that of the imaginary parts. */
function extreme(direction: "GT" | "LT"): Arithmetic {
  return (b, x, y) => {
    const compare = (p: Value, q: Value, how: string) =>
      b.value(stablehlo.compare, [p, q], { comparison_direction: how });
    const tied = b.value(stablehlo.and, [compare(x.re, y.re, "EQ"), compare(x.im, y.im, direction)]);
    const first = b.value(stablehlo.or, [compare(x.re, y.re, direction), tied]);
    const pick = (p: Value, q: Value) => b.value(stablehlo.select, [first, p, q]);
    return { re: pick(x.re, y.re), im: pick(x.im, y.im) };
  };
}

/** Operations of one or two complex operands whose result is complex. */
const arithmetic: Readonly<Record<string, Arithmetic>> = {
  "stablehlo.add": (b, x, y) => ({ re: add(b, x.re, y.re), im: add(b, x.im, y.im) }),
  "stablehlo.subtract": (b, x, y) => ({ re: subtract(b, x.re, y.re), im: subtract(b, x.im, y.im) }),
  "stablehlo.multiply": product,
  "stablehlo.divide": quotient,
  "stablehlo.maximum": extreme("GT"),
  "stablehlo.minimum": extreme("LT"),
  "stablehlo.negate": (b, x) => ({
    re: b.value(stablehlo.negate, [x.re]),
    im: b.value(stablehlo.negate, [x.im]),
  }),
  "chlo.square": (b, x) => product(b, x, x),
  "chlo.conj": (b, x) => ({ re: x.re, im: b.value(stablehlo.negate, [x.im]) }),
};

/** Sums of products: of two complex operands four, of one of them two. */
function bilinear(operation: Operation, builder: Builder): readonly Value[] {
  const results = operation.results.map(({ type }) => realType(type));
  const { name, attributes: values, location } = operation;
  const apply = (x: Value, y: Value) =>
    append(builder.block, createOperation(name, { operands: [x, y], results, attributes: values, location }))
      .results[0]!;
  const [x, y] = operation.operands.map((value) => partsOf(builder, value)) as [Parts, Parts];
  const re = subtract(builder, apply(x.re, y.re), apply(x.im, y.im));
  const im = add(builder, apply(x.re, y.im), apply(x.im, y.re));
  return [joined(builder, { re, im })];
}

/** From and to real and complex numbers: the real part is what a conversion to a real type keeps. */
function convert(operation: Operation, builder: Builder): readonly Value[] {
  const [operand] = operation.operands as [Value];
  const result = operation.results[0]!.type as TensorType;
  const to = (value: Value, type: Type) => builder.value(stablehlo.convert, [value], {}, { results: [type] });
  const { element } = operand.type as TensorType;
  const isComplex = element === "complex<f64>" || element === "complex<f32>";
  const partType: Type = {
    ...(operand.type as TensorType),
    element: element === "complex<f32>" ? "f32" : "f64",
  };
  const part = (definition: typeof stablehlo.real | typeof stablehlo.imag) =>
    builder.value(definition, [operand], {}, { results: [partType] });
  if (result.element === "complex<f64>") {
    const re = to(isComplex ? part(stablehlo.real) : operand, realType(result));
    const im = isComplex ? to(part(stablehlo.imag), realType(result)) : zeroLike(builder, re);
    return [joined(builder, { re, im })];
  }
  if (result.element === "complex<f32>") {
    const single: Type = { ...result, element: "f32" };
    const parts = [to(part(stablehlo.real), single), to(part(stablehlo.imag), single)];
    return [builder.value(stablehlo.complex, parts, {}, { results: [result] })];
  }
  if (result.element === "i1") {
    const zero = zeroLike(builder, part(stablehlo.real));
    const isNot = (value: Value) =>
      builder.value(stablehlo.compare, [value, zero], { comparison_direction: "NE" });
    return [builder.value(stablehlo.or, [isNot(part(stablehlo.real)), isNot(part(stablehlo.imag))])];
  }
  return [to(part(stablehlo.real), result)];
}

function zeroLike(builder: Builder, value: Value): Value {
  const type = value.type as TensorType;
  const zero = { kind: "dense", type, data: new Uint8Array(8), splat: true } as const;
  return builder.value(stablehlo.constant, [], { value: zero }, { results: [type] });
}

function compare(operation: Operation, builder: Builder): readonly Value[] {
  const { comparison_direction } = attributes<{ comparison_direction: string }>(operation);
  const [x, y] = operation.operands.map((value) => partsOf(builder, value)) as [Parts, Parts];
  const parts = [
    builder.value(stablehlo.compare, [x.re, y.re], { comparison_direction }),
    builder.value(stablehlo.compare, [x.im, y.im], { comparison_direction }),
  ];
  return [builder.value(comparison_direction === "NE" ? stablehlo.or : stablehlo.and, parts)];
}

/** `-i log((x + iy) / sqrt(x² + y²))` */
function angle(operation: Operation, builder: Builder): readonly Value[] {
  const [y, x] = operation.operands as [Value, Value];
  const part = (value: Value, definition: typeof stablehlo.real | typeof stablehlo.imag) => {
    const type = value.type as TensorType;
    const element = type.element === "complex<f64>" ? "f64" : "f32";
    return builder.value(definition, [value], {}, { results: [{ ...type, element }] });
  };
  const turned = (value: Value, negated: typeof stablehlo.real, plain: typeof stablehlo.real) => {
    const parts = [builder.value(stablehlo.negate, [part(value, negated)]), part(value, plain)];
    return builder.value(stablehlo.complex, parts, {}, { results: [value.type] });
  };
  const squares = [y, x].map((value) => multiply(builder, value, value)) as [Value, Value];
  const length = builder.value(stablehlo.sqrt, [add(builder, ...squares)]);
  const point = add(builder, x, turned(y, stablehlo.imag, stablehlo.real));
  const log = builder.value(stablehlo.log, [builder.value(stablehlo.divide, [point, length])]);
  const parts = [part(log, stablehlo.imag), builder.value(stablehlo.negate, [part(log, stablehlo.real)])];
  return [builder.value(stablehlo.complex, parts, {}, { results: [log.type] })];
}

function clamp(operation: Operation, builder: Builder): readonly Value[] {
  const [low, operand, high] = operation.operands.map((value) => {
    const results = [operation.results[0]!.type];
    return value.type === results[0] || (value.type as TensorType).shape.length > 0
      ? value
      : builder.value(stablehlo.broadcastInDim, [value], { broadcast_dimensions: [] }, { results });
  }) as [Value, Value, Value];
  return [builder.value(stablehlo.minimum, [builder.value(stablehlo.maximum, [low, operand]), high])];
}

const rule = (
  on: string,
  why: string,
  emit: (operation: Operation, builder: Builder) => readonly Value[],
): Rule => ({
  name: `complex-f64-${on.slice(on.indexOf(".") + 1)}`,
  why,
  on: [on],
  match: (operation) => (touches(operation) ? operation : undefined),
  emit: (_, builder, operation) => emit(operation, builder),
});

/** Results of another type keep a part of the sum only; no rule says how that is rounded. */
const onlyComplexResults = (all: Rule): Rule => ({
  ...all,
  match: (operation) =>
    operation.results.every(({ type }) => isWide(type)) ? all.match(operation) : undefined,
});

/** A rule that is for any element, where it is needed only for this one. */
const onlyWide = (general: Rule): Rule => ({
  ...general,
  name: `${general.name}-f64`,
  match: (operation) => (touches(operation) ? general.match(operation) : undefined),
});

const isComplexOf = ({ operands }: Operation): boolean =>
  operands.some(({ type }) => type.kind === "tensor" && isComplex(type.element));

/** What MLX has for real numbers only, or with another branch. */
const ofAnyComplex: readonly Rule[] = [
  {
    name: "complex-atan2",
    why: "MLX has no atan2 of complex numbers: a logarithm of a point on the unit circle.",
    on: ["stablehlo.atan2"],
    match: (operation) => (isComplexOf(operation) ? operation : undefined),
    emit: (_, builder, operation) => angle(operation, builder),
  },
  ...complexMath.filter(({ on }) => on[0] === "stablehlo.cbrt"),
];

export const complexRules: readonly Rule[] = [
  ...ofAnyComplex,
  ...Object.entries(arithmetic).map(([on, apply]) =>
    rule(on, "MLX has no complex<f64>: arithmetic on the parts.", (operation, builder) => {
      const parts = operation.operands.map((value) => partsOf(builder, value));
      return [joined(builder, apply(builder, parts[0]!, parts[1] ?? parts[0]!))];
    }),
  ),
  ...["stablehlo.dot_general", "stablehlo.dot", "stablehlo.convolution"].map((on) =>
    onlyComplexResults(rule(on, "Four real products make a complex one.", bilinear)),
  ),
  rule("stablehlo.iota", "Positions are real.", (operation, builder) => {
    const results = [realType(operation.results[0]!.type)];
    const re = builder.value(stablehlo.iota, [], attributes(operation), { results });
    return [joined(builder, { re, im: zeroLike(builder, re) })];
  }),
  rule("stablehlo.convert", "The parts are converted.", convert),
  rule("stablehlo.clamp", "The larger and the smaller of complex numbers.", clamp),
  rule("stablehlo.compare", "Equal are those with equal parts.", compare),
  ...complexMath.filter((general) => !ofAnyComplex.includes(general)).map(onlyWide),
  ...[...chloExpansions.values()].filter(({ on }) => !(on[0]! in arithmetic)).map(onlyWide),
];
