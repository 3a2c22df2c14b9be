// Conversions of narrow elements composed of MLX ops: what a GPU runs. On a CPU the kernels of map/compile.cc do it.
#include "../narrow.h"

namespace hloom::ops {
namespace {

mx::array word(uint32_t value) { return mx::array(value, mx::uint32); }
mx::array number(int value) { return mx::array(value, mx::int32); }

// Bit patterns of the nearest powers of two; `bits` are those of f32.
mx::array encode_scale(const mx::array& x, const mx::array& bits) {
  auto tiny = mx::astype(mx::greater_equal(bits, word(0x600000)), mx::uint32);
  auto code = mx::where(mx::less(bits, word(0x800000)), tiny, mx::right_shift(mx::add(bits, word(0x400000)), word(23)));
  auto valid = mx::logical_and(mx::greater(x, mx::array(0.0f)), mx::isfinite(x));
  return mx::where(valid, mx::minimum(code, word(255)), word(255));
}

// Rounds to the bit pattern without sign; see encode_narrow, which does the same in f64.
mx::array encode_size(const NarrowFloat& f, const mx::array& bits) {
  auto exponent = mx::add(mx::astype(mx::bitwise_and(mx::right_shift(bits, word(23)), word(255)), mx::int32), number(f.bias - 127));
  auto fraction = mx::bitwise_and(bits, word(0x7fffff));
  auto subnormal = mx::less(exponent, number(1));
  auto extra = mx::where(subnormal, mx::subtract(number(1), exponent), number(0));
  auto drop = mx::astype(mx::minimum(mx::add(number(23 - f.mantissa_bits), extra), number(30)), mx::uint32);
  auto significand = mx::where(subnormal, mx::bitwise_or(fraction, word(1 << 23)), fraction);
  auto kept = mx::right_shift(significand, drop), unit = mx::left_shift(word(1), drop);
  auto rest = mx::bitwise_and(significand, mx::subtract(unit, word(1))), half = mx::right_shift(unit, word(1));
  auto odd = mx::equal(mx::bitwise_and(kept, word(1)), word(1));
  auto up = mx::logical_or(mx::greater(rest, half), mx::logical_and(mx::equal(rest, half), odd));
  auto base = mx::where(subnormal, word(0), mx::left_shift(mx::astype(mx::maximum(exponent, number(0)), mx::uint32), word(uint32_t(f.mantissa_bits))));
  return mx::add(mx::add(base, kept), mx::astype(up, mx::uint32));
}

mx::array encode(const NarrowFloat& f, const mx::array& x) {
  auto all = mx::view(x, mx::uint32), bits = mx::bitwise_and(all, word(0x7fffffff));
  if (f.scale) return mx::astype(encode_scale(x, bits), mx::uint8);
  auto sign = mx::left_shift(mx::right_shift(all, word(31)), word(uint32_t(f.exponent_bits + f.mantissa_bits)));
  auto size = encode_size(f, bits);
  auto nan = f.nan < 0 ? word(1u << (f.exponent_bits + f.mantissa_bits)) : f.unsigned_zero ? word(uint32_t(f.nan)) : mx::bitwise_or(sign, word(uint32_t(f.nan)));
  auto beyond = f.overflow == NarrowFloat::kNan ? nan : mx::bitwise_or(sign, word(f.overflow == NarrowFloat::kInfinity ? f.largest + 1 : f.largest));
  auto code = f.unsigned_zero ? mx::where(mx::equal(size, word(0)), size, mx::bitwise_or(sign, size)) : mx::bitwise_or(sign, size);
  code = mx::where(mx::logical_or(mx::greater(size, word(f.largest)), mx::isinf(x)), beyond, code);
  return mx::astype(mx::where(mx::isnan(x), nan, code), mx::uint8);
}

}  // namespace

mx::array from_narrow(const mx::array& x, HloomElement element) {
  const NarrowFloat* format = narrow_float(element);
  if (!format) return x;
  auto values = narrow_values(*format);
  return mx::take(mx::array(values.data(), {256}, mx::float32), mx::astype(x, mx::uint32));
}

mx::array to_narrow(const mx::array& x, HloomElement element) {
  if (const NarrowFloat* format = narrow_float(element)) return encode(*format, mx::astype(is_complex(x.dtype()) ? mx::real(x) : x, mx::float32));
  int bits = narrow_integer_bits(element);
  auto type = dtype_of(element);
  bool negative = !is_unsigned(type);
  if (is_float(x.dtype()) || is_complex(x.dtype())) {
    auto real = mx::astype(is_complex(x.dtype()) ? mx::real(x) : x, mx::float32);
    auto low = mx::array(negative ? -float(1 << (bits - 1)) : 0.0f), high = mx::array(float((1 << (negative ? bits - 1 : bits)) - 1));
    return mx::astype(mx::where(mx::isnan(real), mx::array(0.0f), mx::clip(real, low, high)), type);
  }
  auto byte = mx::astype(x, type);
  if (!negative) return mx::bitwise_and(byte, mx::array((1 << bits) - 1, type));
  auto rest = mx::array(8 - bits, type);
  return mx::right_shift(mx::left_shift(byte, rest), rest);
}

}  // namespace hloom::ops
