/** JAX's pytrees: how nested arguments and results become lists of arrays, and back. */
import { ArgumentError } from "./errors.ts";

/** The structure of a pytree. `custom` nodes are classes of Python, known here by their names and children only. */
export type TreeDef =
  | { readonly kind: "leaf" }
  | { readonly kind: "none" }
  | { readonly kind: "tuple" | "list"; readonly children: readonly TreeDef[] }
  | { readonly kind: "dict"; readonly keys: readonly string[]; readonly children: readonly TreeDef[] }
  | { readonly kind: "custom"; readonly name: string; readonly children: readonly TreeDef[] };

/** A leaf with the way to it, as JAX writes it: `['layers'][0]`. */
export interface Leaf<T> {
  readonly path: string;
  readonly value: T;
}

/** Of a tree the nodes are null, arrays and objects with string keys. */
export type TreeOf<T> = T | null | readonly TreeOf<T>[] | { readonly [key: string]: TreeOf<T> };

/** The leaves in JAX's order. Throws {@link ArgumentError} where the value has another structure; `path` is the way to it. */
export function flattenTree<T>(tree: TreeDef, value: TreeOf<T> | undefined, path: string): Leaf<T>[] {
  switch (tree.kind) {
    case "leaf":
      if (value === undefined || value === null) throw new ArgumentError(path, "is missing");
      return [{ path, value: value as T }];
    case "none":
      if (value === null || value === undefined) return [];
      throw new ArgumentError(path, "is None in Python: pass null");
    case "dict": {
      const entries = entriesOf(value, tree.keys, path);
      return tree.children.flatMap((child, i) =>
        flattenTree(child, entries[i], `${path}['${tree.keys[i]}']`),
      );
    }
    case "tuple":
    case "list":
    case "custom": {
      const what = tree.kind === "custom" ? `a ${tree.name}, here an array` : `a ${tree.kind}`;
      if (!Array.isArray(value))
        throw new ArgumentError(path, `is ${what} of ${tree.children.length}; got ${kindOf(value)}`);
      if (value.length !== tree.children.length)
        throw new ArgumentError(path, `is ${what} of ${tree.children.length}; got ${value.length} elements`);
      return tree.children.flatMap((child, i) => flattenTree(child, value[i] as TreeOf<T>, `${path}[${i}]`));
    }
  }
}

function entriesOf<T>(value: TreeOf<T> | undefined, keys: readonly string[], path: string): TreeOf<T>[] {
  const wanted = `a dict with the keys ${keys.join(", ") || "(none)"}`;
  const plain =
    typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
  if (!plain) throw new ArgumentError(path, `is ${wanted}; got ${kindOf(value)}`);
  const entries = new Map(Object.entries(value as Record<string, TreeOf<T>>));
  const wrong = [
    ...keys.filter((key) => !entries.has(key)).map((key) => `"${key}" is missing`),
    ...[...entries.keys()].filter((key) => !keys.includes(key)).map((key) => `"${key}" is unknown`),
  ];
  if (wrong.length > 0) throw new ArgumentError(path, `is ${wanted}; ${wrong.join(", ")}`);
  return keys.map((key) => entries.get(key)!);
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? `a ${value.constructor?.name ?? "object"}` : `a ${typeof value}`;
}

/** The tree whose leaves are `leaves`, in JAX's order. */
export function unflattenTree<T>(tree: TreeDef, leaves: readonly T[]): TreeOf<T> {
  let next = 0;
  const build = (node: TreeDef): TreeOf<T> => {
    switch (node.kind) {
      case "leaf":
        return leaves[next++]!;
      case "none":
        return null;
      case "dict":
        return Object.fromEntries(node.children.map((child, i) => [node.keys[i]!, build(child)]));
      case "tuple":
      case "list":
      case "custom":
        return node.children.map(build);
    }
  };
  return build(tree);
}

/** The ways to the leaves, in JAX's order. */
export function leafPaths(tree: TreeDef, path = ""): string[] {
  switch (tree.kind) {
    case "leaf":
      return [path];
    case "none":
      return [];
    case "dict":
      return tree.children.flatMap((child, i) => leafPaths(child, `${path}['${tree.keys[i]}']`));
    case "tuple":
    case "list":
    case "custom":
      return tree.children.flatMap((child, i) => leafPaths(child, `${path}[${i}]`));
  }
}
