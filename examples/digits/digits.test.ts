/** The page in headless Chromium, with a mouse that draws; and the model in Node on the same strokes. */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { compile, type Tensor } from "hloom";
import { expect, test } from "vitest";
import { pageText } from "./bundle.ts";
import { imageOf, type Stroke } from "./strokes.ts";

const along = (count: number, at: (t: number) => readonly [x: number, y: number]): Stroke =>
  Array.from({ length: count + 1 }, (_, i) => at(i / count)).map(([x, y]) => ({ x, y }));

const line = (...corners: readonly (readonly [x: number, y: number])[]): Stroke =>
  corners.map(([x, y]) => ({ x, y }));

/** Strokes on a canvas of 256 by 256, by the digit that they draw. */
const drawings: readonly { readonly digit: number; readonly strokes: readonly Stroke[] }[] = [
  {
    digit: 0,
    strokes: [along(32, (t) => [128 + 55 * Math.sin(2 * Math.PI * t), 128 - 90 * Math.cos(2 * Math.PI * t)])],
  },
  { digit: 1, strokes: [line([95, 75], [135, 35], [135, 220])] },
  {
    digit: 2,
    strokes: [
      [
        ...along(16, (t) => [128 - 55 * Math.cos(Math.PI * 1.2 * t), 90 - 55 * Math.sin(Math.PI * 1.2 * t)]),
        ...line([75, 215], [190, 215]),
      ],
    ],
  },
  { digit: 4, strokes: [line([120, 40], [75, 150], [185, 150]), line([150, 90], [145, 220])] },
  { digit: 7, strokes: [line([75, 45], [180, 45], [115, 220])] },
];

test("the model in Node knows what is drawn", async () => {
  const model = readFileSync(join(import.meta.dirname, "digits.jaxexport"));
  await using classify = await compile<(image: Float32Array) => Tensor>(model);
  expect(classify.inputs).toMatchObject([{ name: "image", dtype: "float32", shape: [8, 8] }]);
  const answers: number[] = [];
  for (const { strokes } of drawings) {
    const { data } = await classify(imageOf(strokes));
    answers.push(data.indexOf(Math.max(...(data as Float32Array)) as never));
  }
  expect(answers).toEqual(drawings.map(({ digit }) => digit));
});

/** Draws with the mouse, then leaves the page's answers as the body's text. */
const driver = `<script type="module">
  const canvas = document.querySelector("canvas");
  const output = document.querySelector("output");
  const until = async (condition) => { while (!condition()) await new Promise((done) => setTimeout(done, 5)); };
  const send = (type, { x, y }, buttons) => {
    const { left, top } = canvas.getBoundingClientRect();
    const place = { clientX: left + canvas.clientLeft + x, clientY: top + canvas.clientTop + y };
    canvas.dispatchEvent(new PointerEvent(type, { ...place, buttons, bubbles: true }));
  };
  await until(() => "ready" in document.body.dataset);
  const answers = [];
  for (const strokes of DRAWINGS) {
    document.querySelector("button").click();
    for (const [i, stroke] of strokes.entries()) {
      send("pointerdown", stroke[0], 1);
      for (const point of stroke) send("pointermove", point, 1);
      output.value = "";
      send("pointerup", stroke.at(-1), 0);
      await until(() => output.value !== "");
    }
    answers.push(output.value);
  }
  document.body.textContent = answers.join(" ");
</script>`;

/** `$HLOOM_CHROMIUM`, or a Chromium or Chrome on the path. */
function findBrowser(): string | undefined {
  if (process.env.HLOOM_CHROMIUM) return process.env.HLOOM_CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

const browser = findBrowser();

test.runIf(browser)("the page in a browser answers the same", async () => {
  const scratch = mkdtempSync(join(tmpdir(), "hloom-digits-"));
  try {
    const page = join(scratch, "page.html");
    const strokes = JSON.stringify(drawings.map((drawing) => drawing.strokes));
    writeFileSync(page, (await pageText()) + driver.replace("DRAWINGS", strokes));
    const options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    const session = [`--user-data-dir=${join(scratch, "profile")}`, "--virtual-time-budget=20000"];
    const { stdout } = await promisify(execFile)(
      browser!,
      [...options, ...session, "--dump-dom", pathToFileURL(page).href],
      { maxBuffer: 2 ** 26, timeout: 50_000 },
    );
    const body = /<body[^>]*>(.*)<\/body>/s.exec(stdout)?.[1] ?? stdout.slice(-2000);
    expect(body.trim()).toBe(drawings.map(({ digit }) => digit).join(" "));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
