/**
 * Upstream's test programs check themselves (`check.expect_…`), in a form that only an interpreter can run. Here each
 * check becomes a pair of results, actual and expected, so that every backend can run the program.
 */
import {
  append,
  bodyOf,
  createOperation,
  functionsOf,
  functionType,
  type Module,
  type Operation,
  stringAttribute,
  symbolName,
  topLevel,
  type Value,
} from "@hloom/ir";

/** A program whose results are pairs: result 2i is what check i saw, result 2i + 1 what it expects. */
export interface Probe {
  /** The function of the original that it was. */
  readonly name: string;
  readonly module: Module;
  /** Per check, whether the values must be equal or only close. */
  readonly checks: readonly ("equal" | "close")[];
}

/** The name of the check that an operation is, `expect_eq`; undefined for all others. */
function checkName(operation: Operation): string | undefined {
  const target = operation.attributes["call_target_name"];
  const name = target?.kind === "string" ? target.value : operation.name;
  return name.startsWith("check.") ? name.slice("check.".length) : undefined;
}

const bodyOfFunction = (func: Operation): Operation[] =>
  func.regions[0]?.blocks.length === 1 ? bodyOf(func.regions[0]).operations : [];

const isProbe = (func: Operation): boolean =>
  functionType(func).inputs.length === 0 &&
  bodyOfFunction(func).some((each) => checkName(each) !== undefined);

/** The functions of a module that check themselves and need no arguments. */
export function probeNames(module: Module): string[] {
  return [...functionsOf(module)].filter(([, func]) => isProbe(func)).map(([name]) => name);
}

/** Makes the probe of one function. Changes the module it is given: read it anew for each. */
export function probeOf(module: Module, name: string): Probe {
  const func = functionsOf(module).get(name);
  const block = func?.regions[0] && bodyOf(func.regions[0]);
  const end = block?.operations.at(-1);
  if (!func || !block || !end) throw new Error(`no function @${name} with a body`);
  const checks: ("equal" | "close")[] = [];
  const results: Value[] = [];
  for (const operation of block.operations.splice(0)) {
    const check = checkName(operation);
    if (check === undefined) {
      if (operation !== end) append(block, operation);
      continue;
    }
    checks.push(check.startsWith("expect_eq") ? "equal" : "close");
    const [actual, expected] = operation.operands;
    if (!actual) throw new Error(`${check} without an operand`);
    results.push(actual, expected ?? constantFrom(operation, actual, (each) => append(block, each)));
  }
  append(block, createOperation("func.return", { operands: results, location: end.location }));
  become(module, func, results);
  return { name, module, checks };
}

function constantFrom(check: Operation, like: Value, add: (constant: Operation) => void): Value {
  const value = check.attributes["value"];
  if (!value) throw new Error(`${check.name} without a value`);
  const constant = createOperation("stablehlo.constant", {
    attributes: { value },
    results: [like.type],
    location: check.location,
  });
  add(constant);
  return constant.results[0] as Value;
}

/** Makes `func` the module's only entry, with `results` for its type. */
function become(module: Module, func: Operation, results: readonly Value[]): void {
  const block = func.parent;
  if (block) block.operations = topLevel(module).filter((each) => each === func || !isOtherProbe(each));
  const { res_attrs: _, sym_visibility: __, ...kept } = func.attributes;
  func.attributes = {
    ...kept,
    sym_name: stringAttribute("main"),
    function_type: {
      kind: "type",
      type: { kind: "function", inputs: [], results: results.map((result) => result.type) },
    },
  };
}

const isOtherProbe = (operation: Operation): boolean =>
  operation.name === "func.func" && (isProbe(operation) || symbolName(operation) === "main");
