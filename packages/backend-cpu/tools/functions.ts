/**
 * How fast vector functions are, in billions of elements per second on 64 kB in cache: `tsx --conditions=@hloom/source
 * packages/backend-cpu/tools/functions.ts [name…]`. HLOOM_CPU_WIDE=1 has the wide vectors.
 */
import { hasFusedMultiplyAdd } from "../src/wasm/features.ts";
import { type FunctionName, functions } from "../src/wasm/math/index.ts";
import { compileProbes } from "../src/wasm/probe.ts";
import { type Float, laneBytes } from "../src/wasm/vector.ts";
import { Floats } from "../src/wasm/vector_lanes.ts";
import { requestedWide } from "../src/wasm/wide.ts";

const bytes = 65536;
const rounds = 2000;

/** Elements of each function's usual range. */
function inputOf(lane: Float): Uint8Array<ArrayBuffer> {
  const values = Array.from(
    { length: bytes / laneBytes[lane] },
    (_, i) => ((i * 7919) % 4093) / 4093 + 0.001,
  );
  return new Uint8Array((lane === "f32" ? Float32Array : Float64Array).from(values).buffer);
}

/** The best of many rounds: others use the machine too. */
function speedOf(name: FunctionName, lane: Float): number {
  const input = { lane, scale: 1 };
  const [runner] = compileProbes(
    [
      {
        inputs: [input, input],
        batch: 32 / laneBytes[lane],
        build: (graph, [a, b]) => functions[name](new Floats(graph, lane), a!, b!),
      },
    ],
    { fma: hasFusedMultiplyAdd() },
  );
  const elements = bytes / laneBytes[lane];
  runner!.run([inputOf(lane), inputOf(lane)], elements);
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    runner!.again();
    best = Math.min(best, performance.now() - began);
  }
  return elements / best / 1e6;
}

const wide = requestedWide();
console.log(wide?.enabled === false ? wide.reason : `${wide ? 256 : 128}-bit vectors, Gelem/s`);
const asked = process.argv.slice(2);
for (const name of Object.keys(functions) as FunctionName[]) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const speeds = (["f32", "f64"] as const).map((lane) => `${lane} ${speedOf(name, lane).toFixed(2)}`);
  console.log(`${name.padEnd(28)} ${speeds.join("  ")}`);
}
