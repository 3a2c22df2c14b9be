/** The server answers over HTTP, and says what is wrong with a request. */
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { compile, type Tensor } from "hloom";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "./server.ts";

const model = readFileSync(join(import.meta.dirname, "../digits/digits.jaxexport"));
const program = await compile<(image: Float32Array) => Tensor>(model);
const server = serve({ digits: program });
let address = "";

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await program.dispose();
});

const post = async (path: string, body: unknown) => {
  const response = await fetch(address + path, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

const image = Array.from({ length: 8 }, (_, row) =>
  Array.from({ length: 8 }, (_, column) => Number(column > 2 && column < 5 && row < 8)),
);

test("says what there is", async () => {
  expect(await (await fetch(address)).json()).toEqual({
    digits: {
      inputs: [{ name: "image", dtype: "float32", shape: [8, 8] }],
      outputs: [{ name: "result", dtype: "float32", shape: [10] }],
    },
  });
});

test("answers as the program does", async () => {
  const { status, body } = await post("/digits", { image });
  expect(status).toBe(200);
  const wanted = await program(Float32Array.from(image.flat()));
  expect(body.result).toEqual(wanted.toNested());
});

test("answers requests that come at the same time", async () => {
  const answers = await Promise.all(Array.from({ length: 16 }, () => post("/digits", { image })));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
});

test.each([
  ["/digits", { image: [[1]] }, 400, "argument image has the shape [1, 1]; the program takes float32[8,8]"],
  ["/digits", { picture: image }, 400, "argument picture is unknown; the program takes image"],
  ["/digits", [], 400, "the body is not a JSON object of arrays by name"],
  ["/letters", {}, 404, 'there is no program "letters"'],
])("%s %o ends in %d", async (path, request, status, error) => {
  expect(await post(path, request)).toEqual({ status, body: { error } });
});
