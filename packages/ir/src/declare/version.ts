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
