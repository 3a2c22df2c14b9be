/** What a program takes and gives: read from its entry function, the same way for every backend. */
import {
  type Attribute,
  type Attributes,
  entryFunction,
  functionType,
  isStatic,
  type Module,
  type Operation,
  type TensorType,
  type Type,
} from "@hloom/ir";
import type { Signature } from "./backend.ts";

/** The function that a run executes. Throws when the module has several public functions and none is `@main`. */
export function entryOf(module: Module): Operation {
  const entry = entryFunction(module);
  if (!entry)
    throw new Error("the module has no entry: it needs a function @main, or exactly one public function");
  return entry;
}

/** Types of the entry's arguments and results, and the arguments that it consumes. Throws when one is not static. */
export function signatureOf(module: Module): Signature {
  const entry = entryOf(module);
  const { inputs, results } = functionType(entry);
  return {
    inputs: inputs.map((type, i) => staticTensor(type, `argument ${i}`)),
    outputs: results.map((type, i) => staticTensor(type, `result ${i}`)),
    donated: donatedArguments(entry),
  };
}

/** Indices of the arguments that JAX marked as donated. */
export function donatedArguments(entry: Operation): number[] {
  return functionType(entry).inputs.flatMap((_, i) => (isDonated(argumentAttributes(entry, i)) ? [i] : []));
}

/** Attributes of one argument of a function, e.g. `tf.aliasing_output` or `jax.buffer_donor`. */
export function argumentAttributes(func: Operation, index: number): Attributes {
  const all: Attribute | undefined = func.attributes.arg_attrs;
  const one = all?.kind === "array" ? all.elements[index] : undefined;
  return one?.kind === "dictionary" ? one.entries : {};
}

/** JAX writes the index of the result that takes the memory over, or leaves the choice to the backend. */
function isDonated(attributes: Attributes): boolean {
  const donor = attributes["jax.buffer_donor"];
  return "tf.aliasing_output" in attributes || (donor?.kind === "integer" && donor.value !== 0n);
}

function staticTensor(type: Type, what: string): TensorType {
  const kind = type.kind;
  if (isStatic(type)) return type;
  const found = kind === "tensor" ? "has a dynamic shape" : `is a ${kind}`;
  throw new Error(`${what} of the entry function ${found}; programs run on static tensors`);
}
