/** Random bits are the evaluator's, for states of both sizes and counters that overflow. */
import { expect, test } from "vitest";
import { agree, tensorOf, typeText } from "./agreement.ts";

const shapes = [[], [1], [2], [7], [8], [3, 5], [3, 6], [4, 3], [3, 2, 5], [1001]];

test.each(["ui32", "i32", "ui64", "i64", "ui8", "i16"] as const)("of %s", (element) => {
  for (const algorithm of ["THREE_FRY", "PHILOX", "DEFAULT"]) {
    for (const words of algorithm === "THREE_FRY" ? [2] : [2, 3]) {
      for (const shape of shapes) {
        const [state, output] = [typeText([words], "ui64"), typeText(shape, element)];
        const text = `func.func @main(%s: ${state}) -> (${state}, ${output}) {
%t, %b = stablehlo.rng_bit_generator %s, algorithm = ${algorithm} : (${state}) -> (${state}, ${output})
return %t, %b : ${state}, ${output}
}`;
        const inputs = tensorOf(
          () => 0,
          [words],
          "ui64",
          () => 7,
        );
        (inputs.data as BigUint64Array).set([0x123456789abcdefn, 0xffffffffffffffffn]);
        expect(agree(text, [inputs], 0)).toEqual([]);
      }
    }
  }
});
