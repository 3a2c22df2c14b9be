/** Axes of device meshes and parts of them, as Shardy counts them: `"x"`, `"x":(2)4`. */
import type { Attribute, RecordAttribute } from "../../model/attributes.ts";

/** An axis, or the part of it after axes of `pre` devices and of `size` devices itself. */
export interface Axis {
  readonly name: string;
  readonly part?: { readonly pre: number; readonly size: number };
}

export interface Mesh {
  /** Sizes by name, in the order of the mesh. */
  readonly sizes: ReadonlyMap<string, number>;
  readonly deviceIds: readonly number[];
}

export const recordsOf = (value: unknown) => value as readonly RecordAttribute[];

export function meshOf(attribute: Attribute | undefined): Mesh | undefined {
  if (attribute?.kind !== "record" || attribute.name !== "sdy.mesh") return undefined;
  const axes = recordsOf(attribute.fields.axes);
  return {
    sizes: new Map(axes.map(({ fields }) => [fields.name as string, fields.size as number])),
    deviceIds: attribute.fields.device_ids as readonly number[],
  };
}

/** A mesh of one device, which holds the whole of a tensor. */
export function isMaximal({ sizes, deviceIds }: Mesh): boolean {
  return sizes.size === 0 && deviceIds.length === 1;
}

export function sameAxes(a: Mesh, b: Mesh): boolean {
  const [left, right] = [[...a.sizes], [...b.sizes]];
  return (
    left.length === right.length &&
    left.every(([name, size], i) => right[i]![0] === name && right[i]![1] === size)
  );
}

export function sameMesh(a: Mesh, b: Mesh): boolean {
  return sameAxes(a, b) && a.deviceIds.join() === b.deviceIds.join();
}

export function axesOf(records: unknown): readonly Axis[] {
  return recordsOf(records).map(({ fields }) => {
    const part = (fields.sub_axis_info as RecordAttribute | undefined)?.fields;
    const name = fields.name as string;
    return part ? { name, part: { pre: part.pre_size as number, size: part.size as number } } : { name };
  });
}

export function axisText({ name, part }: Axis): string {
  return part ? `"${name}":(${part.pre})${part.size}` : `"${name}"`;
}

export const axesText = (axes: readonly Axis[]) => `{${axes.map(axisText).join(", ")}}`;

export function sameAxis(a: Axis, b: Axis): boolean {
  return a.name === b.name && a.part?.pre === b.part?.pre && a.part?.size === b.part?.size;
}

export function sameAxisLists(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, i) => sameAxis(axis, b[i]!));
}

const startOf = ({ part }: Axis) => part?.pre ?? 1;
/** Where the part ends: the `pre` of what comes after it. */
export const endOf = ({ name, part }: Axis, mesh: Mesh) =>
  part ? part.pre * part.size : (mesh.sizes.get(name) ?? 1);

export function sizeOfAxis(axis: Axis, mesh: Mesh): number {
  return axis.part?.size ?? mesh.sizes.get(axis.name) ?? 1;
}

export function sizeOfAxes(axes: readonly Axis[], mesh: Mesh): number {
  return axes.reduce((size, axis) => size * sizeOfAxis(axis, mesh), 1);
}

export function overlap(a: Axis, b: Axis): boolean {
  if (a.name !== b.name) return false;
  if (!a.part || !b.part) return true;
  return a.part.pre < b.part.pre * b.part.size && b.part.pre < a.part.pre * a.part.size;
}

function isSuffix(part: Axis, of: Axis, mesh: Mesh): boolean {
  return part.name === of.name && startOf(of) <= startOf(part) && endOf(of, mesh) === endOf(part, mesh);
}

function canMerge(a: Axis, b: Axis): boolean {
  return (
    a.name === b.name &&
    a.part !== undefined &&
    b.part !== undefined &&
    a.part.pre * a.part.size === b.part.pre
  );
}

