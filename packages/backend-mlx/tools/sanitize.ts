/**
 * The runtime under AddressSanitizer and ThreadSanitizer, eight threads at once, and its memory over ten thousand runs of a
 * training step: `pnpm --filter @hloom/backend-mlx sanitize`. Fails on any report, and when the process grows by 5 MB.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModule, verify } from "@hloom/ir";
import { canaries } from "../src/canaries.ts";
import { translate } from "../src/compile.ts";
import mlxBackend from "../src/index.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const threads = 8;
const runs = 40;
const soak = 10_000;
const allowedMegabytes = 5;

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status === 0) return stdout;
  process.stderr.write(stdout + stderr);
  throw new Error(`${command} ${args[0]} ended with ${status}`);
}

/** The driver of `native/drive.cc`, instrumented in a folder of its own, or as the package is built. */
function driver(sanitizer: string): string {
  const folder = at(sanitizer ? `../build/drive-${sanitizer}` : "../build");
  mkdirSync(folder, { recursive: true });
  run("cmake", ["-S", at(".."), "-B", folder, "-DCMAKE_BUILD_TYPE=Release", `-DHLOOM_SANITIZE=${sanitizer}`]);
  run("cmake", ["--build", folder, "--target", "drive", "--parallel", "2"]);
  return join(folder, "drive");
}

function program(folder: string, name: string, text: string): string {
  const { module } = readModule(text);
  const verified = module && verify(module).module;
  if (!verified) throw new Error(`${name} does not verify`);
  const path = join(folder, `${name.replaceAll(" ", "-")}.program`);
  writeFileSync(path, translate(verified, mlxBackend().supports));
  return path;
}

const folder = mkdtempSync(join(tmpdir(), "hloom-sanitize-"));
try {
  const train = program(folder, "train", readFileSync(at("train.mlir"), "utf8"));
  const all = [train, ...canaries.map(({ name, text }) => program(folder, name, text))];
  for (const sanitizer of ["address", "thread"]) {
    // Fixed addresses: ThreadSanitizer does not start on kernels that randomise more bits than it knows.
    run("setarch", ["-R", driver(sanitizer), String(runs), String(threads), ...all], {
      ASAN_OPTIONS: "detect_leaks=1",
      TSAN_OPTIONS: `halt_on_error=1 suppressions=${at("thread.supp")}`,
    });
    console.log(
      `${sanitizer}: ${all.length} programs, ${threads} threads, ${runs} runs each: nothing reported`,
    );
  }
  const [line] = run(driver(""), [String(soak), "1", train])
    .trim()
    .split("\n");
  const grown = Number(line?.split("\t")[2]);
  console.log(
    `memory: ${grown.toFixed(2)} MB more after ${soak} training steps (allowed: ${allowedMegabytes})`,
  );
  if (!(grown < allowedMegabytes)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
