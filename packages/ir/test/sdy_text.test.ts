/** Shardings as text and as Shardy's, against jaxlib; `fixtures/sdy_text.py` writes what it says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import {
  eraseShardings,
  exportShardings,
  functionsOf,
  importShardings,
  type Module,
  type RecordAttribute,
  readModule,
  verify,
  writeText,
} from "../src/index.ts";
import { meshOf, placement, type Sharding } from "../src/ops/mesh.ts";
import { readAttribute } from "../src/read/attribute_text.ts";
import { shardingFromXla, shardingToXla } from "../src/rewrite/sdy/notation.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name), "utf8");

function moduleOf(text: string): Module {
  const { module, diagnostics } = readModule(text);
  const verified = module && verify(module);
  expect([...diagnostics, ...(verified?.diagnostics ?? [])]).toEqual([]);
  return module!;
}

const text = fixture("sdy_text.mlir");
/** jaxlib has the rest of the import, which makes operations of custom calls, in another pass that it does not offer. */
const imported = fixture("sdy_text.imported.mlir").replace(
  /stablehlo\.custom_call @Sharding\((%\w+)\) \{sdy\.sharding = #sdy\.sharding_per_value<\[(.*?)\]>\} : \((\S+)\) -> \S+\n/,
  "sdy.sharding_constraint $1 $2 : $3\n",
);

describe("text that clients without Shardy write", () => {
  it("becomes what jaxlib makes of it", () => {
    expect(writeText(importShardings(moduleOf(text))).trim()).toBe(imported.trim());
  });

  it("is what is written of it again", () => {
    expect(writeText(exportShardings(moduleOf(imported))).trim()).toBe(text.trim());
  });

  it("is gone with Shardy when the program is for one device", () => {
    const module = eraseShardings(moduleOf(imported));
    expect(verify(module).diagnostics).toEqual([]);
    expect(writeText(module)).not.toContain("sdy.");
  });

  it("is refused when it cannot be read", () => {
    const broken = text.replace("#sdy.sharding<@mesh, [", "#sdy.sharding<@mesh, {");
    expect(() => importShardings(moduleOf(broken))).toThrow("has a sharding that cannot be read");
  });
});

describe("XLA's notation", () => {
  const lines = fixture("sdy_text.txt").trim().split("\n");
  const cases = lines.map((line) => line.split("\t") as [shardy: string, xla: string]);
  const operation = functionsOf(moduleOf(text)).get("main")!;

  /** Which part of each dimension every device has. */
  function parts(sharding: Sharding) {
    const mesh = meshOf(sharding, operation);
    const byDevice = new Map(mesh.deviceIds.map((id, place) => [id, placement(sharding, mesh, place)]));
    return Array.from({ length: 8 }, (_, id) => byDevice.get(id) ?? byDevice.get(0));
  }

  test.each(cases)("%s", (shardy, xla) => {
    const { attribute } = readAttribute(shardy);
    const sharding = (attribute as RecordAttribute).fields as unknown as Sharding;
    expect(shardingToXla(sharding, meshOf(sharding, operation))).toBe(xla);
    const read = shardingFromXla(xla, sharding.dim_shardings.length)!.fields as unknown as Sharding;
    expect(parts(read)).toEqual(parts(sharding));
  });

  it("lists devices that a mesh has in an order of its own", () => {
    const { attribute } = readAttribute(
      '#sdy.sharding<mesh<["a"=2, "b"=2], device_ids=[3, 1, 2, 0]>, [{"b"}, {}]>',
    );
    const sharding = (attribute as RecordAttribute).fields as unknown as Sharding;
    expect(shardingToXla(sharding, meshOf(sharding, operation))).toBe(
      "{devices=[2,1,2]3,2,1,0 last_tile_dim_replicate}",
    );
  });

  it("says of one device alone that it has everything, and nothing of what it cannot say", () => {
    const maximal = shardingFromXla("{maximal device=3}", 2)!.fields as unknown as Sharding;
    expect(shardingToXla(maximal, meshOf(maximal, operation))).toBe("{maximal device=3}");
    for (const other of ["{manual}", "{devices=[2,1]<=[3]}", "{devices=[2,2]<=[4] last_tile_dims={manual}}"])
      expect(shardingFromXla(other, 2)).toBeUndefined();
    const { attribute } = readAttribute('#sdy.sharding<mesh<["a"=2]>, [{}], unreduced={"a"}>');
    const unreduced = (attribute as RecordAttribute).fields as unknown as Sharding;
    expect(shardingToXla(unreduced, meshOf(unreduced, operation))).toBeUndefined();
  });

  it("leaves dimensions open that a constraint says nothing of", () => {
    const module = moduleOf(`func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) {backend_config = "unspecified_dims=[1]", mhlo.sharding = "{devices=[2,1]<=[2]}"} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}`);
    expect(writeText(importShardings(module))).toContain(
      'sdy.sharding_constraint %arg0 <mesh<["axis_0"=2]>, [{"axis_0"}, {?}]> : tensor<4x4xf32>',
    );
  });
});
