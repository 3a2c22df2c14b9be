import { readFileSync, readdirSync } from "node:fs";
import { readModule, verify } from "@hloom/ir";
import { cpu } from "@hloom/backend-cpu";
const count = new Map<string, [number, string]>();
for (const dir of ["/work/shared/workloads", "/work/shared/conformance/gen/jax_0_10_2_pjrt"]) for (const f of readdirSync(dir).filter((f) => f.endsWith(".mlir"))) {
  try {
    const r = readModule(readFileSync(`${dir}/${f}`));
    const v = verify(r.module!).module!;
    let t = 0;
    await cpu().compile(v, { onStage: (s) => { t += s.milliseconds; if (s.name === "plan") for (const l of s.text().split("\n")) { const m = /(\S+) by evaluate/.exec(l); if (m) { const c = count.get(m[1]!) ?? [0, ""]; c[0]++; if (!c[1].includes(f)) c[1] += " " + f; count.set(m[1]!, c); } } } });
    if (t > 100) console.log(f, t);
  } catch (e) { console.log(f, (e as Error).message.split("\n")[0]); }
}
for (const [k, v] of [...count].sort((a, b) => b[1][0] - a[1][0])) console.log(k, v[0], v[1].slice(0, 150));
