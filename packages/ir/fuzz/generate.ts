/** `pnpm --filter @hloom/ir fuzz:generate [first seed] [count]`: the properties of test/generated.ts over many programs. */
import { complaintAbout } from "../test/generated.ts";

const [first = 0, count = 2000] = process.argv.slice(2).map(Number);
let complaints = 0;
for (let seed = first; seed < first + count; seed++) {
  const found = complaintAbout(seed);
  if (!found) continue;
  complaints++;
  console.error(found);
}
console.log(`${count} generated programs from seed ${first} on, ${complaints} complaints`);
process.exitCode = complaints > 0 ? 1 : 0;
