/**
 * Two f64 arrays, the real and the imaginary parts, for each value of complex<f64>, which MLX does not have. Operations that
 * move elements are done twice, bodies take and give both parts; the program's own inputs and outputs stay what they are,
 * and are taken apart and joined at its ends. What computes has become arithmetic on parts before (`rules/complex.ts`).
 */
import {
  type Attribute,
  append,
  appendBlock,
  type Block,
  bytesOf,
  createBlock,
  createOperation,
  createRegion,
  entryFunction,
  functionType,
  type Module,
  type Operation,
  type Region,
  structuredBlocks,
  type TensorType,
  type Type,
  topLevel,
  type Value,
  viewOf,
  walk,
} from "@hloom/ir";
import { isWide } from "./rules/complex.ts";

/** The module itself when it has no complex<f64>. */
export function inParts(module: Module): Module {
  if (!hasWide(module)) return module;
  const { location, attributes } = module.operation;
  const splitter = new Splitter(entryFunction(module));
  const body = createBlock();
  for (const operation of topLevel(module)) append(body, splitter.func(operation));
  const operation = createOperation("builtin.module", {
    regions: [createRegion(body)],
    attributes,
    location,
  });
  return { ...module, operation };
}

function hasWide(module: Module): boolean {
  let found = false;
  walk(module.operation, ({ results, regions }) => {
    found ||= results.some(({ type }) => isWide(type));
    for (const block of regions.flatMap(({ blocks }) => blocks))
      found ||= block.arguments.some(({ type }) => isWide(type));
  });
  return found;
}

/** Done once for each part. */
const twice: ReadonlySet<string> = new Set(
  [
    "reshape", "transpose", "broadcast_in_dim", "broadcast", "slice", "concatenate", "reverse", "dynamic_slice",
    "dynamic_update_slice", "pad", "gather", "select", "bitcast_convert",
  ].map((mnemonic) => `stablehlo.${mnemonic}`), // biome-ignore format: a list
);

/** Takes and gives whole complex numbers: the runtime has them for these. */
const whole: ReadonlySet<string> = new Set([
  "mlx.evaluate",
  "stablehlo.custom_call",
  "stablehlo.fft",
  "stablehlo.cholesky",
  "stablehlo.triangular_solve",
]);

const partType = (type: Type): Type => ({ ...(type as TensorType), element: "f64" });
const flatTypes = (types: readonly Type[]): Type[] =>
  types.flatMap((type) => (isWide(type) ? [partType(type), partType(type)] : [type]));
const typesOf = (values: readonly Value[]): Type[] => values.map(({ type }) => type);

class Splitter {
  private readonly entry: Operation | undefined;
  private readonly values = new Map<Value, readonly Value[]>();

  constructor(entry: Operation | undefined) {
    this.entry = entry;
  }

  func(operation: Operation): Operation {
    if (operation.name !== "func.func") return operation;
    const { location } = operation;
    const isEntry = operation === this.entry;
    const regions = operation.regions.map((region) => this.region(region, isEntry));
    const attributes = { ...operation.attributes };
    if (!isEntry) {
      const { inputs, results } = functionType(operation);
      const type = { kind: "function", inputs: flatTypes(inputs), results: flatTypes(results) } as const;
      attributes.function_type = { kind: "type", type };
      // They go by position, and say nothing that a function which only this module calls would need.
      delete attributes.arg_attrs;
      delete attributes.res_attrs;
    }
    return createOperation("func.func", { regions, attributes, location });
  }

  private region(region: Region, isEntry = false): Region {
    const target = createRegion();
    for (const source of structuredBlocks(region)) {
      const types = typesOf(source.arguments);
      const block = createBlock(isEntry ? types : flatTypes(types));
      let at = 0;
      for (const argument of source.arguments) {
        if (!isWide(argument.type) || isEntry) this.values.set(argument, [block.arguments[at++]!]);
        else this.values.set(argument, [block.arguments[at++]!, block.arguments[at++]!]);
      }
      if (isEntry)
        for (const argument of source.arguments)
          if (isWide(argument.type)) this.values.set(argument, apart(block, this.of(argument)[0]!));
      appendBlock(target, block);
      for (const operation of source.operations) this.copy(block, operation, isEntry);
    }
    return target;
  }

