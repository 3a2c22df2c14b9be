/** Seeded damage to bytes, for tests that feed readers what nobody would write. */

/** Numbers in [0, limit), the same for the same seed (mulberry32). */
export function random(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return Math.floor((((word ^ (word >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

type Draw = (limit: number) => number;

/** Bytes that readers stumble over: zero, all ones, the longest varint's head, small numbers, the largest byte number. */
const awkward = [0x00, 0xff, 0x80, 0x7f, 0x01, 0x02, 0x03, 0xfe];

const mutations = {
  truncate: (bytes, draw) => bytes.slice(0, draw(bytes.length)),
  flip: (bytes, draw) => edited(bytes, draw(bytes.length), (byte) => byte ^ (1 << draw(8))),
  set: (bytes, draw) => edited(bytes, draw(bytes.length), () => awkward[draw(awkward.length)]!),
  delete: (bytes, draw) => spliced(bytes, draw(bytes.length), 1 + draw(8), new Uint8Array()),
  insert: (bytes, draw) => {
    const inserted = Uint8Array.from({ length: 1 + draw(8) }, () => draw(256));
    return spliced(bytes, draw(bytes.length), 0, inserted);
  },
  splice: (bytes, draw, other) => {
    const from = draw(other.length);
    return spliced(bytes, draw(bytes.length), draw(64), other.subarray(from, from + draw(64)));
  },
  overwrite: (bytes, draw, other) => {
    const from = draw(other.length);
    const stretch = other.subarray(from, from + 1 + draw(16));
    const at = draw(bytes.length);
    return spliced(bytes, at, stretch.length, stretch.subarray(0, bytes.length - at));
  },
} as const satisfies Record<string, (bytes: Uint8Array, draw: Draw, other: Uint8Array) => Uint8Array>;
export type Mutation = keyof typeof mutations;
export const mutationNames = Object.keys(mutations) as Mutation[];

/** Damage that keeps every length, and so gets past the outer layers of a format. */
const inPlace: readonly Mutation[] = ["flip", "set", "overwrite"];

/** `bytes` with one to four pieces of damage; `other` lends bytes for splices. Two seeds of three keep the length. */
export function mutated(
  seed: number,
  bytes: Uint8Array,
  other: Uint8Array,
): { bytes: Uint8Array; done: Mutation[] } {
  const draw = random(seed);
  const done: Mutation[] = [];
  const names = draw(3) === 0 ? mutationNames : inPlace;
  let result = bytes;
  for (let left = 1 + draw(4); left > 0 && result.length > 0; left--) {
    const name = names[draw(names.length)]!;
    result = mutations[name](result, draw, other);
    done.push(name);
  }
  return { bytes: result, done };
}

function edited(bytes: Uint8Array, at: number, edit: (byte: number) => number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at] = edit(copy[at]!);
  return copy;
}

function spliced(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const rest = bytes.subarray(at + removed);
  const result = new Uint8Array(at + inserted.length + rest.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(rest, at + inserted.length);
  return result;
}
