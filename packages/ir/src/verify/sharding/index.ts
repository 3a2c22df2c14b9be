/** Shardy's own rules: shardings fit the tensors and meshes that they are about (Shardy: "Sharding Representation"). */
import type { Attribute } from "../../model/attributes.ts";
import { type Operation, type Value, walk } from "../../model/operation.ts";
import { DYNAMIC, sameType, type Type } from "../../model/types.ts";
import { typeText } from "../../write/text.ts";
import type { Report } from "../verify.ts";
import { type Mesh, sameMesh, sizeOfAxis } from "./axes.ts";
import { cautionOfCollective, isCollective, problemOfCollective } from "./collectives.ts";
import { problemOfEdgeLists, problemOfEdges } from "./edges.ts";
import { problemOfRule } from "./rules.ts";
import {
  localShape,
  manualAxesOf,
  type Sharding,
  Surroundings,
  shardingOf,
  shardingOfValue,
  shardingsOf,
} from "./tensor.ts";
import { problemOfTransition } from "./unreduced.ts";

/** The number of operands that a value is. */
type Users = (value: Value) => number;

type Rule = (operation: Operation, surroundings: Surroundings, users: Users) => string | undefined;

/** Reports what Shardy would refuse of operations and of the shardings that they carry. */
export class ShardingChecks {
  readonly #root: Operation;
  readonly #surroundings: Surroundings;
  #users: Map<Value, number> | undefined;

  constructor(root: Operation, symbols: { lookup(name: string): Operation | undefined }) {
    this.#root = root;
    this.#surroundings = new Surroundings((name) => symbols.lookup(name));
  }

  check(operation: Operation, report: Report): void {
    checkShardings(operation, this.#surroundings, (value) => this.#usersOf(value), report);
  }

  /** Counted once, where an operation asks. */
  #usersOf(value: Value): number {
    if (!this.#users) {
      const users = new Map<Value, number>();
      walk(this.#root, ({ operands }) => {
        for (const operand of operands) users.set(operand, (users.get(operand) ?? 0) + 1);
      });
      this.#users = users;
    }
    return this.#users.get(value) ?? 0;
  }
}

function checkShardings(
  operation: Operation,
  surroundings: Surroundings,
  users: Users,
  report: Report,
): void {
  const mnemonic = operation.name.slice(operation.name.indexOf(".") + 1);
  const collective = isCollective(operation);
  const problem = collective
    ? problemOfCollective(operation, surroundings)
    : rules[operation.name]?.(operation, surroundings, users);
  if (problem) report(`${mnemonic}/sharding`, problem);
  const caution = collective && !problem && cautionOfCollective(operation, surroundings);
  if (caution) report(`${mnemonic}/sharding`, caution, { severity: "warning" });
  for (const name in operation.attributes) {
    const check = name.startsWith("sdy.") ? attributeRules[name] : undefined;
    const wrong = check?.(operation.attributes[name]!, operation, surroundings);
    if (wrong) report(`sdy/${name.slice(4)}`, wrong, { part: { kind: "attribute", name } });
  }
  if (operation.name === "func.func") checkSignature(operation, surroundings, report);
}

// Attributes ---------------------------------------------------------------------------------------------------

const attributeRules: Readonly<
  Record<
    string,
    (attribute: Attribute, operation: Operation, surroundings: Surroundings) => string | undefined
  >
> = {
  "sdy.sharding"(attribute, operation, surroundings) {
    const shardings = shardingsOf(attribute);
    if (!shardings) return "attribute 'sdy.sharding' of an operation has a sharding for each result";
    return surroundings.problemOfAll(shardings, typesOf(operation.results), operation);
  },
  "sdy.sharding_rule": (attribute, operation) =>
    attribute.kind === "record" && attribute.name === "sdy.op_sharding_rule"
      ? problemOfRule(attribute, operation)
      : "attribute 'sdy.sharding_rule' is a sharding rule",
  "sdy.propagation_edges": problemOfEdges,
  "sdy.result_propagation_edges": problemOfEdgeLists,
  "sdy.block_arg_propagation_edges": problemOfEdgeLists,
};

