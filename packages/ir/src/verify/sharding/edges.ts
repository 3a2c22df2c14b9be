/** `sdy.propagation_edges`: what they name is there. */
import type { PropagationStep } from "../../declare/directives/propagation.ts";
import type { Attribute } from "../../model/attributes.ts";
import type { Operation, Value } from "../../model/operation.ts";
import { axesOf, sameMesh } from "./axes.ts";
import { type Surroundings, shardingOfValue } from "./tensor.ts";

const isEdges = (attribute: Attribute) =>
  attribute.kind === "record" && attribute.name === "sdy.propagation_edges";

export function problemOfEdgeLists(attribute: Attribute): string | undefined {
  const lists = attribute.kind === "array" && attribute.elements.every(isEdges);
  return lists ? undefined : "propagation edges of results or arguments are an array of propagation edges";
}

export function problemOfEdges(
  attribute: Attribute,
  operation: Operation,
  surroundings: Surroundings,
): string | undefined {
  if (attribute.kind !== "record" || !isEdges(attribute))
    return "attribute 'sdy.propagation_edges' has propagation edges";
  const entries = (attribute.fields.steps as readonly PropagationStep[]).flatMap((step) => step.entries);
  const nodes = entries.flatMap(({ source, targets }) => [source, ...targets]);
  const valueAt = ({ role, index }: (typeof nodes)[number]): Value | undefined =>
    (role === "operand" ? operation.operands : operation.results)[index];
  const shardings = nodes.flatMap((node) => {
    const value = valueAt(node);
    return (value && shardingOfValue(value)) ?? [];
  });
  if (shardings.length === 0) return "propagation edges name no value with a sharding";
  const meshes = shardings.flatMap((sharding) => surroundings.meshOf(sharding) ?? []);
  const [mesh, ...others] = meshes;
  if (!mesh || others.some((other) => !sameMesh(mesh, other))) return "propagation edges have no common mesh";
  const unknown = axesOf(entries.map(({ axis }) => axis)).find(({ name }) => !mesh.sizes.has(name));
  if (unknown) return `the mesh has no axis "${unknown.name}"`;
  // Edges between functions name values of the other side.
  if (operation.name === "sdy.func_data_flow_edge") return undefined;
  const lost = nodes.find((node) => node.index < 0 || !valueAt(node));
  return lost && `there is no ${lost.role} #${lost.index}`;
}
