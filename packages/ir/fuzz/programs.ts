/**
 * `pnpm --filter @hloom/ir fuzz [first seed] [count]`: the properties of test/generated.ts over many generated programs, and
 * that of test/damage.ts over as many damaged ones of the data, where there is data.
 */
import { existsSync } from "node:fs";
import { complaint, corpus } from "../test/damage.ts";
import { root } from "../test/data.ts";
import { complaintAbout } from "../test/generated.ts";

const [first = 0, count = 10_000] = process.argv.slice(2).map(Number);
const artifacts = existsSync(root) ? corpus() : [];
const kinds = {
  generated: complaintAbout,
  ...(artifacts.length > 0 && { damaged: (seed: number) => complaint(artifacts, seed) }),
};
let complaints = 0;
for (const [kind, complaintOf] of Object.entries(kinds)) {
  const began = performance.now();
  let [wrong, memory] = [0, 0];
  for (let seed = first; seed < first + count; seed++) {
    const found = await complaintOf(seed);
    memory = Math.max(memory, process.memoryUsage.rss());
    if (!found) continue;
    wrong++;
    console.error(found);
  }
  complaints += wrong;
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const megabytes = (memory / 2 ** 20).toFixed(0);
  console.log(
    `${count} ${kind} programs from seed ${first} on: ${wrong} complaints, ${seconds} s, at most ${megabytes} MB`,
  );
}
process.exitCode = complaints > 0 ? 1 : 0;
