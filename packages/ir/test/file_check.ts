/** The part of LLVM's FileCheck that StableHLO's pass tests use: `// CHECK` lines, looked for in what a pass printed. */

type Kind = "plain" | "next" | "same" | "not" | "dag";

interface Directive {
  readonly kind: Kind;
  readonly pattern: string;
}

const kinds: Readonly<Record<string, Kind>> = {
  "": "plain",
  "-LABEL": "plain",
  "-NEXT": "next",
  "-SAME": "same",
  "-NOT": "not",
  "-DAG": "dag",
};

export function directivesIn(text: string, prefix = "CHECK"): Directive[] {
  const lines = text.matchAll(new RegExp(`// *${prefix}(-[A-Z]+)?: *(.*?) *$`, "gm"));
  return [...lines].map(([, suffix = "", pattern]) => {
    const kind = kinds[suffix];
    if (!kind) throw new Error(`${prefix}${suffix} is not known here`);
    return { kind, pattern: pattern! };
  });
}

/** The first directive that does not hold, or undefined when all do. */
export function fileCheck(directives: readonly Directive[], output: string): string | undefined {
  const variables = new Map<string, string>();
  let at = 0;
  let absent: Directive[] = [];
  /** Where a run of `-DAG` lines may start to match, and how far its matches go. */
  let dag: { readonly from: number; to: number } | undefined;

  for (const directive of directives) {
    if (directive.kind === "not") {
      absent.push(directive);
      continue;
    }
    if (directive.kind === "dag") dag ??= { from: at, to: at };
    else dag = undefined;
    const found = search(directive, output, dag?.from ?? at, variables);
    const between = found && found.start - at;
    const newlines = found ? output.slice(at, found.start).split("\n").length - 1 : 0;
    const placed =
      (directive.kind !== "next" || newlines === 1) && (directive.kind !== "same" || newlines === 0);
    if (!found || between === undefined || !placed) return `${directive.kind}: ${directive.pattern}`;
    const region = output.slice(at, found.start);
    const present = absent.find((each) => search(each, region, 0, variables));
    if (present) return `not: ${present.pattern}`;
    absent = [];
    if (dag) dag.to = Math.max(dag.to, found.end);
    at = dag ? dag.to : found.end;
  }
  const present = absent.find((each) => search(each, output.slice(at), 0, variables));
  return present && `not: ${present.pattern}`;
}

function search(
  { pattern }: Directive,
  output: string,
  from: number,
  variables: Map<string, string>,
): { readonly start: number; readonly end: number } | undefined {
  const names: string[] = [];
  const parts = pattern.split(/(\{\{.*?\}\}|\[\[[A-Za-z_$]\w*(?::.*?)?\]\])/);
  const source = parts.map((part) => {
    const [, regex] = /^\{\{(.*)\}\}$/.exec(part) ?? [];
    if (regex !== undefined) return `(?:${regex})`;
    const [, name, definition] = /^\[\[(\$?\w+)(?::(.*))?\]\]$/.exec(part) ?? [];
    if (name === undefined) return escaped(part);
    if (definition === undefined) {
      const earlier = names.indexOf(name);
      return earlier >= 0 ? `\\k<v${earlier}>` : escaped(variables.get(name) ?? "\0");
    }
    names.push(name);
    return `(?<v${names.length - 1}>${definition})`;
  });
  const expression = new RegExp(source.join(""), "g");
  expression.lastIndex = from;
  const match = expression.exec(output);
  if (!match) return undefined;
  names.forEach((name, i) => variables.set(name, match.groups![`v${i}`]!));
  return { start: match.index, end: match.index + match[0].length };
}

/** Blanks match any blanks. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/[ \t]+/g, "[ \\t]+");
}
