/** Quantized programs as arithmetic: the same results, bit by bit, without any quantized type. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  allocate,
  type CheckOutcome,
  type Datum,
  DYNAMIC,
  functionsOf,
  functionType,
  hasQuantizedTypes,
  isElement,
  isFloat,
  isInteger,
  isQuantized,
  prepare,
  quantToMath,
  readText,
  sizeOf,
  type Type,
  type VerifiedModule,
  verify,
} from "../src/index.ts";
import { namesIn, root, textAt } from "./data.ts";
import { describeData } from "./suite.ts";

function foldersIn(folder: string): string[] {
  const path = join(root, folder);
  const entries = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
}

/** Numbers between 0 and 1, the same in every run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Convolutions of more take the evaluator too long. */
const maximumElements = 10000;

/** A value of the type with 2 for unknown sizes, or undefined when the type has no values here. */
function valueFor(type: Type, next: () => number): Datum | undefined {
  if (type.kind !== "tensor") return undefined;
  const shape = type.shape.map((size) => (size === DYNAMIC ? 2 : size));
  const quantized = isQuantized(type.element) ? type.element : undefined;
  const element = quantized?.storage ?? type.element;
  if (!isElement(element) || (!isInteger(element) && !isFloat(element)) || /^(b?f16|f[468])/.test(element))
    return undefined;
  if (sizeOf(shape) > maximumElements) return undefined;
  const data = allocate(element, sizeOf(shape));
  const [low, high] = quantized
    ? [Math.max(-100, Number(quantized.storageMin)), Math.min(100, Number(quantized.storageMax))]
    : [0, 1];
  for (let i = 0; i < data.length; i++) {
    const value = isFloat(element) ? 6 * next() - 3 : Math.round(low + (high - low) * next());
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : value;
  }
  return { type: { kind: "tensor", shape, element }, data };
}

/** Results of every function that takes what we can make; undefined for those that do not run. */
function outcomes(module: VerifiedModule, signatures: VerifiedModule): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const [name, func] of functionsOf(signatures)) {
    const next = sequence(1);
    const args = functionType(func).inputs.map((type) => valueFor(type, next));
    if (args.every((arg) => arg !== undefined)) found.set(name, outcome(module, name, args));
  }
  return found;
}

function outcome(module: VerifiedModule, name: string, args: readonly Datum[]): string | undefined {
  const failures: string[] = [];
  const onCheck = ({ failure }: CheckOutcome) => failure !== undefined && failures.push(failure);
  try {
    const results = prepare(module, { onCheck, maxSteps: 1e6 }).call(name, args);
    // A check has no result here, where upstream gives it one.
    const values = results.map((result) => (result && "data" in result ? result.data.join() : ""));
    return [...values, ...failures].join("; ");
  } catch {
    return undefined;
  }
}

const folders = [
  "orig/stablehlo/testdata/quantized",
  ...foldersIn("cases/stablehlo/testdata/quantized"),
  ...foldersIn("cases/stablehlo/tests/interpret/quantized_ops"),
  "cases/stablehlo/tests/interpret/quantized_ops",
  "cases/stablehlo/tests/transforms/stablehlo_legalize_quant_to_int",
];

describeData("quantized programs", () => {
  const programs = folders.flatMap((folder) =>
    namesIn(folder, ".mlir").flatMap((name) => (name.includes(".large") ? [] : `${folder}/${name}.mlir`)),
  );
  test("mean the same as arithmetic", () => {
    const failures: string[] = [];
    let compared = 0;
    for (const path of programs) {
      const read = readText(textAt(path)!);
      const before = read.module && verify(read.module).module;
      if (!before || !hasQuantizedTypes(before)) continue;
      const after = verify(quantToMath(before));
      if (!after.module || hasQuantizedTypes(after.module)) {
        failures.push(
          `${path}: ${after.diagnostics[0]?.op} ${after.diagnostics[0]?.message ?? "still quantized"}`,
        );
        continue;
      }
      const [expected, actual] = [outcomes(before, before), outcomes(after.module, before)];
      for (const [name, outcome] of expected) {
        if (outcome === undefined) continue;
        compared++;
        if (actual.get(name) !== outcome) failures.push(`${path} @${name}`);
      }
    }
    expect(failures).toEqual([]);
    expect(compared).toBeGreaterThan(100);
  });
});
