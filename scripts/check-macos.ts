/**
 * Cross-compiles both native libraries for macOS 14 on Apple silicon and links them against the real libmlx.dylib, so
 * that an error which only a Mac would show is seen on Linux. Nothing is run: what Metal does is not measured by this.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main, must, root, step } from "./lib/process.ts";
import { setUpMlxForMacos } from "./setup/mlx.ts";
import { setUpPython, setUpZig, zigPython } from "./setup/python.ts";
import { alone, home } from "./setup/stamp.ts";

const target = "aarch64-macos.14.0";

/** Package and target. The Node addon is left out: this linker does not make bundles with undefined symbols. */
const libraries = [
  ["backend-mlx", "hloom_mlx"],
  ["plugin-pjrt", "hloom_pjrt"],
] as const;

/** CMake takes a compiler by its path, without arguments. */
function compiler(name: string, language: string, ...fixed: string[]): string {
  const path = join(home, "zig", "bin", name);
  writeFileSync(path, `#!/bin/sh\nexec "${zigPython}" -m ziglang ${language} ${fixed.join(" ")} "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

main(async () => {
  const mlx = await alone(async () => {
    await setUpPython();
    await setUpZig();
    return setUpMlxForMacos();
  });
  const toolchain = join(home, "zig", "macos.cmake");
  writeFileSync(
    toolchain,
    [
      "set(CMAKE_SYSTEM_NAME Darwin)",
      "set(CMAKE_SYSTEM_PROCESSOR arm64)",
      `set(CMAKE_C_COMPILER "${compiler("zig-cc", "cc", `-target ${target}`)}")`,
      `set(CMAKE_CXX_COMPILER "${compiler("zig-cxx", "c++", `-target ${target}`)}")`,
      `set(CMAKE_AR "${compiler("zig-ar", "ar")}")`,
      `set(CMAKE_RANLIB "${compiler("zig-ranlib", "ranlib")}")`,
      'set(CMAKE_OSX_ARCHITECTURES "")',
      "set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)",
      // The toolchain cannot run what it builds, and CMake's probes want to know about Apple's own tools.
      "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)",
      "",
    ].join("\n"),
  );
  for (const [name, library] of libraries) {
    const build = join(home, "macos", name);
    mkdirSync(build, { recursive: true });
    await step(`${name} for ${target}`, async () => {
      const settings = [
        "-DCMAKE_BUILD_TYPE=Release",
        `-DCMAKE_TOOLCHAIN_FILE=${toolchain}`,
        `-DHLOOM_MLX_DIR=${mlx}`,
      ];
      await must("cmake", ["-S", join(root, "packages", name), "-B", build, ...settings], {
        output: "quiet",
      });
      await must("cmake", ["--build", build, "--target", library, "--parallel", "2"], { output: "quiet" });
    });
  }
  console.log("✓ both libraries compile and link for macOS; nothing was run");
});
