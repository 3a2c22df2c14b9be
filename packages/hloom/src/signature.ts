/** What a program takes and gives, by name. */
import { argumentAttributes, entryOf } from "@hloom/backend";
import {
  type Attribute,
  DYNAMIC,
  type Element,
  isElement,
  isQuantized,
  type Module,
  type Operation,
  type TensorType,
  type Type,
} from "@hloom/ir";
import type { Parameter } from "./arguments.ts";
import { type DType, dtypeOf, type Shape } from "./dtype.ts";
import { ProgramError } from "./errors.ts";
import type { Exported } from "./exported.ts";
import { leafPaths, type TreeDef } from "./tree.ts";

/** An array that a program takes or gives. */
export interface Port {
  /** From the program's attributes or locations: `params['w']`, `result[0]`; else `arg0`, `result0`. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** How a program is called: its arrays in a row, and how they lie in trees. */
export interface Signature {
  readonly inputs: readonly Parameter[];
  readonly outputs: readonly Parameter[];
  /** Present when the program comes from `jax.export`. */
  readonly trees?: Trees;
  /** Of a program for several platforms, whose first array is the index of one, which the caller does not pass. */
  readonly platforms?: { readonly element: Element; readonly names: readonly string[] };
}

export interface Trees {
  readonly inputs: TreeDef;
  readonly outputs: TreeDef;
  /** Which leaves of the inputs the program takes. */
  readonly kept: readonly number[];
}

export function signatureFor(module: Module, exported: Exported | undefined): Signature {
  const entry = entryOf(module);
  const { inputs, results } = functionTypeOf(entry);
  const takesPlatform =
    inputs.length > 0 && textOf(argumentAttributes(entry, 0)["jax.global_constant"]) === "_platform_index";
  const first = takesPlatform ? 1 : 0;
  const paths = exported && inputPaths(exported);
  const names = distinct(
    inputs.slice(first).map((_, i) => inputName(entry, i + first) ?? paths?.[i] ?? `arg${i}`),
  );
  const resultNames = distinct(results.map((_, i) => resultName(entry, i) ?? `result${i}`));
  return {
    inputs: inputs.slice(first).map((type, i) => parameterOf(type, names[i]!)),
    outputs: results.map((type, i) => parameterOf(type, resultNames[i]!)),
    ...(exported && { trees: { inputs: exported.inTree, outputs: exported.outTree, kept: exported.kept } }),
    ...(takesPlatform && {
      platforms: {
        element: parameterOf(inputs[0]!, "the platform").element,
        names: exported?.platforms ?? [],
      },
    }),
  };
}

/** A name that came before gets a number, so that each stands for one array. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    return count === 0 ? name : `${name}#${count}`;
  });
}

export function portOf({ name, element, shape }: Parameter): Port {
  return { name, dtype: dtypeOf[element], shape: shape.map((size) => (size === DYNAMIC ? "?" : size)) };
}

/** Without names of its own, an argument is called by its way in the tree: `args[0]['w']`, `kwargs['x']`. */
function inputPaths({ inTree, kept }: Exported): string[] {
  const [positional, keywords] = inTree.kind === "tuple" ? inTree.children : [];
  const paths = [
    ...(positional ? leafPaths(positional, "args") : []),
    ...(keywords ? leafPaths(keywords, "kwargs") : []),
  ];
  return kept.map((index) => paths[index] ?? `arg${index}`);
}

function inputName(entry: Operation, index: number): string | undefined {
  const location = entry.regions[0]?.blocks[0]?.arguments[index]?.location;
  return (
    textOf(argumentAttributes(entry, index)["jax.arg_info"]) ??
    (location?.kind === "name" ? location.name : undefined)
  );
}

function resultName(entry: Operation, index: number): string | undefined {
  const all = entry.attributes.res_attrs;
  const one = all?.kind === "array" ? all.elements[index] : undefined;
  const name = one?.kind === "dictionary" ? textOf(one.entries["jax.result_info"]) : undefined;
  return name || undefined;
}

const textOf = (attribute: Attribute | undefined): string | undefined =>
  attribute?.kind === "string" ? attribute.value : undefined;

function functionTypeOf(entry: Operation): { inputs: readonly Type[]; results: readonly Type[] } {
  const attribute = entry.attributes.function_type;
  if (attribute?.kind !== "type" || attribute.type.kind !== "function")
    throw new ProgramError("the entry has no type");
  return attribute.type;
}

function parameterOf(type: Type, name: string): Parameter {
  if (type.kind !== "tensor") throw new ProgramError(`${name} is a ${type.kind}; only arrays can be passed`);
  return { name, element: storedElement(type, name), shape: type.shape };
}

/** Quantized arrays are passed as the integers that store them. */
function storedElement({ element }: TensorType, name: string): Element {
  if (isElement(element)) return element;
  if (isQuantized(element)) return element.storage;
  throw new ProgramError(`${name} has elements of type ${String(element)}, which cannot be passed`);
}
