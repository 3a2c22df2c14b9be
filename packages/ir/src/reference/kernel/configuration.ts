import type { Attributes } from "../../model/attributes.ts";

/** An integer of the dictionary that configures a custom call: an attribute of its own or the backend configuration. */
export function integerOfCall(
  { "mhlo.backend_config": mhlo, backend_config: own }: Attributes,
  name: string,
): number {
  const dictionary = mhlo?.kind === "dictionary" ? mhlo : own;
  const value = dictionary?.kind === "dictionary" ? dictionary.entries[name] : undefined;
  if (value?.kind === "integer") return Number(value.value);
  throw new Error(`the custom call has no integer "${name}" in its configuration`);
}
