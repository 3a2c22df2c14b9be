import { expect, test } from "vitest";
import { check, importsOf, type Layers } from "../layers.ts";

const layers: Layers = {
  packages: { "@hloom/ir": [], "@hloom/backend": ["@hloom/ir"] },
  folders: {
    "packages/ir/src": {
      model: [],
      "reference/tensor": ["model"],
      reference: ["model", "reference/tensor"],
      index: "*",
    },
  },
  portable: ["packages/ir/src"],
};
const ir = { name: "@hloom/ir", dependencies: [] };
const problems = (file: string, text: string, owner: { name: string; dependencies: string[] } = ir) =>
  check(layers, [{ file, text, owner }]);

test("imports of every form are found with their line", () => {
  const text = `import a from "./a.ts";\nimport type {\n  B,\n} from "b";\nexport * from "./c.ts";\nconst d = await import("d");\nimport "./e.ts";\nexport const f = "g";\n`;
  expect(importsOf(text)).toEqual([
    { name: "./a.ts", line: 1 },
    { name: "b", line: 4 },
    { name: "./c.ts", line: 5 },
    { name: "d", line: 6 },
    { name: "./e.ts", line: 7 },
  ]);
});

test("a lower layer may not import a higher one", () => {
  expect(problems("packages/ir/src/model/type.ts", `import "../reference/run.ts";`)).toEqual([
    "packages/ir/src/model/type.ts:1: model may not import reference",
  ]);
  expect(problems("packages/ir/src/reference/run.ts", `import "../model/type.ts"; `)).toEqual([]);
});

test("the longest matching layer wins", () => {
  expect(problems("packages/ir/src/reference/tensor.ts", `import "./run.ts";`)).toEqual([
    "packages/ir/src/reference/tensor.ts:1: reference/tensor may not import reference",
  ]);
});

test("a layer may name its files", () => {
  const named: Layers = {
    ...layers,
    folders: {
      "packages/ir/src": {
        shapes: { files: ["ops/dot"], imports: [] },
        ops: ["shapes", "kernel"],
        kernel: ["shapes"],
      },
    },
  };
  const from = (file: string, text: string) => check(named, [{ file, text, owner: ir }]);
  expect(from("packages/ir/src/kernel/dot.ts", `import "../ops/dot.ts";`)).toEqual([]);
  expect(from("packages/ir/src/ops/dot.ts", `import "../kernel/dot.ts";`)).toEqual([
    "packages/ir/src/ops/dot.ts:1: shapes may not import kernel",
  ]);
});

test("a relative import may not leave its package", () => {
  expect(problems("packages/ir/src/index.ts", `import "../../backend/src/index.ts";`)).toEqual([
    "packages/ir/src/index.ts:1: leaves packages/ir/src",
  ]);
});

test("portable code may not use Node", () => {
  expect(problems("packages/ir/src/model/type.ts", `import fs from "node:fs";`)).toEqual([
    "packages/ir/src/model/type.ts:1: uses node:fs, but must run without Node",
  ]);
});

test("a file that puts a product together may see more than its package", () => {
  const assembling: Layers = { ...layers, assemblies: { "packages/ir/src/index.ts": ["@hloom/backend"] } };
  const from = (file: string) => check(assembling, [{ file, text: `import "@hloom/backend";`, owner: ir }]);
  expect(from("packages/ir/src/index.ts")).toEqual([]);
  expect(from("packages/ir/src/model/a.ts")).toHaveLength(1);
});

test("packages import along their edges, and only what they declare", () => {
  const backend = { name: "@hloom/backend", dependencies: ["@hloom/ir", "picocolors"] };
  expect(problems("packages/backend/src/a.ts", `import "@hloom/ir";\nimport "picocolors";`, backend)).toEqual(
    [],
  );
  expect(problems("packages/ir/src/model/a.ts", `import "@hloom/backend/kit";`)).toEqual([
    "packages/ir/src/model/a.ts:1: @hloom/ir may not import @hloom/backend",
  ]);
  expect(problems("packages/backend/src/a.ts", `import "left-pad";`, backend)).toEqual([
    "packages/backend/src/a.ts:1: left-pad is not a dependency of @hloom/backend",
  ]);
});
