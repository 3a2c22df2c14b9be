/** Artifacts that we write against what other projects wrote and read: round trips, StableHLO's downgrades, jaxlib. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  currentVersion,
  defaultTarget,
  type Module,
  readBytecode,
  readModule,
  renderDiagnostic,
  verify,
  writeBytecode,
  writeText,
} from "../src/index.ts";
import { Cursor } from "../src/read/bytecode/cursor.ts";
import { Emitter } from "../src/write/bytecode/emitter.ts";
import { bytesAt, foldersIn, namesIn, root, textAt } from "./data.ts";
import { random } from "./mutate.ts";
import { isOlder, programs, roundTripComplaint, settled, targets } from "./round_trip.ts";
import { describeData } from "./suite.ts";

function moduleAt(path: string): Module {
  const { module, diagnostics } = readModule(bytesAt(path));
  if (!module) throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
  return module;
}

function written(module: Module, version: string): Uint8Array {
  const { bytes, diagnostics } = writeBytecode(module, { version });
  if (!bytes) throw new Error(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic)).join("\n"));
  return bytes;
}

/** The artifact op by op as it is, `vhlo.add_v1`. */
function verbatim(bytes: Uint8Array): string {
  return writeText(readBytecode(bytes, { verbatim: true, everything: true }).module!, { generic: true });
}

const versions = ["0.9.0", "1.0.0", "1.13.7", "1.17.0", "1.20.0"];
const artifacts = ["gen/jax_0_10_2_pjrt", "orig/stablehlo/tests/vhlo", "orig/jax_export_back_compat"].flatMap(
  (folder) => namesIn(folder, ".mlir.bc").map((name) => `${folder}/${name}.mlir.bc`),
);
const readable = artifacts.filter((path) => !path.includes("invalid_vhlo_future"));

describe("operations that VHLO has not", () => {
  it("are refused by name, whatever dialect they are of", () => {
    const { module } = readModule(`func.func private @g()
func.func @main() {
  %0 = func.constant @g : () -> ()
  func.call_indirect %0() : () -> ()
  return
}`);
    const { diagnostics } = writeBytecode(module!, { version: defaultTarget });
    expect(diagnostics.map(({ op, code }) => `${op} ${code}`)).toEqual([
      "func.constant bytecode/no-stable-form",
      "func.call_indirect bytecode/no-stable-form",
    ]);
  });
});

describeData("artifacts read, written and read again say the same", () => {
  it.each(readable)("%s", (path) => {
    const module = moduleAt(path);
    for (const version of versions) expect(roundTripComplaint(module, version)).toBeUndefined();
  });

  it("a program of the data at a version, drawn 200 times; `fuzz:write` takes all of both", () => {
    const [draw, all] = [random(20), programs()];
    for (let drawn = 0; drawn < 200; drawn++) {
      const [path, version] = [all[draw(all.length)]!, targets[draw(targets.length)]!];
      const { module } = readModule(bytesAt(path));
      if (module && verify(module).module)
        expect(roundTripComplaint(settled(module), version), path).toBeUndefined();
    }
  });

  /** Every tenth of StableHLO's test programs. */
  const testdata = namesIn("orig/stablehlo/testdata", ".mlir").filter((_, i) => i % 10 === 0);
  it(`${testdata.length} programs of StableHLO's testdata`, () => {
    for (const name of testdata) {
      const module = moduleAt(`orig/stablehlo/testdata/${name}.mlir`);
      for (const version of versions) expect(roundTripComplaint(module, version), name).toBeUndefined();
    }
  });
});

describeData("artifacts of each version of StableHLO, written for that version again", () => {
  const compendia = readable.filter((path) => /legalize_to_vhlo\.\d/.test(path));
  it.each(compendia)("%s has the same operations with the same attributes", (path) => {
    const bytes = bytesAt(path);
    const { module } = readBytecode(bytes);
    const version = module!.producer!.replace("StableHLO_v", "");
    const ours = written(module!, version);
    expect(ours[4]).toBe(bytes[4]);
    expect(readBytecode(ours).module!.producer).toBe(module!.producer);
    expect(verbatim(ours)).toBe(verbatim(bytes));
  });
});

