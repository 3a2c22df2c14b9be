/** Saved programs: a line that says what they are, a JSON header with the signature, and the backend's own bytes. */
import { ProgramError } from "./errors.ts";
import type { Signature } from "./signature.ts";

const magic = "hloom program 1\n";

export interface SavedProgram {
  readonly signature: Signature;
  /** The backend that compiled it. */
  readonly backend: string;
  readonly program: Uint8Array;
}

export function packProgram({ signature, backend, program }: SavedProgram): Uint8Array {
  const header = new TextEncoder().encode(`${magic}${JSON.stringify({ signature, backend })}\n`);
  const bytes = new Uint8Array(header.length + program.length);
  bytes.set(header);
  bytes.set(program, header.length);
  return bytes;
}

/** Throws {@link ProgramError} for bytes that `save` did not give. */
export function unpackProgram(bytes: Uint8Array): SavedProgram {
  const start = new TextDecoder().decode(bytes.subarray(0, magic.length));
  const end = bytes.indexOf(10, magic.length);
  if (start !== magic || end < 0)
    throw new ProgramError(
      "these bytes are not a program that save() gave; compile() reads what JAX exports",
    );
  try {
    const header = new TextDecoder().decode(bytes.subarray(magic.length, end));
    const { signature, backend } = JSON.parse(header) as Omit<SavedProgram, "program">;
    return { signature, backend, program: bytes.subarray(end + 1) };
  } catch {
    throw new ProgramError("the saved program is damaged");
  }
}
