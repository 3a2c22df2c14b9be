/** Prepares, builds and runs the bench, with MLX's own Python package to compare with. Arguments go to the bench. */
import { build, pluginPath } from "./lib/build.ts";
import { main, run } from "./lib/process.ts";
import { setUp } from "./setup.ts";

main(async () => {
  await setUp(["bench"]);
  await build();
  // Node itself strips the types: tsx would wrap every function that hot loops make, which no published build does.
  return run("node", ["--conditions=@hloom/source", "apps/bench/src/main.ts", ...process.argv.slice(2)], {
    env: { PYTHONPATH: pluginPath() },
  });
});
