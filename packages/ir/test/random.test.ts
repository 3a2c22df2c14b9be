/** Bits that XLA:CPU (jaxlib 0.10.2, `jax.lax.rng_bit_generator`) gave for these states. */
import { expect, test } from "vitest";
import { randomBits } from "../src/reference/kernel/random.ts";

const cases = [
  { state: [0, 1, 0, 1], bits: [2171749223, 319503759, 4190832936, 2957128538], next: [0, 1, 1, 1] },
  { state: [5, 7, 9, 11], bits: [2342739515, 2507539191, 3919556134, 786390862], next: [5, 7, 10, 11] },
  { state: [0, 0, 0, 0], bits: [1713891541, 3781805453, 3159862348, 2600524760], next: [0, 0, 1, 0] },
];

test.each(cases)("DEFAULT is XLA's Philox for the state $state", ({ state, bits, next }) => {
  const type = { kind: "tensor", shape: [4], element: "ui32" } as const;
  const [after, drawn] = randomBits({ type, data: Uint32Array.from(state) }, "DEFAULT", type);
  expect([...drawn.data]).toEqual(bits);
  expect([...after.data]).toEqual(next);
});
