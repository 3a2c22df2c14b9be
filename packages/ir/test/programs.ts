/** Runs whole programs by the declarations alone and compares with what JAX computed. */
import { entryFunction, functionType, type HostTensor, type Module } from "../src/model/index.ts";
import { readModule } from "../src/read/index.ts";
import { prepare } from "../src/reference/index.ts";
import { asTensor, valueType } from "../src/reference/tensor.ts";
import { verify } from "../src/verify/index.ts";
import { compare, type Tolerance } from "./compare.ts";
import { readNpz, tensorOfBytes } from "./npz.ts";

export function verifiedModule(input: Uint8Array | string) {
  const { module, diagnostics } = readModule(input);
  if (!module) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  const result = verify(module);
  if (!result.module)
    throw new Error(result.diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; "));
  return result.module;
}

/** Runs a program on `in0 …` of its `.npz` and compares with `out0 …`. */
export function runProgram(
  input: Uint8Array | string,
  npz: Uint8Array,
  tolerance: (type: HostTensor["type"], index: number) => Tolerance,
): string | undefined {
  const module = verifiedModule(input);
  const { inputs, results } = functionType(entryFunction(module as Module)!);
  const arrays = readNpz(npz);
  const args = inputs.map((type, i) => tensorOfBytes(arrays.get(`in${i}`)!, valueType(type)));
  const actual = prepare(module)(...args);
  for (const [i, type] of results.entries()) {
    const expected = tensorOfBytes(arrays.get(`out${i}`)!, valueType(type));
    const failure = compare(asTensor(actual[i]), expected, tolerance(expected.type, i));
    if (failure) return `out${i}: ${failure}`;
  }
  return undefined;
}
