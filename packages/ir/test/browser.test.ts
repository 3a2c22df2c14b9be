/** The package in a real browser: JAX's programs read, verified, printed and evaluated in headless Chromium. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { describe, expect, it, test } from "vitest";
import {
  asTensor,
  entryFunction,
  evaluate,
  functionType,
  type HostTensor,
  readModule,
  verify,
  viewOf,
} from "../src/index.ts";
import type { Answer, Question } from "./browser/page.ts";
import { bytesAt, root, textAt } from "./data.ts";
import { readNpz } from "./npz.ts";

/** `$HLOOM_CHROMIUM`, or a Chromium or Chrome on the path. */
function findBrowser(): string | undefined {
  if (process.env.HLOOM_CHROMIUM) return process.env.HLOOM_CHROMIUM;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

const browser = findBrowser();
const folder = "gen/jax_0_10_2_pjrt";
/** Loops, calls, random bits, special functions, a sort, small floats, 64-bit integers. */
const names = [
  "attention",
  "while",
  "rand_uniform",
  "erf_inv",
  "topk",
  "f8",
  "i64",
  "convnet",
  "scatter_apply",
];

function questionOf(name: string): Question {
  const bytes = bytesAt(`${folder}/${name}.mlir.bc`);
  const arrays = readNpz(bytesAt(`${folder}/${name}.npz`));
  const { inputs } = functionType(entryFunction(readModule(bytes).module!)!);
  return {
    name,
    bytecode: Buffer.from(bytes).toString("base64"),
    inputs: inputs.map((type, i) => ({
      type: type as HostTensor["type"],
      bytes: Buffer.from(arrays.get(`in${i}`)!).toString("base64"),
    })),
  };
}

/** What Node gives for the same question. */
function outputsHere({ bytecode, inputs }: Question): string[][] {
  const { module } = verify(readModule(Buffer.from(bytecode, "base64")).module!);
  const tensors = inputs.map(({ type, bytes }) => {
    const { element } = type;
    const copy = new Uint8Array(Buffer.from(bytes, "base64"));
    return { type, data: viewOf(element, copy) };
  });
  return evaluate(module!, tensors)
    .map(asTensor)
    .map(({ data }) => Array.from(data as ArrayLike<number | bigint>, String));
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "browser/page.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2024",
    write: false,
    charset: "utf8",
  });
  return outputFiles[0]!.text;
}

/** Loads the page and returns what it left in its body. */
async function ask(questions: readonly Question[]): Promise<Answer[]> {
  const scratch = mkdtempSync(join(tmpdir(), "hloom-browser-"));
  try {
    const page = join(scratch, "page.html");
    const script = (await bundle()).replaceAll("</script", "<\\/script");
    writeFileSync(
      page,
      `<!doctype html><meta charset="utf-8"><body>
      <script type="application/json" id="questions">${JSON.stringify(questions)}</script>
      <script>${script}</script></body>`,
    );
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    const profile = `--user-data-dir=${join(scratch, "profile")}`;
    const { stdout } = await promisify(execFile)(
      browser!,
      [...options, profile, "--dump-dom", pathToFileURL(page).href],
      { maxBuffer: 2 ** 26, timeout: 50_000 },
    );
    const body = /<body>(.*)<\/body>/s.exec(stdout)?.[1] ?? "";
    return JSON.parse(
      body.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    ) as Answer[];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const missing = browser
  ? `needs the conformance data: set HLOOM_CONFORMANCE (looked in ${root})`
  : "needs a Chromium: set HLOOM_CHROMIUM or have `chromium` on the path";

describe("in a browser", () => {
  if (!browser || !existsSync(root)) {
    it.skip(missing, () => {});
    return;
  }

  test("reads, verifies, prints and evaluates JAX's programs as Node does, and prints them as MLIR does", async () => {
    const questions = names.map(questionOf);
    const answers = await ask(questions);
    expect(answers.map(({ name, error }) => ({ name, error }))).toEqual(names.map((name) => ({ name })));
    for (const [i, { name, text, outputs }] of answers.entries()) {
      expect(text, name).toBe(textAt(`golden/${folder}/${name}.mlir.bc.pretty`));
      expect(outputs, name).toEqual(outputsHere(questions[i]!));
    }
  });
});
