/** `pnpm --filter @hloom/ir fuzz:write`: test/round_trip.ts for every program of the data at every version. */
import { readModule, verify } from "../src/index.ts";
import { bytesAt } from "../test/data.ts";
import { programs, roundTripComplaint, settled, targets } from "../test/round_trip.ts";

let [written, refused, complaints] = [0, 0, 0];
for (const path of programs()) {
  const { module } = readModule(bytesAt(path));
  if (!module || !verify(module).module) continue;
  const program = path.endsWith(".bc") ? module : settled(module);
  for (const version of targets) {
    let here = 1;
    const complaint = roundTripComplaint(program, version, () => {
      here = 0;
    });
    written += here;
    refused += 1 - here;
    if (complaint === undefined) continue;
    complaints++;
    console.error(`${path}: ${complaint}`);
  }
}
console.log(`${written} artifacts, ${refused} refused for their version, ${complaints} complaints`);
process.exitCode = complaints > 0 ? 1 : 0;
