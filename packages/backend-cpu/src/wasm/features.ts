/** What the platform's WebAssembly can do beyond what every supported one can. */
import { arena } from "../arena.ts";
import { assemble } from "./assembler.ts";
import { apply, FunctionCode, set, wordsOf } from "./code.ts";

/** The part of the standard interface that is used; its types come with browsers only. */
declare const WebAssembly: { readonly validate: (bytes: Uint8Array<ArrayBuffer>) => boolean };

let fused: boolean | undefined;

/** Whether x·y + z of vectors is there as one instruction, rounded once (on processors that have it). */
export function hasFusedMultiplyAdd(): boolean {
  return (fused ??= validates());
}

function validates(): boolean {
  const code = new FunctionCode();
  const x = code.local("v128");
  const one = wordsOf(0, 0, 0, 0);
  const body = set(x, apply("f32x4.relaxed_madd", one, one, one));
  return WebAssembly.validate(assemble([code.finish("probe", body)], arena));
}
