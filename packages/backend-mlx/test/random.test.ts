import { describe, expect, it } from "vitest";
import { runOp, t, tensorOf } from "./harness.ts";

/** jax.lax.rng_bit_generator of jaxlib 0.10.2 on XLA:CPU, key = [1, 2, 3, 4] as ui32; `next` likewise. */
const cases = [
  {
    algorithm: "THREE_FRY",
    element: "ui32",
    shape: [5],
    next: 6n,
    bits: [1576285164, 2249660814, 740599976, 2425682526, 2436392515],
  },
  {
    algorithm: "THREE_FRY",
    element: "ui32",
    shape: [3, 3],
    next: 9n,
    bits: [
      1576285164, 740599976, 2436392515, 2249660814, 2425682526, 1497962777, 1335360347, 3981753173,
      3812192618,
    ],
  },
  {
    algorithm: "THREE_FRY",
    element: "ui64",
    shape: [5],
    next: 8n,
    bits: [
      9662219624799024108n,
      10418227120389269672n,
      6433701140276733507n,
      9707638358252452699n,
      16980371968582007637n,
    ],
  },
  { algorithm: "THREE_FRY", element: "ui16", shape: [5], next: 6n, bits: [13292, 6542, 43176, 64094, 26179] },
  {
    algorithm: "PHILOX",
    element: "ui32",
    shape: [5],
    next: 5n,
    bits: [512747620, 1298009047, 1267190206, 761827841, 1383286907],
  },
  {
    algorithm: "PHILOX",
    element: "ui64",
    shape: [5],
    next: 6n,
    bits: [
      5574906407289874532n,
      3272025663544478142n,
      7043725020835825787n,
      9254853183523022196n,
      14929923424383677111n,
    ],
  },
  { algorithm: "DEFAULT", element: "ui8", shape: [5], next: 5n, bits: [100, 215, 190, 1, 123] },
] as const;

describe("rng_bit_generator", () => {
  for (const { algorithm, element, shape, next, bits } of cases) {
    it(`${algorithm}, ${element}[${shape}], is XLA's`, async () => {
      const state = tensorOf("ui64", [2], [1n | (2n << 32n), 3n | (4n << 32n)]);
      const got = await runOp("rng_bit_generator", [state], [t("ui64", 2), t(element, ...shape)], {
        algorithm,
      });
      expect(got).toEqual([[1n | (2n << 32n), next | (4n << 32n)], bits]);
    });
  }
});
