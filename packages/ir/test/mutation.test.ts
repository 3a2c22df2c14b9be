/** Damaged programs, bytes and texts, end in a module or in diagnostics: nothing is thrown, nothing takes long, nothing eats memory. */
import { expect, it } from "vitest";
import { complaint, corpus } from "./damage.ts";
import { describeData } from "./suite.ts";

const count = 1000;

describeData("damaged programs", () => {
  it(`${count} of them end in a module or in diagnostics`, () => {
    const artifacts = corpus();
    const before = process.memoryUsage().rss;
    const complaints: string[] = [];
    for (let seed = 0; seed < count; seed++) {
      const found = complaint(artifacts, seed);
      if (found) complaints.push(found);
    }
    expect(complaints).toEqual([]);
    expect(process.memoryUsage().rss - before).toBeLessThan(1e9);
  });
});
