/** A process that runs cases one at a time: a crash or a hang takes only it along. */
import { Device, loadBackend } from "@hloom/backend";
import { runCase, type Verdict } from "./case.ts";
import type { Case } from "./suites.ts";

export interface Request {
  readonly one: Case;
  readonly backend: string;
}

const devices = new Map<string, Promise<Device>>();

function open(name: string): Promise<Device> {
  let device = devices.get(name);
  if (!device) {
    device = loadBackend(name, import.meta.url).then((backend) => new Device(backend));
    devices.set(name, device);
  }
  return device;
}

process.on("message", async ({ one, backend }: Request) => {
  const verdict: Verdict = await runCase(one, () => open(backend));
  process.send?.(verdict);
});
