import type { Backend } from "../src/backend.ts";
import type { Device } from "../src/device.ts";

/** Opens a fresh backend; the kit closes it. */
export type Open = () => Backend | Promise<Backend>;

/** A failure that is known: strict, so that the entry must go when the case passes. */
export interface KnownFailure {
  readonly test: string;
  readonly reason: string;
  readonly issue?: string;
}

/** A whole program for the chapter `programs`: text or bytecode, run on generated arguments. */
export interface ProgramSource {
  readonly name: string;
  readonly source: string | Uint8Array;
}

export interface ConformOptions {
  readonly known?: readonly KnownFailure[];
  /** Further programs, checked against the reference evaluator. */
  readonly programs?: readonly ProgramSource[];
  /** Which random programs to try; 100 unless told. */
  readonly seeds?: { readonly first: number; readonly count: number };
  /** Only cases whose names contain this. */
  readonly filter?: string;
}

/**
 * One test of the kit. `run` throws when the backend is wrong, and `UnsupportedError` when the backend says itself
 * that it lacks what the test needs.
 */
export interface KitCase {
  /** `life/upload and read f32` */
  readonly name: string;
  readonly run: (device: Device) => Promise<void>;
}

export type Verdict = "pass" | "fail" | "unsupported" | "known-failure" | "unexpected-pass";

export interface VerdictRow {
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason?: string;
}

export interface ConformanceTable {
  readonly backend: string;
  readonly rows: readonly VerdictRow[];
  readonly counts: Readonly<Record<Verdict, number>>;
  /** Nothing failed, and nothing passed that is listed as failing. */
  readonly ok: boolean;
}
