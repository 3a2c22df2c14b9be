/** The memory of all values: blocks are reused, what has no room is refused, and a memory that nobody shares may move. */
import { Device } from "@hloom/backend";
import { type HostTensor, readModule, verify } from "@hloom/ir";
import { describe, expect, test, vi } from "vitest";
import { Arena } from "../src/arena.ts";

describe("an arena", () => {
  test("gives blocks that do not overlap and start at cache lines", () => {
    const arena = new Arena();
    const blocks = [1, 64, 65, 4096, 0].map((bytes) => arena.allocate(bytes));
    for (const { address } of blocks) expect(address % 64).toBe(0);
    for (const [i, one] of blocks.entries())
      for (const other of blocks.slice(i + 1))
        expect(one.address + one.bytes).toBeLessThanOrEqual(other.address);
  });

  test("joins what is free again", () => {
    const arena = new Arena();
    const [a, b, c, last] = [1024, 2048, 4096, 64].map((bytes) => arena.allocate(bytes));
    for (const block of [a!, c!, b!]) block.free();
    expect(arena.allocate(7168).address).toBe(a!.address);
    expect(arena.allocate(64).address).toBeGreaterThan(last!.address);
  });

  test("says what it cannot hold", () => {
    const arena = new Arena();
    const taken = arena.allocate(1000);
    expect(() => arena.allocate(2 ** 33)).toThrow(
      /RESOURCE_EXHAUSTED: no room for an array of 8589934592 bytes: 1024 /,
    );
    expect(arena.allocate(10).address).toBe(taken.address + taken.bytes);
  });
});

const text = `
func.func @main(%x: tensor<100000xf32>) -> tensor<100000xf32> {
  %y = stablehlo.add %x, %x : tensor<100000xf32>
  return %y : tensor<100000xf32>
}`;

test("programs run in a memory that is not shared", async () => {
  vi.stubGlobal("SharedArrayBuffer", undefined);
  vi.resetModules();
  const { cpu } = await import("../src/index.ts");
  const device = new Device(cpu());
  const program = await device.compile(verify(readModule(text).module!).module!);
  const [type] = program.signature.inputs as readonly HostTensor["type"][];
  const input = device.upload({ type: type!, data: new Float32Array(100000).fill(1.5) });
  // Each result stays, so that the memory must grow and move.
  const results = Array.from({ length: 20 }, () => program.run([input])[0]!);
  for (const result of results) expect((await result.read()).data.every((value) => value === 3)).toBe(true);
  vi.unstubAllGlobals();
});
