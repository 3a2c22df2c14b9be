import { createHash } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { must, root, step, UserError } from "../lib/process.ts";
import { python } from "./python.ts";
import { digest, home, isReady, markReady } from "./stamp.ts";

interface Wheel {
  readonly package: string;
  readonly tag: string;
  readonly sha256: string;
  readonly minimumMacos?: number;
}

interface Table {
  readonly version: string;
  readonly wheels: Readonly<Record<string, readonly Wheel[]>>;
}

const tablePath = join(root, "scripts", "mlx-wheels.json");
const folder = join(home, "mlx");

/** The private copy has its own name inside the process, of the same length because it is patched in place. */
const publicName = "libmlx.so";
const privateName = "libhlm.so";

/** macOS 26 is Darwin 25; before the numbering changed, macOS 15 was Darwin 24. */
function macosMajor(): number {
  const darwin = Number(release().split(".")[0]);
  return darwin >= 25 ? darwin + 1 : darwin - 9;
}

function glibc(): string | undefined {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime;
}

function selectWheel(table: Table): Wheel {
  const key = `${process.platform}-${process.arch}`;
  const choices = table.wheels[key];
  if (!choices) {
    throw new UserError(
      `MLX ${table.version} has no wheel for ${key}: supported are ${Object.keys(table.wheels).join(", ")}. ` +
        "With an MLX of your own, set HLOOM_MLX_DIR to the folder that holds mlx/include and mlx/lib.",
    );
  }
  if (process.platform === "linux") {
    const [major, minor] = (glibc() ?? "0.0").split(".").map(Number) as [number, number];
    if (major < 2 || (major === 2 && minor < 35)) {
      throw new UserError(
        `MLX ${table.version} needs glibc 2.35 or newer (Debian 12, Ubuntu 22.04); this system has ${glibc() ?? "another C library"}.`,
      );
    }
  }
  const wheel = choices.find((each) => each.minimumMacos === undefined || each.minimumMacos <= macosMajor());
  if (!wheel) throw new UserError(`MLX ${table.version} needs macOS 14 or newer.`);
  return wheel;
}

/** Unpacks the wheel for the oldest macOS that MLX supports, to compile against where there is no Mac. */
export async function setUpMlxForMacos(): Promise<string> {
  const bytes = readFileSync(tablePath);
  const place = join(home, "mlx-macos");
  const inputs = digest(bytes);
  if (isReady(place, inputs)) return place;
  const table = JSON.parse(bytes.toString()) as Table;
  const wheel = table.wheels["darwin-arm64"]!.at(-1)!;
  const path = await step(`mlx: ${wheel.package} ${table.version} (${wheel.tag}), checked by sha256`, () =>
    fetchWheel(table, wheel),
  );
  rmSync(place, { recursive: true, force: true });
  await must(python, ["-m", "zipfile", "-e", path, place], { output: "quiet" });
  markReady(place, inputs);
  return place;
}

/** Fetches the wheel with pip, so that the user's own package index settings hold, and checks it here. */
async function fetchWheel(table: Table, wheel: Wheel): Promise<string> {
  const downloads = join(home, "downloads");
  rmSync(downloads, { recursive: true, force: true });
  mkdirSync(downloads, { recursive: true });
  await must(
    python,
    ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"].concat(
      "--only-binary=:all:",
      "--platform",
      wheel.tag,
      "--dest",
      downloads,
      `${wheel.package}==${table.version}`,
    ),
    { output: "quiet" },
  );
  const name = readdirSync(downloads).find((each) => each.endsWith(".whl"));
  if (!name) throw new UserError(`pip left no wheel of ${wheel.package} ${table.version}`);
  const path = join(downloads, name);
  const actual = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (actual !== wheel.sha256) {
    throw new UserError(`${name} has sha256 ${actual}, expected ${wheel.sha256} (scripts/mlx-wheels.json)`);
  }
  return path;
}

/**
 * Copies the library under a name of our own. Two libraries of one name in a process are one library, the
 * first that was loaded: a user's own `import mlx` of another version would then break ours, or ours theirs.
 */
async function makePrivateCopy(lib: string): Promise<void> {
  if (process.platform === "darwin") {
    // Not measured: no Mac was at hand.
    const copy = join(lib, "libhlm.dylib");
    copyFileSync(join(lib, "libmlx.dylib"), copy);
    await must("install_name_tool", ["-id", "@rpath/libhlm.dylib", copy], { output: "quiet" });
    await must("codesign", ["--force", "--sign", "-", copy], { output: "quiet" });
    return;
  }
  writeFileSync(join(lib, privateName), renamed(readFileSync(join(lib, publicName))));
}

/** The same library with its SONAME replaced; it must be there exactly once, else the layout is not known. */
export function renamed(library: Buffer): Buffer {
  const at = library.indexOf(`\0${publicName}\0`);
  if (at < 0 || library.indexOf(`\0${publicName}\0`, at + 1) >= 0) {
    throw new UserError(`expected one "${publicName}" in the library's names`);
  }
  const copy = Buffer.from(library);
  copy.write(privateName, at + 1, "latin1");
  return copy;
}

/** Unpacks the pinned MLX of this platform to `.hloom/mlx`, as it lies in the wheel, with the private copy beside. */
export async function setUpMlx(): Promise<void> {
  const own = process.env["HLOOM_MLX_DIR"];
  if (own) {
    console.log(`✓ mlx: HLOOM_MLX_DIR=${own}, nothing fetched`);
    return;
  }
  const bytes = readFileSync(tablePath);
  const inputs = digest(bytes);
  if (isReady(folder, inputs)) return;
  const table = JSON.parse(bytes.toString()) as Table;
  const wheel = selectWheel(table);
  const path = await step(`mlx: ${wheel.package} ${table.version} (${wheel.tag}), checked by sha256`, () =>
    fetchWheel(table, wheel),
  );
  await step("mlx: unpack, and a private copy of the library", async () => {
    const fresh = join(home, "mlx.new");
    rmSync(fresh, { recursive: true, force: true });
    await must(python, ["-m", "zipfile", "-e", path, fresh], { output: "quiet" });
    await makePrivateCopy(join(fresh, "mlx", "lib"));
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    rmSync(join(home, "downloads"), { recursive: true, force: true });
  });
  markReady(folder, inputs);
}
