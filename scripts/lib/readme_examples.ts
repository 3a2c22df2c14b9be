/** Tests of a README: its `ts` blocks compile; those that a `text` block follows print it. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./process.ts";

interface Example {
  readonly code: string;
  /** What it prints. Blocks marked `ts no-run` need files that are not there. */
  readonly output?: string;
}

function examplesIn(text: string): Example[] {
  const blocks = text.matchAll(/```ts( no-run)?\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs);
  return [...blocks].flatMap(([, still, code, output]) => {
    if (still) return [{ code: code! }];
    return output === undefined ? [] : [{ code: code!, output }];
  });
}

/** Call it in a test file of the package, with the folder of that file: there the package's own name resolves. */
export function testReadme(testFolder: string): void {
  const examples = examplesIn(readFileSync(join(testFolder, "../README.md"), "utf8"));
  const folder = mkdtempSync(join(testFolder, ".readme-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const fileOf = (index: number) => join(folder, `example${index}.ts`);
  examples.forEach(({ code }, index) => writeFileSync(fileOf(index), code));

  describe("README", () => {
    test("its examples compile", () => {
      const config = join(folder, "tsconfig.json");
      const settings = {
        extends: join(root, "tsconfig.check.json"),
        include: ["*.ts"],
        compilerOptions: { types: ["node"] },
      };
      writeFileSync(config, JSON.stringify(settings));
      const tsc = join(root, "node_modules/.bin/tsc");
      const { stdout } = spawnSync(tsc, ["-p", config], { encoding: "utf8" });
      // Mistakes in what the examples import are for the type check of the repository to report.
      expect(stdout.split("\n").filter((line) => line.includes("example"))).toEqual([]);
    });

    const running = examples.flatMap(({ output }, index) =>
      output === undefined ? [] : [{ index, output }],
    );
    test.each(running)("example $index", ({ index, output }) => {
      const printed = execFileSync(process.execPath, ["--conditions=@hloom/source", fileOf(index)], {
        encoding: "utf8",
      });
      expect(printed.trimEnd()).toBe(output.trimEnd());
    });
  });
}
