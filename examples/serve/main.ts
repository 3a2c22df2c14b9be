/** `node --conditions=@hloom/source examples/serve/main.ts [PORT]` serves the digits' model of the page next door. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "hloom";
import { serve } from "./server.ts";

const model = readFileSync(join(import.meta.dirname, "../digits/digits.jaxexport"));
const port = Number(process.argv[2] ?? 8080);
serve({ digits: await compile(model) }).listen(port, () => {
  console.log(`GET http://localhost:${port} says what there is`);
});
