/** What operands and results may be: how many values a field takes, and of which types. */
import {
  DYNAMIC,
  type Element,
  isComplex,
  isElement,
  isFloat,
  isInteger,
  isQuantized,
  isSigned,
  isUnsigned,
  type TensorType,
  type TokenType,
  type Type,
} from "../model/types.ts";

export type Arity = "one" | "optional" | "variadic";

/** What a value may be, and how many of them a field takes. `T` is the type that declarations see. */
export interface ValueField<T extends Type = Type, A extends Arity = Arity> {
  readonly arity: A;
  /** For messages and docs: "a tensor of floats". */
  readonly description: string;
  accepts(type: Type): type is T;
}

function tensorWith(
  description: string,
  test: (element: TensorType["element"]) => boolean,
): ValueField<TensorType, "one"> {
  return {
    arity: "one",
    description,
    accepts: (type): type is TensorType =>
      type.kind === "tensor" && test(type.element) && quantizationFits(type),
  };
}

/** Spec: "Quantized element types": zero points can be stored, and an axis has a scale for each index. */
function quantizationFits({ shape, element }: TensorType): boolean {
  if (!isQuantized(element)) return true;
  const { axis, scales, zeroPoints, storageMin, storageMax } = element;
  if (!zeroPoints.every((zero) => zero >= storageMin && zero <= storageMax)) return false;
  if (axis === undefined) return true;
  return shape[axis] !== undefined && (shape[axis] === DYNAMIC || shape[axis] === scales.length);
}

/** Quantized with one scale for the whole tensor; the few ops that take a scale for each index of an axis say so. */
const isPerTensor = (e: TensorType["element"]) => isQuantized(e) && e.axis === undefined;

export const tensor = tensorWith("a ranked tensor", (e) => isElement(e) || isPerTensor(e));
export const anyTensor = tensorWith(
  "a ranked tensor, perhaps quantized per axis",
  (e) => isElement(e) || isQuantized(e),
);
export const predicates = tensorWith("a tensor of i1", (e) => e === "i1");
export const integers = tensorWith("a tensor of integers", (e) => isInteger(e) && e !== "i1");
export const integersOrPredicates = tensorWith("a tensor of integers or i1", isInteger);
export const unsignedIntegers = tensorWith("a tensor of unsigned integers", isUnsigned);
export const floats = tensorWith(
  "a tensor of floats or per-tensor quantized",
  (e) => isFloat(e) || isPerTensor(e),
);
export const floatsOrComplexes = tensorWith(
  "a tensor of floats, complex numbers or per-tensor quantized",
  (e) => isFloat(e) || isComplex(e) || isPerTensor(e),
);
export const signedNumbers = tensorWith(
  "a tensor of signed integers, floats, complex numbers or per-tensor quantized",
  (e) => isSigned(e) || isFloat(e) || isComplex(e) || isPerTensor(e),
);
export const numbers = tensorWith(
  "a tensor of integers, floats, complex numbers or per-tensor quantized",
  (e) => (isInteger(e) && e !== "i1") || isFloat(e) || isComplex(e) || isPerTensor(e),
);
export const complexes = tensorWith("a tensor of complex numbers", isComplex);
export const plainTensor = tensorWith("a tensor that is not quantized", isElement);
export const plainFloats = tensorWith("a tensor of floats", isFloat);
export const plainFloatsOrComplexes = tensorWith(
  "a tensor of floats or complex numbers",
  (e) => isFloat(e) || isComplex(e),
);
export const floatParts = tensorWith("a tensor of f32 or f64", (e) => e === "f32" || e === "f64");
export const floatsOrQuantized = tensorWith(
  "a tensor of floats or quantized",
  (e) => isFloat(e) || isQuantized(e),
);
export const realNumbers = tensorWith(
  "a tensor of integers or floats",
  (e) => (isInteger(e) && e !== "i1") || isFloat(e),
);
export const realOrPredicate = tensorWith(
  "a tensor of integers, i1 or floats",
  (e) => isInteger(e) || isFloat(e),
);
export const quantizedTensor = tensorWith("a quantized tensor", isQuantized);
export const token: ValueField<TokenType, "one"> = {
  arity: "one",
  description: "a token",
  accepts: (type): type is TokenType => type.kind === "token",
};
export const anyValue: ValueField<Type, "one"> = {
  arity: "one",
  description: "a value",
  accepts: (type): type is Type => true,
};
/** A number outside of any tensor, as other dialects compute with. */
export function scalarOf(element: Element): ValueField<Type, "one"> {
  return anyOf(element, (type) => type.kind === "scalar" && type.element === element);
}
/** Any of several kinds of values. */
function anyOf(description: string, ...tests: readonly ((type: Type) => boolean)[]): ValueField<Type, "one"> {
  return {
    arity: "one",
    description,
    accepts: (type): type is Type => tests.some((test) => test(type)),
  };
}

