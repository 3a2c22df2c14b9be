/** The README's examples compile, run, and print what it says. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const here = import.meta.dirname;
const root = join(here, "../../..");

/** Each `ts` block with the `text` block that follows it. */
const examples = [
  ...readFileSync(join(here, "../README.md"), "utf8").matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs),
].map(([, code, output]) => ({ code: code!, output: output! }));

// Inside the package, where its own name resolves.
const folder = mkdtempSync(join(here, ".readme-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileOf = (index: number) => join(folder, `example${index}.ts`);
examples.forEach(({ code }, index) => writeFileSync(fileOf(index), code));

describe("README", () => {
  test("its examples compile", () => {
    const config = join(folder, "tsconfig.json");
    const settings = {
      extends: "../../../../tsconfig.check.json",
      include: ["*.ts"],
      compilerOptions: { types: ["node"] },
    };
    writeFileSync(config, JSON.stringify(settings));
    const { stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", config], { encoding: "utf8" });
    // Mistakes in what the examples import are for the type check of the repository to report.
    expect(stdout.split("\n").filter((line) => line.includes("example"))).toEqual([]);
  });

  test.each(examples.map(({ output }, index) => ({ index, output })))(
    "example $index",
    ({ index, output }) => {
      const printed = execFileSync(process.execPath, ["--conditions=@hloom/source", fileOf(index)], {
        encoding: "utf8",
      });
      expect(printed.trimEnd()).toBe(output.trimEnd());
    },
  );
});
