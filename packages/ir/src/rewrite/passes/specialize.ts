/** From a program with dynamic dimensions to one that backends run: static, for arguments that are known. */
import { type Diagnostic, error } from "../../model/diagnostic.ts";
import { type Module, type Operation, type Value, walk } from "../../model/operation.ts";
import { type VerifiedModule, type VerifyResult, verify } from "../../verify/index.ts";
import { typeText } from "../../write/index.ts";
import { canonicalizeDynamism } from "./canonicalize_dynamism.ts";
import { mergeCommonSubexpressions } from "./common_subexpressions.ts";
import { type RefinedInput, refineShapes } from "./refine_shapes.ts";
import { isDynamic } from "./specialisations.ts";

/** Whether any value of the module has dimensions whose sizes are not known. */
export function hasDynamicShapes(module: Module): boolean {
  return dynamicOperations(module).length > 0;
}

/**
 * The program for the given arguments: shapes are refined, and operations get their static forms. An argument that is
 * given by value is no argument any more. Errors: what refining finds, and every operation that stays dynamic.
 */
export function specialize(module: VerifiedModule, inputs: readonly RefinedInput[]): VerifyResult {
  // Equal computations of sizes become one value, so that `start + 2` is seen to be 2 more than `start`.
  const refined = refineShapes(mergeCommonSubexpressions(module), inputs);
  if (!refined.module) return { diagnostics: refined.diagnostics };
  const result = verify(canonicalizeDynamism(refined.module));
  if (!result.module) return result;
  const diagnostics = dynamicOperations(result.module).map(stillDynamic);
  return diagnostics.length > 0 ? { diagnostics } : result;
}

function dynamicOperations(module: Module): Operation[] {
  const found: Operation[] = [];
  walk(module.operation, (operation) => {
    const dynamicOp = /\.(dynamic_(?!slice|update_slice)|real_dynamic)/.test(operation.name);
    if (dynamicOp || valuesOf(operation).some(({ type }) => isDynamic(type))) found.push(operation);
  });
  return found;
}

/** Results, and the arguments that regions take. */
function valuesOf({ results, regions }: Operation): Value[] {
  return [...results, ...regions.flatMap(({ blocks }) => blocks.flatMap((block) => block.arguments))];
}

function stillDynamic(operation: Operation): Diagnostic {
  const types = valuesOf(operation).map(({ type }) => typeText(type));
  const { name: op, location } = operation;
  const message = "shapes depend on values that are not known before the program runs";
  return error("specialize/dynamic", `${message}: ${types.join(", ")}`, { op, location });
}
