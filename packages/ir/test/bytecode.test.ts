/** Bytecode against what other projects wrote: JAX's artifacts, StableHLO's compendium of every version, jaxlib's files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Module,
  readBytecode,
  readText,
  renderDiagnostic,
  verify,
  walk,
  writeText,
} from "../src/index.ts";
import { bytesAt, namesIn, textAt } from "./data.ts";
import { describeData } from "./suite.ts";

function moduleOf(bytes: Uint8Array, options?: Parameters<typeof readBytecode>[1]): Module {
  const { module, diagnostics } = readBytecode(bytes, options);
  if (!module) throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
  return module;
}

function expectVerified(module: Module): void {
  const { diagnostics } = verify(module);
  expect(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic))).toEqual([]);
}

/** The module says what `text`, with aliases for its locations, says. */
function expectSame(module: Module, text: string): void {
  const twin = readText(text);
  expect(twin.diagnostics).toEqual([]);
  expect(writeText(module, { locations: true })).toBe(writeText(twin.module!, { locations: true }));
}

const folders = {
  "what JAX 0.10.2 hands a plugin": "gen/jax_0_10_2_pjrt",
  "every op as written by each version of StableHLO": "orig/stablehlo/tests/vhlo",
  "JAX's corpus of exports since 2023": "orig/jax_export_back_compat",
};

for (const [title, folder] of Object.entries(folders)) {
  describeData(title, () => {
    const names = namesIn(folder, ".mlir.bc").filter((name) => name !== "invalid_vhlo_future");

    it.each(names)("%s: every entry is decoded to its last byte", (name) => {
      moduleOf(bytesAt(`${folder}/${name}.mlir.bc`), { verbatim: true, everything: true });
    });

    it.each(names)("%s: prints as jaxlib prints it", (name) => {
      const module = moduleOf(bytesAt(`${folder}/${name}.mlir.bc`));
      expectVerified(module);
      walk(module.operation, ({ name: op }) => expect(op).not.toMatch(/^vhlo\.|unrealized_conversion_cast/));
      // jaxlib is older than the newest compendia; their text twins say the same.
      const golden =
        textAt(`golden/${folder}/${name}.mlir.bc.pretty`) ?? textAt(`golden/${folder}/${name}.mlir.pretty`);
      if (golden !== undefined) expect(writeText(module)).toBe(golden);
    });
  });
}

describeData("an artifact from the future", () => {
  it("is refused by the op that is not known", () => {
    const { module, diagnostics } = readBytecode(
      bytesAt("orig/stablehlo/tests/vhlo/invalid_vhlo_future.mlir.bc"),
    );
    expect(module).toBeUndefined();
    expect(diagnostics).toMatchObject([
      {
        code: "bytecode/unknown-op",
        op: "vhlo.constant_v99",
        notes: ["written by StableHLO_v2.0.0", expect.any(String)],
      },
    ]);
  });
});

describe("files that jaxlib wrote", () => {
  const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name));

  it.each([0, 1, 2, 3, 4, 5, 6])("builtin attributes in bytecode version %i", (version) => {
    expectSame(moduleOf(fixture(`builtin.v${version}.bc`)), fixture("builtin.mlir").toString());
  });

  it("sdy's ops and attributes, with locations", () => {
    expectSame(moduleOf(fixture("sdy.bc")), fixture("sdy.mlir").toString());
  });

  it("a serialized jax.export.Exported", () => {
    const module = moduleOf(fixture("exported.bin"));
    expectVerified(module);
    expect(module.producer).toMatch(/^StableHLO_v1\./);
    expectSame(module, fixture("exported.mlir").toString());
  });
});

describe("what is not an artifact", () => {
  const cases: Readonly<Record<string, [string, number[]]>> = {
    nothing: ["magic", []],
    text: ["magic", [..."module {}"].map((character) => character.charCodeAt(0))],
    "the magic alone": ["truncated", [0x4d, 0x4c, 0xef, 0x52]],
    "a newer container": ["newer-version", [0x4d, 0x4c, 0xef, 0x52, 0x0f, 0x58, 0x00]],
    "no sections": ["section", [0x4d, 0x4c, 0xef, 0x52, 0x0d, 0x58, 0x00]],
  };
  it.each(Object.entries(cases))("%s", (_, [code, bytes]) => {
    const { module, diagnostics } = readBytecode(Uint8Array.from(bytes));
    expect(module).toBeUndefined();
    expect(diagnostics).toMatchObject([
      { severity: "error", code: `bytecode/${code}`, offset: expect.any(Number) },
    ]);
  });
});
