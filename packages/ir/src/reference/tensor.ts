/** Values at evaluation time. */
import type { HostTensor } from "../model/storage.ts";

export type Tensor = HostTensor;

/** A tensor, a token, or a tuple of them. */
export type Datum = Tensor | TokenDatum | TupleDatum;

export interface TokenDatum {
  readonly token: true;
}

export interface TupleDatum {
  readonly elements: readonly Datum[];
}
