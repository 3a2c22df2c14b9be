/** Trains a network on hloom: prepares the machine, builds, then runs examples/demo.py in the private Python. */
import { build, pluginPath } from "./lib/build.ts";
import { main, run } from "./lib/process.ts";
import { python } from "./setup/python.ts";
import { setUp } from "./setup.ts";

main(async () => {
  await setUp();
  await build();
  console.log("\nexamples/demo.py, on the JAX platform hloom:");
  return run(python, ["examples/demo.py", ...process.argv.slice(2)], {
    env: { PYTHONPATH: pluginPath(), JAX_PLATFORMS: process.env["JAX_PLATFORMS"] ?? "hloom,cpu" },
  });
});
