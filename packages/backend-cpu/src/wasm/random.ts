/** Random words by Philox-4x32 and Threefry-2x32 (Salmon et al., SC 2011), from counters that run. */
import type { WasmFunction } from "./assembler.ts";
import {
  add,
  apply,
  type Code,
  count,
  FunctionCode,
  increase,
  type Local,
  load,
  set,
  store,
  subtract,
  times,
  when,
} from "./code.ts";
import { constant } from "./instructions.ts";
import { instantiate } from "./module.ts";

const wide = (word: Code | Local): Code => apply("i64.extend_i32_u", word);
const upper = (word: Code | Local): Code =>
  apply("i32.wrap_i64", apply("i64.shr_u", word, constant.i64(32n)));
const lower = (word: Code | Local): Code => apply("i32.wrap_i64", word);
const setNext = (counter: Local): Code => set(counter, apply("i64.add", counter, constant.i64(1n)));

/** `philox(state, to, blocks)`: state is a key and a counter of 128 bits; a block is four words. */
function philoxFunction(): WasmFunction {
  const code = new FunctionCode();
  const { state, to, blocks } = code.parameters("state", "to", "blocks");
  const [block, a, b, c, d] = [code.local(), code.local(), code.local(), code.local(), code.local()];
  const [low, high, first, second] = [
    code.local("i64"),
    code.local("i64"),
    code.local("i64"),
    code.local("i64"),
  ];
  const [k0, k1] = [code.local(), code.local()];
  const rounds = Array.from({ length: 10 }, (_, round) => {
    const key = (word: Local, step: number) => add(word, Math.imul(round, step));
    return [
      ...set(first, apply("i64.mul", wide(a), constant.i64(0xd2511f53n))),
      ...set(second, apply("i64.mul", wide(c), constant.i64(0xcd9e8d57n))),
      ...set(a, apply("i32.xor", apply("i32.xor", upper(second), b), key(k0, 0x9e3779b9))),
      ...set(b, lower(second)),
      ...set(c, apply("i32.xor", apply("i32.xor", upper(first), d), key(k1, 0xbb67ae85))),
      ...set(d, lower(first)),
    ];
  });
  return code.finish("philox", [
    ...set(k0, load("i32.load", state)),
    ...set(k1, load("i32.load", state, 4)),
    ...set(low, load("i64.load", state, 8)),
    ...set(high, load("i64.load", state, 16)),
    ...count(block, blocks, 1, [
      ...[...set(a, lower(low)), ...set(b, upper(low)), ...set(c, lower(high)), ...set(d, upper(high))],
      ...rounds.flat(),
      ...[a, b, c, d].flatMap((word, i) => store("i32.store", to, word, 4 * i)),
      ...increase(to, 16),
      ...setNext(low),
      ...when(apply("i64.eqz", low), setNext(high)),
    ]),
  ]);
}

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const parity = 0x1bd11bda;

/**
 * `threefry(state, to, outer, along, inner, odd)`: state is a key and a counter of 64 bits. The two words of a block are
 * neighbours along the middle dimension of [outer, 2 along, inner] words; with `odd` its last is dropped.
 */
function threefryFunction(): WasmFunction {
  const code = new FunctionCode();
  const names = ["state", "to", "outer", "along", "inner", "odd"] as const;
  const { state, to, outer, along, inner, odd } = code.parameters(...names);
  const [o, a, i, x, y, row] = [
    code.local(),
    code.local(),
    code.local(),
    code.local(),
    code.local(),
    code.local(),
  ];
  const schedule = [code.local(), code.local(), code.local()];
  const counter = code.local("i64");
  const rounds = Array.from({ length: 20 }, (_, round) => {
    const group = (round + 1) / 4;
    return [
      ...set(x, add(x, y)),
      ...set(y, apply("i32.xor", apply("i32.rotl", y, rotations[round % 8]!), x)),
      ...(round % 4 === 3
        ? [...set(x, add(x, schedule[group % 3]!)), ...set(y, add(y, schedule[(group + 1) % 3]!, group))]
        : []),
    ];
  });
  const key = schedule.slice(0, 2) as [Local, Local];
  return code.finish("threefry", [
    ...key.flatMap((word, at) => set(word, load("i32.load", state, 4 * at))),
    ...set(schedule[2]!, apply("i32.xor", apply("i32.xor", key[0], key[1]), parity)),
    ...set(counter, load("i64.load", state, 8)),
    ...set(row, times(inner, 4)),
    ...count(o, outer, 1, [
      ...count(a, along, 1, [
        ...count(i, inner, 1, [
          ...set(x, add(lower(counter), key[0])),
          ...set(y, add(upper(counter), key[1])),
          ...rounds.flat(),
          ...store("i32.store", to, x),
          ...when(
            apply("i32.or", apply("i32.eqz", odd), apply("i32.ne", a, subtract(along, 1))),
            store("i32.store", add(to, row), y),
          ),
          ...increase(to, 4),
          ...setNext(counter),
        ]),
        ...increase(to, row),
      ]),
      ...when(odd, increase(to, subtract(0, row))),
    ]),
  ]);
}

export interface Random {
  readonly philox: (state: number, to: number, blocks: number) => void;
  readonly threefry: (...operands: number[]) => void;
}

let compiled: Random | undefined;

export function randomFunctions(): Random {
  compiled ??= instantiate([philoxFunction(), threefryFunction()]) as unknown as Random;
  return compiled;
}
