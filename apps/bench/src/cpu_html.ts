/** `pnpm bench cpu --html FILE`: the ratios as bars, one page without anything to load. */
import { basename } from "node:path";
import { type Group, groups, programAims } from "./cpu_groups.ts";
import { type CpuReport, compileSpeed, ratiosOf } from "./cpu_report.ts";
import type { Row } from "./measure.ts";

const width = 640;
const line = 16;
/** Ratios from a hundredth to a hundred, in equal steps of factors. */
const scale = (ratio: number) => (width * (Math.log10(Math.min(100, Math.max(0.01, ratio))) + 2)) / 4;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

interface Bar {
  readonly name: string;
  readonly ratio: number;
  readonly title: string;
}

/** Bars grow from 1 (as fast as XLA:CPU) to both sides; the line across them is the aim. */
function chart(bars: readonly Bar[], aim: number): string {
  const height = bars.length * line;
  const rects = bars.map(({ name, ratio, title }, i) => {
    const [from, to] = [scale(Math.min(1, ratio)), scale(Math.max(1, ratio))];
    const y = i * line;
    return `<g class="${ratio >= aim ? "hit" : "miss"}"><title>${escaped(title)}</title>
<text x="-8" y="${y + 12}" text-anchor="end">${escaped(name)}</text>
<rect x="${from}" y="${y + 2}" width="${Math.max(1, to - from)}" height="${line - 4}"/>
<text x="${width + 8}" y="${y + 12}">${ratio.toPrecision(3)}×</text></g>`;
  });
  const rule = (ratio: number, kind: string) =>
    `<line class="${kind}" x1="${scale(ratio)}" x2="${scale(ratio)}" y1="0" y2="${height}"/>`;
  return `<svg viewBox="-220 0 ${width + 300} ${height}">${rule(1, "one")}${rects.join("\n")}${rule(aim, "aim")}</svg>`;
}

function barsOf(rows: readonly Row[], of?: Parameters<typeof ratiosOf>[1]): Bar[] {
  return rows.flatMap((row) => {
    const { one, two } = ratiosOf(row, of);
    const name = basename(row.program);
    return [
      ...(one === undefined ? [] : [{ name, ratio: one, title: `${name}, 1 thread` }]),
      ...(two === undefined || of ? [] : [{ name: "2 threads", ratio: two, title: `${name}, 2 threads` }]),
    ];
  });
}

function section({ name, aim }: Pick<Group, "name" | "aim">, bars: readonly Bar[]): string {
  return bars.length === 0 ? "" : `<h2>${escaped(name)} <small>aim ${aim}×</small></h2>${chart(bars, aim)}`;
}

export function htmlReport({ kernels, programs, machine, node, commit, date }: CpuReport): string {
  const sections = [
    ...groups.map((group) =>
      section(group, barsOf(kernels.filter(({ program }) => group.programs.includes(program)))),
    ),
    section({ name: "whole programs, run", aim: programAims.run }, barsOf(programs)),
    section({ name: "whole programs, compile", aim: programAims.compile }, barsOf(programs, compileSpeed)),
  ];
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>hloom cpu beside XLA:CPU</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; font-size: 11px; } .hit rect { fill: #2a9d8f; } .miss rect { fill: #e76f51; }
.one { stroke: #888; } .aim { stroke: #264653; stroke-dasharray: 3 2; } small { font-weight: normal; }
@media (prefers-color-scheme: dark) { body { background: #1d1f21; color: #ddd; } text { fill: #ddd; } .aim { stroke: #fff; } }
</style>
<h1>hloom cpu beside XLA:CPU</h1>
<p>How many times as fast, on a logarithmic scale: bars to the right of the grey line are faster than XLA:CPU, the dashed line
is the aim. Commit ${commit}, ${date}, ${escaped(machine)}, Node ${node.slice(1)}.</p>
${sections.join("\n")}</html>
`;
}