function checkSignature(func: Operation, surroundings: Surroundings, report: Report): void {
  const { function_type: attribute, arg_attrs, res_attrs } = func.attributes;
  if (attribute?.kind !== "type" || attribute.type.kind !== "function") return;
  const { inputs, results } = attribute.type;
  for (const [role, types, dictionaries] of [
    ["argument", inputs, arg_attrs],
    ["result", results, res_attrs],
  ] as const) {
    for (const [i, type] of types.entries()) {
      const entry = dictionaries?.kind === "array" ? dictionaries.elements[i] : undefined;
      const given = entry?.kind === "dictionary" ? entry.entries["sdy.sharding"] : undefined;
      if (!given) continue;
      const sharding = shardingOf(given);
      const problem = sharding
        ? surroundings.problemOf(sharding, type, func)
        : "attribute 'sdy.sharding' is the sharding of one value";
      if (problem) report("sdy/sharding", `${role} #${i}: ${problem}`);
    }
  }
}

// Operations ---------------------------------------------------------------------------------------------------

const typesOf = (values: readonly Value[]): Type[] => values.map(({ type }) => type);

const constrained: Rule = (operation, surroundings) => {
  const sharding = shardingOf(operation.attributes.sharding)!;
  const problem = surroundings.problemOf(sharding, operation.results[0]!.type, operation);
  const source = shardingOfValue(behindBarriers(operation.operands[0]!));
  if (problem || !source) return problem;
  const [mesh, sourceMesh] = [surroundings.meshOf(sharding), surroundings.meshOf(source)];
  if (!mesh || !sourceMesh || !sameMesh(mesh, sourceMesh)) return undefined;
  return problemOfTransition(source, sharding, mesh, { introduced: "sum", removed: source.reduction });
};

function behindBarriers(value: Value): Value {
  let { owner } = value;
  let source = value;
  while (owner.kind === "operation" && owner.name === "sdy.propagation_barrier") {
    source = owner.operands[0]!;
    ({ owner } = source);
  }
  return source;
}

function staticResult({ results: [result] }: Operation): string | undefined {
  const known = result!.type.kind === "tensor" && !result!.type.shape.includes(DYNAMIC);
  return known ? undefined : `the result has no known sizes, but the type ${typeText(result!.type)}`;
}

const funcDataFlowEdge: Rule = (operation, _, users) => {
  const [operand] = operation.operands;
  const problem = staticResult(operation);
  if (problem) return problem;
  if (users(operand!) !== 1) return "the operand has other users";
  const { owner } = operand!;
  if (owner.kind === "block")
    return owner.parent?.parent?.name === "func.func"
      ? undefined
      : "the operand is no argument of a function";
  return owner.name === "func.call" ? undefined : "the operand is no result of a call";
};

const dataFlowEdge: Rule = (operation, surroundings, users) => {
  const [operand] = operation.operands;
  const problem = staticResult(operation);
  if (problem) return problem;
  if (users(operand!) !== 1) return "the operand has other users";
  const { owner } = operand!;
  const regions = ["sdy.named_computation", "sdy.manual_computation"];
  if (owner.kind === "operation" && owner.name.startsWith("sdy.") && !regions.includes(owner.name))
    return `the operand comes from ${owner.name}`;
  const sharding = shardingOf(operation.attributes.sharding);
  return sharding && surroundings.problemOf(sharding, operation.results[0]!.type, operation);
};

const manualComputation: Rule = (operation, surroundings) => {
  const { attributes, operands, results } = operation;
  const outer = surroundings.manualAxes(operation);
  const taken = manualAxesOf(operation).find((axis) => outer.has(axis));
  if (taken) return `the axis "${taken}" belongs to a manual computation around this one`;
  const [inputs, outputs] = [
    shardingsOf(attributes.in_shardings) ?? [],
    shardingsOf(attributes.out_shardings) ?? [],
  ];
  const block = operation.regions[0]?.blocks[0];
  const problem =
    manualValues(
      "operand",
      operation,
      surroundings,
      inputs,
      typesOf(operands),
      typesOf(block?.arguments ?? []),
    ) ??
    manualValues(
      "result",
      operation,
      surroundings,
      outputs,
      typesOf(results),
      typesOf(block?.operations.at(-1)?.operands ?? []),
    );
  if (problem || inputs.length + outputs.length === 0) return problem;
  const meshes = [...inputs, ...outputs].flatMap((sharding) => surroundings.meshOf(sharding) ?? []);
  const [mesh = meshes[0], ...others] = meshes.filter(({ sizes }) => sizes.size > 0);
  if (others.some((other) => !sameMesh(mesh!, other)))
    return manualAxesOf(operation).length > 0 ? "the shardings are of different meshes" : undefined;
  const unknown = mesh && manualAxesOf(operation).find((axis) => !mesh.sizes.has(axis));
  return unknown === undefined ? undefined : `the mesh has no axis "${unknown}"`;
};

