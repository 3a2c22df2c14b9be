/** `pnpm --filter @hloom/ir fuzz [first seed] [count]`: the property of test/mutation.test.ts over more seeds. */
import { complaint, corpus } from "../test/damage.ts";

const [first = 0, count = 10_000] = process.argv.slice(2).map(Number);
const artifacts = corpus();
let complaints = 0;
for (let seed = first; seed < first + count; seed++) {
  const found = complaint(artifacts, seed);
  if (!found) continue;
  complaints++;
  console.error(found);
}
console.log(`${count} damaged programs from seed ${first} on, ${complaints} complaints`);
process.exitCode = complaints > 0 ? 1 : 0;
