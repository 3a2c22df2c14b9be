/** WebAssembly's instructions by their names in the specification: `code("f32x4.add")` are its bytes. */

import { unsigned } from "./assembler.ts";

/** Signed LEB128; a bigint for 64 bits. */
export function signed(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

/** The first opcode of a run, what their names have in common, and the rest of each name; `-` is no instruction. */
type Row = readonly [first: number, prefix: string, names: string];

const rows = {
  plain: [
    [0x00, "", "unreachable nop block loop if else"],
    [0x0b, "", "end br br_if br_table return call"],
    [0x1a, "", "drop select"],
    [0x20, "local.", "get set tee"],
    [0x28, "", "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u"],
    [0x30, "i64.", "load8_s load8_u load16_s load16_u load32_s load32_u"],
    [
      0x36,
      "",
      "i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32",
    ],
    [0x3f, "memory.", "size grow"],
    [0x41, "", "i32.const i64.const f32.const f64.const"],
    [0x45, "i32.", "eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"],
    [0x50, "i64.", "eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"],
    [0x5b, "f32.", "eq ne lt gt le ge"],
    [0x61, "f64.", "eq ne lt gt le ge"],
    [0x67, "i32.", "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"],
    [0x79, "i64.", "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"],
    [0x8b, "f32.", "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"],
    [0x99, "f64.", "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"],
    [0xa7, "i32.", "wrap_i64"],
    [0xac, "i64.", "extend_i32_s extend_i32_u"],
    [0xb2, "f32.", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u demote_f64"],
    [0xb7, "f64.", "convert_i32_s convert_i32_u convert_i64_s convert_i64_u promote_f32"],
    [0xbc, "", "i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64"],
    [0xc0, "", "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s"],
  ],
  /** Behind the byte 0xfc. */
  miscellaneous: [
    [0x00, "i32.", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"],
    [0x04, "i64.", "trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u"],
    [0x0a, "memory.", "copy fill"],
  ],
  /** Behind the byte 0xfd. */
  vector: [
    [0x00, "v128.", "load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u"],
    [0x07, "v128.", "load8_splat load16_splat load32_splat load64_splat store const"],
    [0x0d, "", "i8x16.shuffle i8x16.swizzle"],
    [0x0f, "", "i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat"],
    [0x15, "i8x16.", "extract_lane_s extract_lane_u replace_lane"],
    [0x18, "i16x8.", "extract_lane_s extract_lane_u replace_lane"],
    [0x1b, "", "i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane"],
    [0x1f, "", "f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane"],
    [0x23, "i8x16.", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"],
    [0x2d, "i16x8.", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"],
    [0x37, "i32x4.", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"],
    [0x41, "f32x4.", "eq ne lt gt le ge"],
    [0x47, "f64x2.", "eq ne lt gt le ge"],
    [0x4d, "v128.", "not and andnot or xor bitselect any_true"],
    [0x54, "v128.", "load8_lane load16_lane load32_lane load64_lane"],
    [0x58, "v128.", "store8_lane store16_lane store32_lane store64_lane load32_zero load64_zero"],
    [0x5e, "", "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"],
    [0x60, "i8x16.", "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u"],
    [0x67, "f32x4.", "ceil floor trunc nearest"],
    [0x6b, "i8x16.", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"],
    [0x74, "", "f64x2.ceil f64x2.floor i8x16.min_s i8x16.min_u i8x16.max_s i8x16.max_u f64x2.trunc"],
    [0x7c, "", "i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u"],
    [0x7e, "", "i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u"],
    [0x80, "i16x8.", "abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u"],
    [0x87, "i16x8.", "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u"],
    [0x8b, "i16x8.", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u"],
    [0x94, "", "f64x2.nearest i16x8.mul i16x8.min_s i16x8.min_u i16x8.max_s i16x8.max_u"],
    [0x9c, "i16x8.", "extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u"],
    [0xa0, "i32x4.", "abs neg - all_true bitmask"],
    [0xa7, "i32x4.", "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u"],
    [0xab, "i32x4.", "shl shr_s shr_u add - - sub - - - mul min_s min_u max_s max_u dot_i16x8_s"],
    [0xbc, "i32x4.", "extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u"],
    [0xc0, "i64x2.", "abs neg - all_true bitmask"],
    [0xc7, "i64x2.", "extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u"],
    [0xcb, "i64x2.", "shl shr_s shr_u add - - sub - - - mul eq ne lt_s gt_s le_s ge_s"],
    [0xdc, "i64x2.", "extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u"],
    [0xe0, "f32x4.", "abs neg - sqrt add sub mul div min max pmin pmax"],
    [0xec, "f64x2.", "abs neg - sqrt add sub mul div min max pmin pmax"],
    [0xf8, "i32x4.", "trunc_sat_f32x4_s trunc_sat_f32x4_u"],
    [0xfa, "f32x4.", "convert_i32x4_s convert_i32x4_u"],
    [0xfc, "i32x4.", "trunc_sat_f64x2_s_zero trunc_sat_f64x2_u_zero"],
    [0xfe, "f64x2.", "convert_low_i32x4_s convert_low_i32x4_u"],
    [0x100, "", "i8x16.relaxed_swizzle i32x4.relaxed_trunc_f32x4_s i32x4.relaxed_trunc_f32x4_u"],
    [0x105, "", "f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd"],
    [
      0x109,
      "",
      "i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect",
    ],
    [0x10d, "", "f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max"],
  ],
  /** Behind the byte 0xfe. */
  atomic: [
    [0x00, "memory.atomic.", "notify wait32 wait64"],
    [0x10, "", "i32.atomic.load i64.atomic.load"],
    [0x17, "", "i32.atomic.store i64.atomic.store"],
    [0x1e, "", "i32.atomic.rmw.add i64.atomic.rmw.add"],
  ],
} as const satisfies Readonly<Record<string, readonly Row[]>>;

type Words<Text extends string> = Text extends `${infer Word} ${infer Rest}`
  ? Exclude<Word, "-"> | Words<Rest>
  : Text;
type Named<R> = R extends readonly [number, infer P extends string, infer W extends string]
  ? `${P}${Words<W>}`
  : never;
type Rows = typeof rows;

/** Its name in the specification. */
export type Instruction = { [K in keyof Rows]: Named<Rows[K][number]> }[keyof Rows];

const prefixes: Readonly<Record<keyof Rows, readonly number[]>> = {
  plain: [],
  miscellaneous: [0xfc],
  vector: [0xfd],
  atomic: [0xfe],
};

const bytesOfName = new Map<string, readonly number[]>();
for (const [group, prefix] of Object.entries(prefixes)) {
  for (const [first, common, names] of rows[group as keyof Rows] as readonly Row[]) {
    names.split(" ").forEach((name, i) => {
      const opcode = prefix.length > 0 ? unsigned(first + i) : [first + i];
      bytesOfName.set(common + name, [...prefix, ...opcode]);
    });
  }
}

/** Its bytes, before those of its immediates. */
export function code(name: Instruction): readonly number[] {
  return bytesOfName.get(name)!;
}

/** A load or store, at an offset from the address on the stack; lane loads and stores also name the lane. */
export function access(name: Instruction, offset = 0, lane?: number): number[] {
  return [...code(name), 0, ...unsigned(offset), ...(lane === undefined ? [] : [lane])];
}

const scratch = new DataView(new ArrayBuffer(8));

/** A constant on the stack: `i32.const`, `i64.const`, `f32.const` or `f64.const`. */
export const constant = {
  i32: (value: number): number[] => [...code("i32.const"), ...signed(value | 0)],
  i64: (value: bigint): number[] => [...code("i64.const"), ...signed(BigInt.asIntN(64, value))],
  f32(value: number): number[] {
    scratch.setFloat32(0, value, true);
    return [...code("f32.const"), ...new Uint8Array(scratch.buffer, 0, 4)];
  },
  f64(value: number): number[] {
    scratch.setFloat64(0, value, true);
    return [...code("f64.const"), ...new Uint8Array(scratch.buffer)];
  },
  /** 16 bytes. */
  v128: (bytes: ArrayLike<number>): number[] => [...code("v128.const"), ...Array.from(bytes)],
} as const;

/** `get`, `set` or `tee` of a local. */
export const local = {
  get: (index: number): number[] => [...code("local.get"), ...unsigned(index)],
  set: (index: number): number[] => [...code("local.set"), ...unsigned(index)],
  tee: (index: number): number[] => [...code("local.tee"), ...unsigned(index)],
} as const;

/** Heads of blocks without results, branches and calls. */
export const control = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  else: [0x05],
  end: [0x0b],
  br: (depth: number): number[] => [...code("br"), ...unsigned(depth)],
  brIf: (depth: number): number[] => [...code("br_if"), ...unsigned(depth)],
  call: (index: number): number[] => [...code("call"), ...unsigned(index)],
} as const;
