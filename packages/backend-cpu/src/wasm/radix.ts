/** Sorting of unsigned 32-bit keys by their digits, from the lowest on; stable. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  call,
  copyBytes,
  countTo,
  FunctionCode,
  fillBytes,
  increase,
  type Local,
  load,
  set,
  store,
  subtract,
  times,
  when,
} from "./code.ts";
import { instantiate } from "./module.ts";

const word = (address: Code | Local, offset = 0): Code => load("i32.load", address, offset);

/** The place of a key's digit in the table of counts. */
const digitAt = (key: Local, counts: Local, shift: Local, mask: Local): Code =>
  add(counts, times(apply("i32.and", apply("i32.shr_u", key, shift), mask), 4));

/** `count(keys, end, counts, shift, mask)`: how many keys have each digit. */
function countFunction(): WasmFunction {
  const code = new FunctionCode();
  const { keys, end, counts, shift, mask } = code.parameters("keys", "end", "counts", "shift", "mask");
  const [key, at] = [code.local(), code.local()];
  return code.finish(
    undefined,
    countTo(keys, end, 4, [
      ...set(key, word(keys)),
      ...set(at, digitAt(key, counts, shift, mask)),
      ...store("i32.store", at, add(word(at), 1)),
    ]),
  );
}

/**
 * `place(keys, end, to, items, toItems, counts, shift, mask, itemsToo)`: `counts` holds where each digit's next key
 * goes; items go with their keys.
 */
function placeFunction(): WasmFunction {
  const code = new FunctionCode();
  const names = ["keys", "end", "to", "items", "toItems", "counts", "shift", "mask", "itemsToo"] as const;
  const { keys, end, to, items, toItems, counts, shift, mask, itemsToo } = code.parameters(...names);
  const [key, at, offset] = [code.local(), code.local(), code.local()];
  const placeKey = [
    ...set(key, word(keys)),
    ...set(at, digitAt(key, counts, shift, mask)),
    ...set(offset, word(at)),
    ...store("i32.store", add(to, offset), key),
    ...store("i32.store", at, add(offset, 4)),
  ];
  const placeItem = [...store("i32.store", add(toItems, offset), word(items)), ...increase(items, 4)];
  return code.finish(
    undefined,
    when(itemsToo, countTo(keys, end, 4, [...placeKey, ...placeItem]), countTo(keys, end, 4, placeKey)),
  );
}

/**
 * `sort(keys, spareKeys, items, spareItems, n, counts, bits, itemsToo)`: sorts in place, with digits of `bits` bits.
 * `counts` has room for 4 × 2^bits bytes.
 */
function sortFunction(): WasmFunction {
  const code = new FunctionCode();
  const names = ["keys", "spareKeys", "items", "spareItems", "n", "counts", "bits", "itemsToo"] as const;
  const of = code.parameters(...names);
  const [from, to, fromItems, toItems] = [code.local(), code.local(), code.local(), code.local()];
  const [shift, mask, bytes, at, sum, size] = code.locals(6);
  const swap = (a: Local, b: Local) => [...set(at, a), ...set(a, b), ...set(b, at)];
  const tableBytes = times(add(mask, 1), 4);
  const sums = [
    ...set(sum, 0),
    ...set(at, of.counts),
    ...countTo(at, add(of.counts, tableBytes), 4, [
      ...set(size, times(word(at), 4)),
      ...store("i32.store", at, sum),
      ...increase(sum, size),
    ]),
  ];
  const end = add(from, bytes);
  const pass = [
    ...fillBytes(of.counts, 0, tableBytes),
    ...call(0, from, end, of.counts, shift, mask),
    // A digit that all keys share moves nothing.
    ...set(at, word(from)),
    ...when(apply("i32.ne", word(digitAt(at, of.counts, shift, mask)), of.n), [
      ...sums,
      ...call(1, from, end, to, fromItems, toItems, of.counts, shift, mask, of.itemsToo),
      ...swap(from, to),
      ...swap(fromItems, toItems),
    ]),
  ];
  return code.finish("sort", [
    ...set(from, of.keys),
    ...set(to, of.spareKeys),
    ...set(fromItems, of.items),
    ...set(toItems, of.spareItems),
    ...set(bytes, times(of.n, 4)),
    ...set(mask, subtract(apply("i32.shl", 1, of.bits), 1)),
    ...set(shift, 0),
    ...when(of.n, countTo(shift, 32, of.bits, pass)),
    ...when(apply("i32.ne", from, of.keys), [
      ...copyBytes(of.keys, from, bytes),
      ...when(of.itemsToo, copyBytes(of.items, fromItems, bytes)),
    ]),
  ]);
}

/** `pick(words, items, end, to)`: the words that items from `items` to `end` number. */
function pickFunction(): WasmFunction {
  const code = new FunctionCode();
  const { words, items, end, to } = code.parameters("words", "items", "end", "to");
  return code.finish(
    "pick",
    countTo(items, end, 4, [
      ...store("i32.store", to, word(add(words, times(word(items), 4)))),
      ...increase(to, 4),
    ]),
  );
}

export interface Radix {
  readonly sort: (...operands: number[]) => void;
  readonly pick: (...operands: number[]) => void;
}

let compiled: Radix | undefined;

export function radix(): Radix {
  compiled ??= instantiate([
    countFunction(),
    placeFunction(),
    sortFunction(),
    pickFunction(),
  ]) as unknown as Radix;
  return compiled;
}
