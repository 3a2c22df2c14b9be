/** VHLO versions, `0.9.0` to the current one: when an op or field came, and how older artifacts are read. */
export type Version = `${number}.${number}.${number}`;

export const minimumVersion: Version = "0.9.0";
export const currentVersion: Version = "1.20.0";

/** Negative when `a` is older than `b`. */
export function compareVersions(a: Version, b: Version): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  return left[0]! - right[0]! || left[1]! - right[1]! || left[2]! - right[2]!;
}

/** The newest minor version of each major one. */
const newestMinor: readonly number[] = [20, 20];

/** Whether there is such a VHLO version to write for; patch versions do not change VHLO, but name releases. */
export function isVhloVersion(text: string): text is Version {
  const parts = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (!parts || Number(parts[2]) > (newestMinor[Number(parts[1])] ?? -1)) return false;
  const version = text as Version;
  return compareVersions(version, minimumVersion) >= 0 && compareVersions(version, currentVersion) <= 0;
}

/** The version whose ops and attributes a release has: patch versions change neither. */
export function withoutPatch(version: Version): Version {
  const [major, minor] = version.split(".");
  return `${Number(major)}.${Number(minor)}.0`;
}

/** Layout of MLIR's container that a release of StableHLO writes. */
export function bytecodeVersionOf(version: Version): number {
  const newest = bytecodeVersions.find(([since]) => compareVersions(since, version) <= 0);
  return newest?.[1] ?? 0;
}

const bytecodeVersions: readonly (readonly [Version, number])[] = [
  ["0.15.0", 6],
  ["0.14.0", 4],
  ["0.12.0", 3],
  ["0.10.0", 1],
];
