/** Generated programs: a few of what `pnpm --filter @hloom/ir fuzz` makes many of. */
import { describe, expect, test } from "vitest";
import {
  bodyOf,
  chlo,
  entryFunction,
  functionType,
  smith,
  stablehlo,
  walk,
  writeText,
} from "../src/index.ts";
import { complaintAbout } from "./generated.ts";

/** Whether a program of nothing but the op holds it, for one of some seeds. */
function isMade(definition: (typeof smith.generatedOps)[number]): boolean {
  for (let seed = 0; seed < 60; seed++) {
    let found = false;
    walk(smith.generateModule(seed, { ops: [definition], size: 4 }).operation, ({ name }) => {
      found ||= name === definition.name;
    });
    if (found) return true;
  }
  return false;
}

describe("generated programs", () => {
  test("the same seed makes the same program", () => {
    expect(writeText(smith.generateModule(7))).toBe(writeText(smith.generateModule(7)));
  });

  test("every op that can be evaluated is among them, but for those that are left out with a reason", () => {
    expect(smith.generatedOps.filter((definition) => !isMade(definition)).map(({ name }) => name)).toEqual(
      [],
    );
    const evaluated = [...Object.values(stablehlo), ...Object.values(chlo)].filter(
      ({ evaluate }) => evaluate,
    );
    // And func.call.
    expect(smith.generatedOps.length + Object.keys(smith.leftOut).length).toBe(evaluated.length + 1);
  });

  test("keep what must hold", async () => {
    const complaints = await Promise.all(Array.from({ length: 60 }, (_, seed) => complaintAbout(seed)));
    expect(complaints.filter((complaint) => complaint !== undefined)).toEqual([]);
  });

  test("some leave dimensions open", () => {
    const open = Array.from({ length: 60 }, (_, seed) =>
      writeText(smith.generateModule(seed, { dynamic: 1 })),
    );
    expect(open.filter((text) => text.includes("<?")).length).toBeGreaterThan(30);
  });

  test("of some elements only", () => {
    const elements = ["i32", "i1"] as const;
    for (let seed = 0; seed < 40; seed++) {
      const text = writeText(smith.generateModule(seed, { elements }));
      expect(
        text.match(/[x<](f\d+|bf16|complex|u?i(?!1>|32>)\d+)[^>]*>/g)?.filter((type) => !/i64/.test(type)) ??
          [],
      ).toEqual([]);
    }
  });

  test("shrink to what fails, with the values that it had", async () => {
    const hasTranspose = ({ module }: smith.Sample) =>
      bodyOf(entryFunction(module)!.regions[0]!).operations.some(
        ({ name }) => name === "stablehlo.transpose",
      );
    let seed = 0;
    while (!hasTranspose(smith.generateSample(seed))) seed++;
    const small = await smith.shrink(smith.generateSample(seed), hasTranspose);
    const lines = writeText(small.module).split("\n");
    expect(lines.filter((line) => line.includes("stablehlo.")).length).toBe(1);
    expect(small.args.map(({ type }) => type)).toEqual(functionType(entryFunction(small.module)!).inputs);
  });
});
