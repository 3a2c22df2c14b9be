/**
 * `pnpm --filter @hloom/backend-xla functions [cases]`: every operation without an interpreter in StableHLO, on the
 * evaluator and on backend cpu, against XLA:CPU and JAX; exit code 1 when a case differs or an operation has too few.
 */

import { Device } from "@hloom/backend";
import { cpu } from "@hloom/backend-cpu";
import xla from "../src/index.ts";
import { Oracle } from "../src/oracle.ts";
import { functionCases, functions, generatedCases, operations } from "../test/functions.ts";

const [count = 12] = process.argv.slice(2).map(Number);
const bench = { xla: new Device(xla()), cpu: new Device(await cpu()), oracle: new Oracle() };
let failed = 0;
for (const run of [
  ...operations.map((definition) => () => generatedCases(definition, count, bench)),
  ...Object.keys(functions).map((name) => () => functionCases(name, count, bench)),
]) {
  const { name, cases, problems } = await run();
  console.log(`${name}: ${cases} cases, ${problems.length} problems`);
  for (const problem of problems.slice(0, 3)) console.error(problem);
  if (problems.length > 0 || cases < 5) failed++;
}
await bench.xla.close();
bench.oracle.close();
console.log(failed === 0 ? "all agree" : `${failed} operations fail`);
process.exitCode = failed === 0 ? 0 : 1;