  /** Takes two elements of the first operand, then two of the second, and so on: also where those are parts of one. */
  private comparator(region: Region): Region {
    const target = createRegion();
    for (const source of structuredBlocks(region)) {
      const block = createBlock(flatTypes(typesOf(source.arguments)));
      let at = 0;
      for (let i = 0; i < source.arguments.length; i += 2) {
        const width = isWide(source.arguments[i]!.type) ? 2 : 1;
        for (const side of [0, 1]) {
          const parts = Array.from({ length: width }, (_, part) => block.arguments[at + 2 * part + side]!);
          this.values.set(source.arguments[i + side]!, parts);
        }
        at += 2 * width;
      }
      appendBlock(target, block);
      for (const operation of source.operations) this.copy(block, operation, false);
    }
    return target;
  }

  private of(value: Value): readonly Value[] {
    const parts = this.values.get(value);
    if (!parts) throw new Error("a value is used before its definition");
    return parts;
  }

  private copy(block: Block, operation: Operation, isEntry: boolean): void {
    const { name, operands, results } = operation;
    const set = (parts: readonly (readonly Value[])[]) =>
      results.forEach((result, i) => {
        this.values.set(result, parts[i]!);
      });
    const touches = [...operands, ...results].some(({ type }) => isWide(type));
    if (touches && name === "stablehlo.real") set([[this.of(operands[0]!)[0]!]]);
    else if (touches && name === "stablehlo.imag") set([[this.of(operands[0]!)[1]!]]);
    else if (touches && name === "stablehlo.complex") set([operands.flatMap((value) => this.of(value))]);
    else if (touches && name === "stablehlo.constant") set([constants(block, operation)]);
    else if (touches && twice.has(name)) set([this.twice(block, operation)]);
    else if (touches && (whole.has(name) || (isEntry && name === "func.return")))
      set(this.whole(block, operation));
    else set(this.flat(block, operation));
  }

  private twice(block: Block, operation: Operation): Value[] {
    const results = operation.results.map(({ type }) => partType(type));
    return [0, 1].map((part) => {
      const operands = operation.operands.map((value) => {
        const parts = this.of(value);
        return parts[part] ?? parts[0]!;
      });
      return emit(block, operation, operands, results).results[0]!;
    });
  }

  private whole(block: Block, operation: Operation): (readonly Value[])[] {
    const operands = operation.operands.map((value) => {
      const parts = this.of(value);
      if (!isWide(value.type)) return parts[0]!;
      const init = { operands: parts, results: [value.type], location: operation.location };
      return append(block, createOperation("stablehlo.complex", init)).results[0]!;
    });
    return emit(block, operation, operands, typesOf(operation.results)).results.map((value) =>
      isWide(value.type) ? apart(block, value) : [value],
    );
  }

  /** Both parts side by side, in operands, results and regions. */
  private flat(block: Block, operation: Operation): (readonly Value[])[] {
    const regions = operation.regions.map((region) =>
      operation.name === "stablehlo.sort" ? this.comparator(region) : this.region(region),
    );
    const operands = operation.operands.flatMap((value) => this.of(value));
    const { results } = emit(block, operation, operands, flatTypes(typesOf(operation.results)), regions);
    let at = 0;
    return operation.results.map(({ type }) =>
      isWide(type) ? [results[at++]!, results[at++]!] : [results[at++]!],
    );
  }
}

function emit(
  block: Block,
  { name, attributes, location }: Operation,
  operands: readonly Value[],
  results: readonly Type[],
  regions: readonly Region[] = [],
): Operation {
  return append(block, createOperation(name, { operands, results, attributes, regions, location }));
}

function apart(block: Block, value: Value): Value[] {
  const results = [partType(value.type)];
  return ["stablehlo.real", "stablehlo.imag"].map(
    (name) => append(block, createOperation(name, { operands: [value], results })).results[0]!,
  );
}

function constants(block: Block, operation: Operation): Value[] {
  const attribute: Attribute | undefined = operation.attributes.value;
  if (attribute?.kind !== "dense") throw new Error("a complex constant has elements");
  const numbers = viewOf("f64", attribute.data) as Float64Array;
  const type = partType(operation.results[0]!.type) as TensorType;
  return [0, 1].map((part) => {
    const data = bytesOf(numbers.filter((_, i) => i % 2 === part));
    const attributes = { value: { kind: "dense", type, data, splat: attribute.splat } } as const;
    return append(block, createOperation("stablehlo.constant", { results: [type], attributes })).results[0]!;
  });
}
