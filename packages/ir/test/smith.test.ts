/** Generated programs: a few of what `pnpm --filter @hloom/ir fuzz:generate` makes many of. */
import { describe, expect, test } from "vitest";
import { smith, walk, writeText } from "../src/index.ts";
import { complaintAbout } from "./generated.ts";

describe("generated programs", () => {
  test("the same seed makes the same program", () => {
    expect(writeText(smith.generateModule(7))).toBe(writeText(smith.generateModule(7)));
  });

  test("most ops with a meaning are among them", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 150; seed++) {
      walk(smith.generateModule(seed).operation, ({ name }) => seen.add(name));
    }
    const missing = smith.generatedOps.filter(({ name }) => !seen.has(name));
    expect(missing.length / smith.generatedOps.length).toBeLessThan(0.15);
  });

  test("keep what must hold", () => {
    const complaints = Array.from({ length: 60 }, (_, seed) => complaintAbout(seed));
    expect(complaints.filter((complaint) => complaint !== undefined)).toEqual([]);
  });

  test("shrink to what fails", () => {
    const has = (name: string) => (module: Parameters<typeof writeText>[0]) =>
      writeText(module).includes(`stablehlo.${name} `);
    const seed = Array.from({ length: 400 }, (_, i) => i).find((i) =>
      has("transpose")(smith.generateModule(i)),
    )!;
    const smallest = smith.shrinkModule(smith.generateModule(seed), has("transpose"));
    expect(
      writeText(smallest)
        .split("\n")
        .filter((line) => line.includes("stablehlo.")).length,
    ).toBe(1);
  });
});
