/** Pins python/requirements*.in, for every platform and with hashes, into the .txt beside each. Needs the network. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { capture, main, must, step } from "./lib/process.ts";
import { findPython } from "./setup/python.ts";

/** The resolver; only this script uses it. */
const uv = "uv==0.13.9";

main(async () => {
  const place = mkdtempSync(join(tmpdir(), "hloom-lock-"));
  const bin = join(place, "bin");
  try {
    await step(`a scratch environment with ${uv}`, async () => {
      await must(findPython(), ["-m", "venv", place], { output: "quiet" });
      await must(join(bin, "python"), ["-m", "pip", "install", "--quiet", uv], { output: "quiet" });
    });
    // uv does not read pip's configuration: hand it the index that pip would use.
    const index = capture(join(bin, "python"), ["-m", "pip", "config", "get", "global.index-url"]);
    for (const name of ["requirements", "requirements-mlx", "requirements-zig"]) {
      await step(`lock python/${name}.txt`, () =>
        must(
          join(bin, "uv"),
          [
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
          ].concat(
            "--no-annotate",
            "--custom-compile-command",
            "pnpm lock:python",
            `python/${name}.in`,
            "--output-file",
            `python/${name}.txt`,
          ),
          { env: index ? { UV_DEFAULT_INDEX: index } : {} },
        ),
      );
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
