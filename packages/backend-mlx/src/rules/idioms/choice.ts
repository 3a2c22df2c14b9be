import {
  bodyOf,
  cloneBlock,
  type Operation,
  type Region,
  stablehlo,
  type TensorType,
  type Value,
} from "@hloom/ir";
import { elementwise } from "../elementwise.ts";
import { product, shapeOf, typeOf } from "../lowering.ts";
import type { Idiom } from "./idiom.ts";

/** Above these, computing a branch in vain costs more than asking which one to take. */
const mostOperations = 12;
const mostElements = 4096;

const cheap: ReadonlySet<string> = new Set([
  ...Object.keys(elementwise),
  ...["constant", "reshape", "broadcast_in_dim"].map((name) => `stablehlo.${name}`),
]);

function isCheap(region: Region): boolean {
  const operations = bodyOf(region).operations.slice(0, -1);
  return (
    operations.length <= mostOperations &&
    operations.every(
      ({ name, results, regions }) =>
        cheap.has(name) &&
        regions.length === 0 &&
        results.every((result) => product(shapeOf(result)) <= mostElements),
    )
  );
}

/** The branch where the predicate holds, and the other one. */
function branchesOf({ name, regions }: Operation): readonly [Region, Region] | undefined {
  const [first, second] = regions;
  if (regions.length !== 2 || !first || !second || !isCheap(first) || !isCheap(second)) return undefined;
  // A case takes its last branch for every index but 0.
  return name === "stablehlo.if" ? [first, second] : [second, first];
}

export const choice: Idiom<readonly [Region, Region]> = {
  name: "choice",
  why: "Both of two small branches take less time than the host takes to learn which one it is.",
  on: ["stablehlo.if", "stablehlo.case"],
  match: branchesOf,
  emit: ([taken, other], builder, operation) => {
    const [index] = operation.operands as [Value];
    const predicate = typeOf(index).element === "i1" ? index : isNotZero(builder, index);
    const [yes, no] = [taken, other].map((region) => cloneBlock(builder, bodyOf(region), []));
    return yes!.map((value, i) => builder.value(stablehlo.select, [predicate, value, no![i]!]));
  },
  tolerance: 0,
  example: `module {
  func.func @main(%x: tensor<4xf32>, %i: tensor<i32>) -> tensor<4xf32> {
    %0 = "stablehlo.case"(%i) ({
      %1 = stablehlo.negate %x : tensor<4xf32>
      stablehlo.return %1 : tensor<4xf32>
    }, {
      %1 = stablehlo.multiply %x, %x : tensor<4xf32>
      stablehlo.return %1 : tensor<4xf32>
    }) : (tensor<i32>) -> tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}`,
};

function isNotZero(builder: Parameters<Idiom["emit"]>[1], index: Value): Value {
  const type = typeOf(index) as TensorType;
  const value = { kind: "dense", type, data: new Uint8Array(4), splat: true } as const;
  const zero = builder.value(stablehlo.constant, [], { value }, { results: [type] });
  return builder.value(stablehlo.compare, [index, zero], { comparison_direction: "NE" });
}
