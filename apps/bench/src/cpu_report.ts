/** What `pnpm bench cpu` found, as tables for people. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { type Group, groups, programAims } from "./cpu_groups.ts";
import { geometricMean, type Measurement, type Row, speed } from "./measure.ts";

export interface CpuReport {
  readonly machine: string;
  readonly node: string;
  readonly commit: string;
  readonly date: string;
  readonly kernels: readonly Row[];
  /** Whole programs: run and compile times beside XLA:CPU. */
  readonly programs: readonly Row[];
  /** Small programs beside StableHLO's reference interpreter. */
  readonly reference: readonly Row[];
}

/** On one thread and on two, without and with wide vectors. */
export interface Ratios {
  readonly one?: number;
  readonly two?: number;
  readonly wideOne?: number;
  readonly wideTwo?: number;
}

const isMeasured = (result: Measurement | string | undefined): result is Measurement =>
  typeof result === "object";

function ratio(row: Row, base: string, name: string, of: typeof speed = speed): number | undefined {
  const [a, b] = [row.results[base], row.results[name]];
  return isMeasured(a) && isMeasured(b) ? of(a, b) : undefined;
}

/** How many times as fast as XLA:CPU on as many threads. */
export function ratiosOf(row: Row, of: typeof speed = speed): Ratios {
  const cells = {
    one: ratio(row, "XLA 1", "hloom 1", of),
    two: ratio(row, "XLA 2", "hloom 2", of),
    wideOne: ratio(row, "XLA 1", "wide 1", of),
    wideTwo: ratio(row, "XLA 2", "wide 2", of),
  };
  return Object.fromEntries(Object.entries(cells).filter(([, value]) => value !== undefined));
}

/** Of compile times: those of one core, since compilers run beside each other otherwise. */
export const compileSpeed: typeof speed = (base, other) => base.compile / other.compile;

const columns = ["one", "two", "wideOne", "wideTwo"] as const;
const titles = {
  one: "1 thread",
  two: "2 threads",
  wideOne: "1 thread, wide",
  wideTwo: "2 threads, wide",
} as const;

/** The ratio; in bold when it reaches the aim, else with a cross. */
function cell(value: number | undefined, aim: number): string {
  if (value === undefined) return "–";
  const text = value < 10 ? value.toFixed(2) : value.toFixed(0);
  return value >= aim ? `**${text}**` : `${text} ✗`;
}

function tableOf(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...body.map(line)].join("\n");
}

const milliseconds = (result: Measurement | string | undefined, pick: "run" | "compile" = "run") =>
  isMeasured(result) ? result[pick].toPrecision(3) : "–";

function shownColumns(rows: readonly Row[]): (typeof columns)[number][] {
  return columns.filter((column) => rows.some((row) => ratiosOf(row)[column] !== undefined));
}

const aimOf = (group: Pick<Group, "aim" | "wideAim">, column: (typeof columns)[number]) =>
  column.startsWith("wide") ? group.wideAim : group.aim;

function groupTable(group: Group, rows: readonly Row[]): string {
  const shown = shownColumns(rows);
  const body = rows.map((row) => [
    row.program,
    ...shown.map((column) => cell(ratiosOf(row)[column], aimOf(group, column))),
    milliseconds(row.results["XLA 1"]),
    milliseconds(row.results["hloom 1"]),
  ]);
  const means = shown.map((column) => {
    const values = rows.flatMap((row) => ratiosOf(row)[column] ?? []);
    return values.length > 0 ? cell(geometricMean(values), aimOf(group, column)) : "–";
  });
  const aims = `aim ${group.aim}×${group.wideAim === group.aim ? "" : `, wide ${group.wideAim}×`}`;
  return `### ${group.name} (${aims})\n\n${tableOf(
    ["", ...shown.map((column) => titles[column]), "XLA, ms", "hloom, ms"],
    [...body, ["*geometric mean*", ...means, "", ""]],
  )}`;
}

function programTable(rows: readonly Row[]): string {
  const shown = shownColumns(rows);
  const aim = (column: (typeof columns)[number]) =>
    column.startsWith("wide") ? programAims.wideRun : programAims.run;
  const body = rows.map((row) => [
    basename(row.program),
    ...shown.map((column) => cell(ratiosOf(row)[column], aim(column))),
    milliseconds(row.results["hloom 1"]),
    cell(ratiosOf(row, compileSpeed).one, programAims.compile),
    milliseconds(row.results["hloom 1"], "compile"),
  ]);
  const mean = (values: readonly number[], wanted: number) =>
    values.length > 0 ? cell(geometricMean(values), wanted) : "–";
  const means = [
    "*geometric mean*",
    ...shown.map((column) =>
      mean(
        rows.flatMap((row) => ratiosOf(row)[column] ?? []),
        aim(column),
      ),
    ),
    "",
    mean(
      rows.flatMap((row) => ratiosOf(row, compileSpeed).one ?? []),
      programAims.compile,
    ),
    "",
  ];
  const head = [
    "",
    ...shown.map((column) => titles[column]),
    "hloom, ms",
    "compile, 1 thread",
    "hloom compile, ms",
  ];
  return `### whole programs (aim of the mean: run ${programAims.run}×, wide ${programAims.wideRun}×; compile ${programAims.compile}×)\n\n${tableOf(head, [...body, means])}`;
}

function referenceLine(rows: readonly Row[]): string {
  const values = rows.flatMap((row) => ratio(row, "interpreter", "hloom") ?? []);
  const mean = values.length > 0 ? cell(geometricMean(values), programAims.reference) : "–";
  return `### beside StableHLO's reference interpreter (aim ${programAims.reference}×)

${mean}: the geometric mean over the ${values.length} of ${rows.length} small JAX programs that jaxlib's interpreter runs; the fastest
${quantile(values, 1)}, the median ${quantile(values, 0.5)}, the slowest ${quantile(values, 0)}.`;
}

function quantile(values: readonly number[], part: number): string {
  if (values.length === 0) return "–";
  const sorted = [...values].sort((a, b) => a - b);
  return `${sorted[Math.round(part * (sorted.length - 1))]!.toFixed(1)}×`;
}

function reasons(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ program, results }) =>
    Object.entries(results).flatMap(([name, result]) =>
      isMeasured(result) ? [] : [`- ${basename(program)}, ${name}: ${result}`],
    ),
  );
  return lines.length > 0 ? `\n\nNot measured:\n\n${lines.join("\n")}` : "";
}

export function markdownReport(report: CpuReport): string {
  const { kernels, programs, reference } = report;
  const sections = groups.flatMap((group) => {
    const rows = kernels.filter(({ program }) => group.programs.includes(program));
    return rows.length > 0 ? [groupTable(group, rows)] : [];
  });
  if (programs.length > 0) sections.push(programTable(programs));
  if (reference.length > 0) sections.push(referenceLine(reference));
  const head = `Commit ${report.commit}, ${report.date}, ${report.machine}, Node ${report.node.slice(1)}.`;
  return `${head}\n\n${sections.join("\n\n")}${reasons([...kernels, ...programs])}\n`;
}

const [start, end] = ["<!-- bench cpu -->", "<!-- end of bench cpu -->"];

/** Replaces what stands between the marks. */
export function writeIntoDocs(report: CpuReport, file: string): void {
  const text = readFileSync(file, "utf8");
  const [before, rest] = text.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`${file} has no marks for the table`);
  writeFileSync(file, `${before}${start}\n\n${markdownReport(report)}\n${end}${after}`);
}
