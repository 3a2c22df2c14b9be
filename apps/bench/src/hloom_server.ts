/** A backend of hloom as a contestant in a process of its own: `hloom_server.ts BACKEND`, the protocol of `server.py`. */
import { createInterface } from "node:readline";
import { loadBackend } from "@hloom/backend";
import { HloomContestant } from "./hloom.ts";

interface Request {
  readonly prepare?: string;
  readonly folder?: string;
  readonly run?: string;
  readonly times?: number;
}

const name = process.argv[2] ?? "cpu";
const contestant = new HloomContestant(name, await loadBackend(name, import.meta.url));

async function answer({ prepare, folder, run, times }: Request): Promise<unknown> {
  if (prepare !== undefined) return await contestant.prepare(prepare, folder!);
  return { samples: await contestant.run(run!, times!) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line) as Request).catch((error: Error) => ({ error: error.message }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
await contestant.close();
