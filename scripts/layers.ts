/**
 * Enforces layers.json: which package may import which, which folder of a package may import which, and
 * where no Node API may be used. Tests are exempt. Prints each import that crosses an edge that is not there.
 */
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { sourceFiles } from "./lib/files.ts";
import { isMain, main, root } from "./lib/process.ts";

export interface Layers {
  /** Package name → the workspace packages it may import. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Folder → its layers by name; of several that match a file, the longest path wins. */
  readonly folders: Readonly<Record<string, Readonly<Record<string, Layer>>>>;
  /** File → packages that it may import beyond those of its own package: it puts a product together. */
  readonly assemblies?: Readonly<Record<string, readonly string[]>>;
  /** Folders that must run where there is no Node. */
  readonly portable: readonly string[];
}

/** The layers it may import, "*" for all. Its path below the folder is its name, unless `files` says which they are. */
export type Layer =
  | readonly string[]
  | "*"
  | { readonly files: readonly string[]; readonly imports: readonly string[] };

export interface Source {
  /** Relative to the root. */
  readonly file: string;
  readonly text: string;
  /** The package the file belongs to: its name and the dependencies it declares. */
  readonly owner: { readonly name: string; readonly dependencies: readonly string[] };
}

const importPattern =
  /^[ \t]*(?:import|export)\b(?:[\w\s*{},$]*?\bfrom)?\s*["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/gm;

/** The module names a file imports, with the line of each. */
export function importsOf(text: string): { readonly name: string; readonly line: number }[] {
  return [...text.matchAll(importPattern)].map((match) => ({
    name: (match[1] ?? match[2]) as string,
    line: text.slice(0, match.index + match[0].length).split("\n").length,
  }));
}

const isBuiltin = (name: string): boolean => name.startsWith("node:") || builtinModules.includes(name);

const packageOf = (name: string): string =>
  name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");

const filesOf = (name: string, layer: Layer): readonly string[] =>
  typeof layer === "object" && "files" in layer ? layer.files : [name];

const mayImport = (layer: Layer | undefined, other: string): boolean =>
  layer === "*" || (layer !== undefined && ("imports" in layer ? layer.imports : layer).includes(other));

/** The layer of a file below a folder: the one with the longest path that is a prefix of the file's. */
function layerOf(path: string, layers: Readonly<Record<string, Layer>>): string | undefined {
  const bare = path.replace(/\.ts$/, "");
  return Object.entries(layers)
    .flatMap(([name, layer]) => filesOf(name, layer).map((file) => ({ name, file })))
    .filter(({ file }) => bare === file || bare.startsWith(`${file}/`))
    .sort((a, b) => b.file.length - a.file.length)[0]?.name;
}

function checkRelative(layers: Layers, source: Source, name: string): string | undefined {
  const target = posix.join(posix.dirname(source.file), name);
  for (const [folder, edges] of Object.entries(layers.folders)) {
    if (!source.file.startsWith(`${folder}/`)) continue;
    if (!target.startsWith(`${folder}/`)) return `leaves ${folder}`;
    const from = layerOf(source.file.slice(folder.length + 1), edges);
    const to = layerOf(target.slice(folder.length + 1), edges);
    if (from === undefined) return "is in no layer of layers.json";
    if (to === undefined) return `imports ${target}, which is in no layer of layers.json`;
    if (from !== to && !mayImport(edges[from], to)) return `${from} may not import ${to}`;
  }
  return undefined;
}

function checkPackage(layers: Layers, source: Source, name: string): string | undefined {
  const target = packageOf(name);
  const { owner } = source;
  if (target === owner.name) return undefined;
  if (target in layers.packages) {
    const allowed = [...(layers.packages[owner.name] ?? []), ...(layers.assemblies?.[source.file] ?? [])];
    return allowed.includes(target) ? undefined : `${owner.name} may not import ${target}`;
  }
  return owner.dependencies.includes(target) ? undefined : `${target} is not a dependency of ${owner.name}`;
}

/** Every forbidden import, as `file:line: reason`. */
export function check(layers: Layers, sources: readonly Source[]): string[] {
  const problems: string[] = [];
  for (const source of sources) {
    const portable = layers.portable.some((folder) => source.file.startsWith(`${folder}/`));
    for (const { name, line } of importsOf(source.text)) {
      const problem = name.startsWith(".")
        ? checkRelative(layers, source, name)
        : isBuiltin(name)
          ? portable
            ? `uses ${name}, but must run without Node`
            : undefined
          : checkPackage(layers, source, name);
      if (problem) problems.push(`${source.file}:${line}: ${problem}`);
    }
  }
  return problems;
}

function read(): Source[] {
  const owners = new Map<string, Source["owner"]>();
  return sourceFiles("packages/*/*.ts", "apps/*/*.ts")
    .filter((file) => !/\.test\.ts$|\/tests?\/|\.config\.ts$/.test(file))
    .map((file) => {
      const folder = file.split("/").slice(0, 2).join("/");
      let owner = owners.get(folder);
      if (!owner) {
        const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
        const { name, dependencies = {}, devDependencies = {} } = manifest;
        owner = { name, dependencies: [...Object.keys(dependencies), ...Object.keys(devDependencies)] };
        owners.set(folder, owner);
      }
      return { file, text: readFileSync(join(root, file), "utf8"), owner };
    });
}

if (isMain(import.meta.url)) {
  main(async () => {
    const layers = JSON.parse(readFileSync(join(root, "layers.json"), "utf8")) as Layers;
    const sources = read();
    const problems = check(layers, sources);
    for (const problem of problems) console.error(problem);
    console.log(`layers: ${sources.length} files, ${problems.length} forbidden imports`);
    return problems.length ? 1 : 0;
  });
}
