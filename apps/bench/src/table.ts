/** The table that people read; `--json` prints the rows themselves. */
import colours from "picocolors";
import { type Measurement, type Row, speed } from "./measure.ts";

const isMeasured = (result: Measurement | string | undefined): result is Measurement =>
  typeof result === "object";

/** Ratios to `baseline` (above 1: faster than it), then run and compile times in columns of their own. */
export function tableText(rows: readonly Row[], names: readonly string[], baseline: string): string {
  const ratios = table(
    [`× ${baseline}`, ...names],
    rows.map(({ program, results }) => {
      const base = results[baseline];
      const cell = (name: string) => {
        const result = results[name];
        if (!isMeasured(result)) return "–";
        return isMeasured(base) ? `${speed(base, result).toFixed(2)}×` : "?";
      };
      return [program, ...names.map(cell)];
    }),
  );
  const times = (title: string, pick: (measurement: Measurement) => number) =>
    table(
      [title, ...names],
      rows.map(({ program, results }) => [
        program,
        ...names.map((name) => milliseconds(results[name], pick)),
      ]),
    );
  const reasons = rows.flatMap(({ program, results }) =>
    Object.entries(results).flatMap(([name, result]) =>
      isMeasured(result) ? [] : [`  ${program}, ${name}: ${result}`],
    ),
  );
  return [
    ratios,
    times("run, ms", ({ run }) => run),
    times("compile, ms", ({ compile }) => compile),
    ...(reasons.length > 0 ? [`not measured:\n${reasons.join("\n")}`] : []),
  ].join("\n\n");
}

function milliseconds(
  result: Measurement | string | undefined,
  pick: (measurement: Measurement) => number,
): string {
  if (!isMeasured(result)) return "–";
  const value = pick(result);
  return value < 1 ? value.toFixed(3) : value.toFixed(value < 100 ? 2 : 0);
}

/** Columns as wide as they must be, the first to the left. */
export function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
  return [colours.bold(line(head)), ...body.map(line)].join("\n");
}
