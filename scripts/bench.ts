/** Prepares, builds and runs the bench, with MLX's own Python package to compare with. Arguments go to the bench. */
import { build, pluginPath } from "./lib/build.ts";
import { main, run } from "./lib/process.ts";
import { setUp } from "./setup.ts";

main(async () => {
  await setUp(["bench"]);
  await build();
  return run("tsx", ["--conditions=@hloom/source", "apps/bench/src/main.ts", ...process.argv.slice(2)], {
    env: { PYTHONPATH: pluginPath() },
  });
});
