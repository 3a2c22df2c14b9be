/** Enums and records that the ops' declarations know, by their full names. */
import { type NamedForm, recordForms as ownForms, structForm } from "../declare/directives/records.ts";
import type { EnumKind } from "../declare/kinds.ts";
import type { RecordField, RecordKind } from "../declare/record_kinds.ts";
import * as enums from "./enums.ts";
import * as records from "./records.ts";
import * as sdy from "./sdy_kinds.ts";

const kinds: readonly unknown[] = [...Object.values(enums), ...Object.values(records), ...Object.values(sdy)];

function isEnum(kind: unknown): kind is EnumKind<string> {
  return typeof kind === "object" && kind !== null && "enumName" in kind;
}

function isRecord(kind: unknown): kind is RecordKind<Readonly<Record<string, RecordField>>> {
  return typeof kind === "object" && kind !== null && "recordName" in kind;
}

export const enumKinds: ReadonlyMap<string, EnumKind<string>> = new Map(
  kinds.filter(isEnum).map((kind) => [kind.enumName, kind]),
);

export const recordForms: ReadonlyMap<string, NamedForm> = new Map<string, NamedForm>([
  ...kinds.filter(isRecord).map((kind) => [kind.recordName, structForm(kind)] as const),
  ...Object.entries(ownForms),
]);

/** Other names under which a record is read, with what stands between their brackets. */
export const recordSpellings: ReadonlyMap<string, { readonly name: string; readonly form: NamedForm }> =
  new Map([
    [
      "stablehlo.type_extensions",
      { name: records.typeExtensions.recordName, form: structForm(records.typeExtensions) },
    ],
  ]);
