/** What stands between the parentheses of `loc(…)`. */
import { type Location, unknownLocation } from "../model/location.ts";
import type { AttributeReader } from "./attribute_reader.ts";

export function readLocation(reader: AttributeReader): Location {
  return reader.nested(() => {
    if (reader.kind === "a string") return fileOrName(reader);
    if (reader.kind === "#") {
      const name = reader.text.slice(1);
      reader.next();
      return reader.locationAlias(name);
    }
    if (reader.take("unknown")) return unknownLocation;
    if (reader.take("callsite")) {
      reader.expect("(");
      const callee = readLocation(reader);
      reader.expect("at");
      const caller = readLocation(reader);
      reader.expect(")");
      return { kind: "call", callee, caller };
    }
    if (reader.take("fused")) {
      const metadata = reader.take("<") ? reader.attribute() : undefined;
      if (metadata) reader.expect(">");
      const locations = reader.list("[", "]", () => readLocation(reader));
      return { kind: "fused", locations, ...(metadata && { metadata }) };
    }
    return reader.fail("expected a location");
  });
}

/** `"file":1:2 to 3:4`, `"file":1:2 to :4`, `"name"`, `"name"(child)` */
function fileOrName(reader: AttributeReader): Location {
  const text = reader.string();
  if (reader.take("(")) {
    const child = readLocation(reader);
    reader.expect(")");
    return { kind: "name", name: text, child };
  }
  if (!reader.take(":")) return { kind: "name", name: text };
  const line = position(reader);
  if (!reader.take(":")) return { kind: "file", file: text, line, column: 0 };
  const column = position(reader);
  if (!reader.take("to")) return { kind: "file", file: text, line, column };
  const endLine = reader.kind === ":" ? line : position(reader);
  reader.expect(":");
  return { kind: "file", file: text, line, column, endLine, endColumn: position(reader) };
}

function position(reader: AttributeReader): number {
  return reader.kind === "-" ? reader.fail("expected a line or column number") : reader.integer();
}