const isToken = (type: Type) => type.kind === "token";
const isBuffer = (type: Type) =>
  type.kind === "memref" && (isElement(type.element) || isPerTensor(type.element));
const holds = (field: ValueField) => (type: Type) => field.accepts(type);

export const tensorOrToken = anyOf("a tensor or a token", holds(tensor), isToken);
/** What branches give. */
export const branchValue = anyOf(
  "a tensor, perhaps quantized per axis, or a token",
  holds(anyTensor),
  isToken,
);
/** What loops carry. */
export const loopValue = anyOf("a tensor, a token or a buffer", holds(anyTensor), isToken, isBuffer);
export const sizedOrToken = anyOf(
  "a tensor of known sizes or a token",
  (type) => anyTensor.accepts(type) && !type.shape.includes(DYNAMIC),
  isToken,
);

/** A tuple of nothing but what tuples hold, however deep. */
const isTuple = (type: Type): boolean =>
  type.kind === "tuple" && type.types.every((part) => tupleMember.accepts(part));
export const tupleValue = anyOf("a tuple", isTuple);
export const tupleMember: ValueField<Type, "one"> = anyOf(
  "a tensor, a token, a buffer or a tuple of them",
  holds(loopValue),
  (type) => isTuple(type),
);
export const futureValue = anyOf("a future", (type) => type.kind === "future");
/** What custom calls take and give. */
export const callValue = anyOf(
  "a tensor, a token, a buffer, a future or a tuple",
  holds(tupleMember),
  (type) => type.kind === "unranked" || type.kind === "future",
  (type) => type.kind === "tuple" && type.types.every((part) => callValue.accepts(part)),
  // Memory spaces and layouts of buffers are not modelled.
  (type) => type.kind === "scalar" && typeof type.element === "object" && isForeignBuffer(type.element),
);

function isForeignBuffer(element: TensorType["element"]): boolean {
  return typeof element === "object" && element.kind === "foreign" && element.text.startsWith("memref<");
}

/** `index`, which counts elements. */
const isIndex = (e: TensorType["element"]) =>
  typeof e === "object" && e.kind === "foreign" && e.text === "index";

/** Places in other tensors. */
export const indices = tensorWith("a tensor of integers or index", (e) => isIndex(e) || isInteger(e));

/** What holds dimension sizes or indices: a vector of known length. */
export const dimensions = narrowed(
  tensorWith("integers or index", (e) => isIndex(e) || (isInteger(e) && e !== "i1")),
  "a vector of known length of integers or index",
  ({ shape }) => shape.length === 1 && shape[0] !== DYNAMIC,
);

/** A field that takes only some of the tensors that `field` takes. */
export function narrowed(
  field: ValueField<TensorType, "one">,
  description: string,
  test: (type: TensorType) => boolean,
): ValueField<TensorType, "one"> {
  return {
    ...field,
    description,
    accepts: (type): type is TensorType => field.accepts(type) && test(type),
  };
}

/** Tensors without a rank too, of which only the elements are looked at. */
export function unrankedToo(field: ValueField<TensorType, "one">): ValueField<TensorType, "one"> {
  return {
    ...field,
    description: `${field.description.replace(/\branked /, "")}, perhaps without a rank`,
    accepts: (type): type is TensorType =>
      type.kind === "unranked"
        ? field.accepts({ kind: "tensor", shape: [], element: type.element })
        : field.accepts(type),
  };
}

const isStaticShape = ({ shape }: TensorType) => !shape.includes(DYNAMIC);

/** Tensors whose sizes are all known. */
export function sized(field: ValueField<TensorType, "one">): ValueField<TensorType, "one"> {
  return narrowed(field, `${field.description}, of known sizes`, isStaticShape);
}

/** Tensors of known sizes, but for at most one dimension that has a bound. */
export function sizedOrBounded(field: ValueField<TensorType, "one">): ValueField<TensorType, "one"> {
  return narrowed(field, `${field.description}, of known sizes but for one bounded dimension`, (type) => {
    if (isStaticShape(type)) return true;
    const bounds = type.encoding?.kind === "record" ? type.encoding.fields.bounds : undefined;
    return (
      Array.isArray(bounds) &&
      bounds.filter((bound) => bound !== DYNAMIC).length === 1 &&
      type.shape.filter((size) => size === DYNAMIC).length === 1
    );
  });
}

export function scalarsOf(field: ValueField<TensorType, "one">): ValueField<TensorType, "one"> {
  return narrowed(field, `${field.description}, a scalar`, ({ shape }) => shape.length === 0);
}

export function vectorsOf(field: ValueField<TensorType, "one">): ValueField<TensorType, "one"> {
  return narrowed(field, `${field.description}, a vector`, ({ shape }) => shape.length === 1);
}

export function variadic<T extends Type>(field: ValueField<T, "one">): ValueField<T, "variadic"> {
  return { ...field, arity: "variadic" };
}
export function optionalValue<T extends Type>(field: ValueField<T, "one">): ValueField<T, "optional"> {
  return { ...field, arity: "optional" };
}