function manualValues(
  role: string,
  operation: Operation,
  surroundings: Surroundings,
  shardings: readonly Sharding[],
  outer: readonly Type[],
  inner: readonly Type[],
): string | undefined {
  if (outer.length + inner.length + shardings.length === 0) return undefined;
  const problem = surroundings.problemOfAll(shardings, outer, operation);
  if (problem) return `${role}s: ${problem}`;
  if (outer.length !== inner.length)
    return `there are ${outer.length} ${role}s, but the region has ${inner.length}`;
  const manual = new Set(manualAxesOf(operation));
  for (const [i, type] of outer.entries()) {
    const wrong = manualValue(shardings[i]!, type, inner[i]!, manual, surroundings.meshOf(shardings[i]!)!);
    if (wrong) return `${role} #${i}: ${wrong}`;
  }
  return undefined;
}

function manualValue(
  sharding: Sharding,
  outer: Type,
  inner: Type,
  manual: ReadonlySet<string>,
  mesh: Mesh,
): string | undefined {
  for (const [d, { axes }] of sharding.dimensions.entries()) {
    const free = axes.findIndex(({ name }) => !manual.has(name));
    if (free >= 0 && axes.slice(free).some(({ name }) => manual.has(name)))
      return `a manual axis comes after a free one in dimension ${d}`;
  }
  if (outer.kind !== "tensor") return undefined;
  const shape = localShape(outer.shape, sharding, mesh, manual, sizeOfAxis);
  if (!shape) return "the manual axes do not divide its dimensions";
  const expected: Type = { kind: "tensor", shape, element: outer.element };
  return sameType(expected, inner)
    ? undefined
    : `the region has the type ${typeText(inner)} instead of ${typeText(expected)}`;
}

const namedComputation: Rule = (operation, surroundings) => {
  const { attributes, operands, results, regions } = operation;
  const inner = typesOf(regions[0]?.blocks[0]?.arguments ?? []);
  if (inner.length !== operands.length)
    return `the region takes ${inner.length} arguments, but there are ${operands.length} operands`;
  const wrong = inner.findIndex((type, i) => !sameType(type, operands[i]!.type));
  if (wrong >= 0) return `argument #${wrong} of the region has not the type of its operand`;
  const given = typesOf(regions[0]?.blocks[0]?.operations.at(-1)?.operands ?? []);
  const fits = given.length === results.length && given.every((type, i) => sameType(type, results[i]!.type));
  if (!fits) return "the region does not return the types of the results";
  const [inputs, outputs] = [shardingsOf(attributes.in_shardings), shardingsOf(attributes.out_shardings)];
  return (
    (inputs && surroundings.problemOfAll(inputs, typesOf(operands), operation)) ??
    (outputs && surroundings.problemOfAll(outputs, typesOf(results), operation))
  );
};

const rules: Readonly<Record<string, Rule>> = {
  "sdy.sharding_constraint": constrained,
  "sdy.reshard": constrained,
  "sdy.func_data_flow_edge": funcDataFlowEdge,
  "sdy.data_flow_edge": dataFlowEdge,
  "sdy.manual_computation": manualComputation,
  "sdy.named_computation": namedComputation,
  "sdy.propagation_barrier": ({ attributes: { allowed_direction: direction } }) =>
    direction?.kind === "enum" && direction.value === "BOTH"
      ? "a barrier in no direction is none"
      : undefined,
};
