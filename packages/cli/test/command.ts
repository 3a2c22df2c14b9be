/** The command line in this process: what it wrote and how it ended. */
import { vi } from "vitest";
import { main } from "../src/main.ts";

export async function hloom(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => !!(out += text));
  const complain = vi.spyOn(process.stderr, "write").mockImplementation((text) => !!(err += text));
  try {
    return { code: await main(args), out, err };
  } finally {
    write.mockRestore();
    complain.mockRestore();
  }
}
