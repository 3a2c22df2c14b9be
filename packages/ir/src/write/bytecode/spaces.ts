/**
 * Two ways to spell attributes and types: VHLO's for what StableHLO's ops have, builtin's for the module, Shardy's
 * ops and whatever VHLO has no form of.
 */

import { compareVersions, type Version } from "../../declare/version.ts";
import type { VhloGap } from "../../declare/vhlo.ts";
import type { Attribute, Attributes } from "../../model/attributes.ts";
import { type Location, unknownLocation } from "../../model/location.ts";
import type { Type } from "../../model/types.ts";
import { attributeText, typeText } from "../text.ts";
import { writeBuiltinAttribute, writeBuiltinType, writeDictionary, writeFilePosition } from "./builtin.ts";
import { type Encoded, type Entry, EntryPool, laterOf } from "./entries.ts";
import { EntryWriter, type Nested } from "./entry_writer.ts";
import { writeSdyAttribute } from "./sdy.ts";
import { writeStablehloType } from "./stablehlo.ts";
import { sortedEntries, writeVhloAttribute, writeVhloType } from "./vhlo.ts";

export type Space = "vhlo" | "builtin";

/** Versions since when artifacts may hold more than VHLO. */
export const mixedSince: Version = "1.11.0";

/** MLIR did not know ranges of source text before. */
const rangesSince: Version = "1.9.0";

export class Spaces {
  readonly #pool = new EntryPool();
  readonly #target: Version;
  readonly #spaces: Readonly<Record<Space, Nested>>;

  constructor(target: Version) {
    this.#target = target;
    const location = (location: Location) => this.location(location);
    this.#spaces = {
      vhlo: {
        attribute: remembered((attribute) => this.#vhloAttribute(attribute)),
        type: remembered((type) => this.#vhloType(type)),
        location,
      },
      builtin: {
        attribute: remembered((attribute) => this.#builtinAttribute(attribute)),
        type: remembered((type) => this.#builtinType(type)),
        location,
      },
    };
  }

  attribute(attribute: Attribute, space: Space): Encoded {
    return this.#spaces[space].attribute(attribute);
  }

  type(type: Type, space: Space): Encoded {
    return this.#spaces[space].type(type);
  }

  location(location: Location = unknownLocation): Encoded {
    return this.#spaces.builtin.attribute(this.#wrapped(location));
  }

  /** An op's attributes: a dictionary of the builtin dialect whose values are spelled as the op's are. */
  dictionary(attributes: Attributes, space: Space): Encoded {
    const pairs = sortedEntries(attributes).map(
      ([name, attribute]) => [name, this.attribute(attribute, space)] as const,
    );
    return this.#builtin("attribute", "builtin", (writer) => {
      writeDictionary(writer, pairs);
      return true;
    });
  }

  readonly #locations = new WeakMap<Location, Attribute>();

  #wrapped(location: Location): Attribute {
    let attribute = this.#locations.get(location);
    if (!attribute) this.#locations.set(location, (attribute = { kind: "location", location }));
    return attribute;
  }

  #vhloAttribute(attribute: Attribute): Encoded {
    const writer = new EntryWriter(this.#spaces.vhlo);
    const form = writeVhloAttribute(writer, attribute);
    if (form.written) return this.#intern("attribute", "vhlo", writer, form.needs);
    return this.#foreign(this.attribute(attribute, "builtin"), `the attribute ${attributeText(attribute)}`);
  }

  #vhloType(type: Type): Encoded {
    const writer = new EntryWriter(this.#spaces.vhlo);
    const form = writeVhloType(writer, type);
    if (form.written) return this.#intern("type", "vhlo", writer, form.needs);
    return this.#foreign(this.type(type, "builtin"), `the type ${typeText(type)}`);
  }

  /** The entry as a part of VHLO, which it is not: artifacts that mix dialects came later. */
  #foreign({ entry }: Encoded, feature: string): Encoded {
    return { entry, needs: { feature, since: mixedSince } };
  }

  #builtinAttribute(attribute: Attribute): Encoded {
    if (attribute.kind === "dictionary") return this.dictionary(attribute.entries, "builtin");
    if (attribute.kind === "record" && attribute.name.startsWith("sdy.")) {
      return this.#builtin(
        "attribute",
        "sdy",
        (writer) => writeSdyAttribute(writer, attribute),
        () => attributeText(attribute),
      );
    }
    if (attribute.kind === "location" && attribute.location.kind === "file" && !this.#knowsRanges) {
      const { location } = attribute;
      return this.#builtin("attribute", "builtin", (writer) => {
        writeFilePosition(writer, location);
        return true;
      });
    }
    return this.#builtin(
      "attribute",
      attribute.kind === "enum" || attribute.kind === "record" ? dialectOf(attribute.name) : "builtin",
      (writer) => writeBuiltinAttribute(writer, attribute),
      () => attributeText(attribute),
    );
  }

  get #knowsRanges(): boolean {
    return compareVersions(this.#target, rangesSince) >= 0;
  }

  #builtinType(type: Type): Encoded {
    const isStablehlo = type.kind === "token" || type.kind === "future";
    return this.#builtin(
      "type",
      isStablehlo ? "stablehlo" : "builtin",
      (writer) => (isStablehlo ? writeStablehloType(writer, type) : writeBuiltinType(writer, type)),
      () => typeText(type),
    );
  }

  /** The dialect's binary form, or else the text, which names its dialect itself. */
  #builtin(
    table: Entry["table"],
    dialect: string,
    write: (writer: EntryWriter) => boolean,
    text?: () => string,
  ): Encoded {
    const writer = new EntryWriter(this.#spaces.builtin);
    if (write(writer)) return this.#intern(table, dialect, writer);
    const assembly = text!();
    const plain = new EntryWriter(this.#spaces.builtin);
    plain.assembly(assembly);
    const parts = plain.finish();
    const named = /^[#!](\w+)/.exec(assembly)?.[1] ?? dialect;
    return { entry: this.#pool.intern({ table, dialect: named, custom: false, parts }) };
  }

  #intern(table: Entry["table"], dialect: string, writer: EntryWriter, needs?: VhloGap): Encoded {
    const entry = this.#pool.intern({ table, dialect, custom: true, parts: writer.finish() });
    return { entry, needs: laterOf(needs, writer.needs) };
  }
}

function dialectOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** Ops share attribute and type objects; each is encoded once. */
function remembered<T extends object>(encode: (key: T) => Encoded): (key: T) => Encoded {
  const known = new WeakMap<T, Encoded>();
  return (key) => {
    let encoded = known.get(key);
    if (!encoded) known.set(key, (encoded = encode(key)));
    return encoded;
  };
}
