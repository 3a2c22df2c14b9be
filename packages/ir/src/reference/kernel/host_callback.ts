/** Programs that call the process which started them: Python, when JAX did. */
import type { Type } from "../../model/types.ts";
import type { Tensor } from "../tensor.ts";

export type HostCallback = (
  id: number,
  inputs: readonly Tensor[],
  results: readonly Type[],
) => readonly Tensor[];

let registered: HostCallback | undefined;

/** What the custom call `hloom.callback` calls. One for the process, like the other side of its connection. */
export function setHostCallback(callback: HostCallback | undefined): void {
  registered = callback;
}

export const hostCallback: HostCallback = (id, inputs, results) => {
  if (!registered) throw new Error("the program calls a function of Python, and runs outside of it");
  return registered(id, inputs, results);
};