describeData("StableHLO's downgrades", () => {
  const folder = "cases/stablehlo/tests/vhlo";
  const cases = [
    ...foldersIn(folder).flatMap((group) =>
      namesIn(`${folder}/${group}`, ".mlir").map((name) => `${folder}/${group}/${name}.mlir`),
    ),
    ...namesIn("orig/stablehlo/tests/vhlo", ".mlir").map((name) => `orig/stablehlo/tests/vhlo/${name}.mlir`),
  ].filter((path) => path.includes("vhlo_to_version_downgrade"));

  it.each(cases)("%s", (path) => {
    const text = textAt(path)!;
    const named = /downgrade(?:_invalid)?\.(\d+)_(\d+)_(\d+)/.exec(path);
    const version = named ? named.slice(1).join(".") : /target=([\d.]+)/.exec(text)![1]!;
    const { bytes, diagnostics } = writeBytecode(moduleAt(path), { version });
    const illegal = [...text.matchAll(/legalize operation(?: 'vhlo\.(.+)_v\d+')?/g)].map(([, name]) => name);
    if (illegal.length === 0) {
      expect(diagnostics).toEqual([]);
      const ops = verbatim(bytes!);
      for (const [, op] of text.matchAll(/\/\/ CHECK(?:-\w+)?: *"?(vhlo\.\w+)/g))
        expect(ops).toContain(`${op}"`);
      return;
    }
    expect(bytes).toBeUndefined();
    for (const name of illegal) {
      const found = diagnostics.filter(({ op }) => name === undefined || op?.split(".")[1] === name);
      expect(found[0]).toMatchObject({ code: "bytecode/target", message: expect.stringContaining(version) });
      const needed = /needs VHLO ([\d.]+)/.exec(found[0]!.message)![1]!;
      expect(isOlder(version, needed)).toBe(true);
    }
  });
});

describeData("what StableHLO cannot say in VHLO", () => {
  const folder = "cases/stablehlo/tests/vhlo/legalize_stablehlo_to_vhlo_invalid";
  it.each(namesIn(folder, ".mlir"))("%s", (name) => {
    const { bytes, diagnostics } = writeBytecode(moduleAt(`${folder}/${name}.mlir`));
    expect(bytes).toBeUndefined();
    const [, op] = /legalize operation '(.+?)'/.exec(textAt(`${folder}/${name}.mlir`)!)!;
    expect(diagnostics).toMatchObject([{ code: "bytecode/no-vhlo-form", op }]);
  });
});

const python = join(import.meta.dirname, "../../../.hloom/python/bin/python");
/** A hundred programs of all kinds; `pnpm --filter @hloom/ir oracle` takes all of them. */
const sample = readable
  .filter((path) => !path.includes("/vhlo/"))
  .filter((_, i, all) => i % Math.ceil(all.length / 100) === 0);

describe.skipIf(!existsSync(python) || !existsSync(root))("jaxlib reads what we write", () => {
  it(`${sample.length} artifacts of JAX, as it reads its own`, { timeout: 60_000 }, () => {
    const work = mkdtempSync(join(tmpdir(), "hloom-jaxlib-"));
    try {
      sample.forEach((path, i) => {
        const module = moduleAt(path);
        writeFileSync(join(work, `${i}.bc`), written(module, defaultTarget));
        writeFileSync(join(work, `${i}.mlir`), writeText(module, { generic: true, locations: true }));
      });
      const oracle = join(import.meta.dirname, "../tools/oracle.py");
      const { stdout } = spawnSync(python, [oracle, work, defaultTarget], { encoding: "utf8" });
      const [, identical, same] =
        /^(\d+) identical, (\d+) same, 0 different, 0 failed, 0 failed alike$/m.exec(stdout) ?? [stdout];
      expect(Number(identical) + Number(same), stdout).toBe(sample.length);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});

describe("the options", () => {
  const { module } = readModule(`
    func.func @main(%a: tensor<2xi1> loc("a")) -> tensor<2xi1> {
      %0 = stablehlo.not %a : tensor<2xi1> loc("model.py":3:5)
      return %0 : tensor<2xi1>
    }`);

  it.each(["", "latest", "1.2", "0.8.0", "0.21.0", "1.21.0", "1.20.1", "2.0.0", "01.0.0"])(
    "there is no version '%s'",
    (version) => {
      const { bytes, diagnostics } = writeBytecode(module!, { version });
      expect(bytes).toBeUndefined();
      expect(diagnostics).toMatchObject([{ code: "bytecode/unknown-version" }]);
    },
  );

  it.each([defaultTarget, currentVersion, "1.8.3", "0.9.0"])("%s is a version", (version) => {
    expect(readBytecode(written(module!, version)).module!.producer).toBe(`StableHLO_v${version}`);
  });

  it("can leave locations out", () => {
    const { bytes } = writeBytecode(module!, { locations: false });
    expect(new TextDecoder("latin1").decode(bytes)).not.toContain("model.py");
    expect(writeText(readBytecode(bytes!).module!)).toBe(writeText(module!));
  });

  it("refuses ops that have no stable form, each by its name", () => {
    const { module: unstable } = readModule(`
      func.func @main(%a: tensor<f32>) -> tensor<f32> {
        %0 = chlo.erf %a : tensor<f32> -> tensor<f32>
        return %0 : tensor<f32>
      }`);
    expect(writeBytecode(unstable!).diagnostics).toMatchObject([
      { code: "bytecode/no-stable-form", op: "chlo.erf" },
    ]);
  });
});

describe("numbers", () => {
  it("of every length are read as they were written", () => {
    const numbers = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).flatMap((power) => [
      power - 1n,
      power,
    ]);
    const emitter = new Emitter();
    for (const number of numbers) {
      emitter.bigVarint(number);
      emitter.signed(-number);
      if (number <= Number.MAX_SAFE_INTEGER) emitter.varint(Number(number));
    }
    const cursor = new Cursor(emitter.bytes);
    for (const number of numbers) {
      expect(cursor.bigVarint()).toBe(number);
      expect(cursor.bigSigned()).toBe(-number);
      if (number <= Number.MAX_SAFE_INTEGER) expect(cursor.varint()).toBe(Number(number));
    }
    expect(cursor.done).toBe(true);
  });
});
