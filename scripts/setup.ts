/**
 * Prepares `.hloom/` (ignored by git), once per machine: the private Python with JAX, and the pinned MLX.
 * A second run finds the stamps and does nothing. `setup.ts bench` adds MLX's own Python package.
 */
import { isMain, main } from "./lib/process.ts";
import { setUpMlx } from "./setup/mlx.ts";
import { setUpPython, setUpPythonMlx } from "./setup/python.ts";
import { alone } from "./setup/stamp.ts";

export async function setUp(extra: readonly string[] = []): Promise<void> {
  await alone(async () => {
    await setUpPython();
    await setUpMlx();
    if (extra.includes("bench")) await setUpPythonMlx();
  });
}

if (isMain(import.meta.url)) main(() => setUp(process.argv.slice(2)));