/** `axes` with one more, which is joined to the last one where both are parts next to each other. */
function joined(axes: readonly Axis[], axis: Axis, mesh: Mesh): readonly Axis[] {
  const last = axes.at(-1);
  if (!last?.part || !axis.part || !canMerge(last, axis)) return [...axes, axis];
  const size = last.part.size * axis.part.size;
  const whole = mesh.sizes.get(axis.name) === size;
  return [
    ...axes.slice(0, -1),
    whole ? { name: axis.name } : { name: axis.name, part: { pre: last.part.pre, size } },
  ];
}

export function joinedAll(axes: readonly Axis[], more: readonly Axis[], mesh: Mesh): readonly Axis[] {
  return more.reduce((known, axis) => joined(known, axis, mesh), axes);
}

/** `axes` without `gathered` at their end; undefined where they do not end so. */
export function gathered(
  axes: readonly Axis[],
  gathering: readonly Axis[],
  mesh: Mesh,
): readonly Axis[] | undefined {
  let rest = axes;
  for (const axis of [...gathering].reverse()) {
    const last = rest.at(-1);
    if (!last || !isSuffix(axis, last, mesh)) return undefined;
    const size = startOf(axis) / startOf(last);
    rest =
      size > 1
        ? [...rest.slice(0, -1), { name: axis.name, part: { pre: startOf(last), size } }]
        : rest.slice(0, -1);
  }
  return rest;
}

/** By their places in the mesh, then by their places in the axis. */
export function compareAxes(mesh: Mesh): (a: Axis, b: Axis) => number {
  const order = [...mesh.sizes.keys()];
  return (a, b) =>
    order.indexOf(a.name) - order.indexOf(b.name) ||
    startOf(a) - startOf(b) ||
    (a.part?.size ?? 0) - (b.part?.size ?? 0);
}

export function sortedAndJoined(axes: readonly Axis[], mesh: Mesh): readonly Axis[] {
  return joinedAll([], [...axes].sort(compareAxes(mesh)), mesh);
}

/** What is wrong with axes that may be used once each; `sorted` names a list that must be in the order of the mesh. */
export class AxisUses {
  readonly #mesh: Mesh;
  readonly #seen: Axis[] = [];

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
  }

  add(axes: readonly Axis[], sorted?: string): string | undefined {
    const compare = compareAxes(this.#mesh);
    if (sorted && axes.some((axis, i) => i > 0 && compare(axes[i - 1]!, axis) > 0))
      return `the ${sorted} axes ${axesText(axes)} are not in the order of the mesh`;
    for (const [i, axis] of axes.entries()) {
      if (!this.#mesh.sizes.has(axis.name)) return `the mesh has no axis "${axis.name}"`;
      if (this.#seen.some((other) => sameAxis(other, axis)))
        return `the axis ${axisText(axis)} is used twice`;
      this.#seen.push(axis);
      const before = axes[i - 1];
      if (before && canMerge(before, axis)) return `${axisText(before)} and ${axisText(axis)} are one part`;
    }
    return undefined;
  }

  /** What is wrong with the parts of axes, all lists taken together. */
  parts(): string | undefined {
    for (const name of new Set(this.#seen.filter(({ part }) => part).map((axis) => axis.name))) {
      const parts = this.#seen.filter((axis) => axis.name === name).sort(compareAxes(this.#mesh));
      const whole = this.#mesh.sizes.get(name)!;
      if (parts.some(({ part }) => !part)) return `the axis "${name}" and a part of it are both used`;
      let end = 1;
      for (const axis of parts) {
        const { pre, size } = axis.part!;
        if (pre < 1) return `the part ${axisText(axis)} starts before 1`;
        if (size <= 1) return `the part ${axisText(axis)} has no size`;
        if (whole % (pre * size) !== 0)
          return `the part ${axisText(axis)} does not divide an axis of size ${whole}`;
        if (size === whole) return `the part ${axisText(axis)} is the whole axis`;
        if (end > pre) return `parts of the axis "${name}" overlap at ${axisText(axis)}`;
        end = pre * size;
      }
    }
    return undefined;
  }
}
