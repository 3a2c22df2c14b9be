#include "narrow.h"

#include <bit>
#include <cmath>
#include <limits>

namespace hloom {
namespace {

// A format with infinities and NaNs in the highest exponent, as IEEE 754 has them.
constexpr NarrowFloat ieee(int exponent, int mantissa) {
  uint32_t infinity = ((1u << exponent) - 1) << mantissa;
  return {exponent, mantissa, (1 << (exponent - 1)) - 1, infinity - 1, NarrowFloat::kInfinity, int32_t(infinity | 1u << (mantissa - 1))};
}

constexpr NarrowFloat finite_only(int exponent, int mantissa) {
  return {exponent, mantissa, (1 << (exponent - 1)) - 1, (1u << (exponent + mantissa)) - 1, NarrowFloat::kSaturate};
}

constexpr NarrowFloat one_zero(int exponent, int mantissa, int bias) {
  uint32_t largest = (1u << (exponent + mantissa)) - 1;
  return {exponent, mantissa, bias, largest, NarrowFloat::kNan, int32_t(largest + 1), true};
}

constexpr NarrowFloat kF4E2M1FN = finite_only(2, 1), kF6E2M3FN = finite_only(2, 3), kF6E3M2FN = finite_only(3, 2);
constexpr NarrowFloat kF8E3M4 = ieee(3, 4), kF8E4M3 = ieee(4, 3), kF8E5M2 = ieee(5, 2);
constexpr NarrowFloat kF8E4M3FN = {4, 3, 7, 0x7e, NarrowFloat::kNan, 0x7f};
constexpr NarrowFloat kF8E4M3FNUZ = one_zero(4, 3, 8), kF8E4M3B11FNUZ = one_zero(4, 3, 11), kF8E5M2FNUZ = one_zero(5, 2, 16);
constexpr NarrowFloat kF8E8M0FNU = {8, 0, 127, 0xfe, NarrowFloat::kNan, 0xff, false, true};

uint8_t not_a_number(const NarrowFloat& f, uint32_t sign) {
  // A format without NaN has no right answer: -0, as ml_dtypes has it.
  if (f.nan < 0) return uint8_t(1u << (f.exponent_bits + f.mantissa_bits));
  return uint8_t(f.unsigned_zero ? uint32_t(f.nan) : sign | uint32_t(f.nan));
}

uint8_t beyond(const NarrowFloat& f, uint32_t sign) {
  if (f.overflow == NarrowFloat::kNan) return not_a_number(f, sign);
  return uint8_t(sign | (f.overflow == NarrowFloat::kInfinity ? f.largest + 1 : f.largest));
}

// The nearest power of two, ties up. Zero and negative values become NaN.
uint8_t encode_scale(double value) {
  if (!(value > 0) || std::isinf(value)) return 0xff;
  int exponent = std::max(-127, std::ilogb(value));
  int up = std::ldexp(value, -exponent) >= 1.5;
  return uint8_t(std::min(255, exponent + 127 + up));
}

float decode(const NarrowFloat& f, uint32_t byte) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  if (f.scale) return byte == 0xff ? nan : std::ldexp(1.0f, int(byte) - f.bias);
  uint32_t sign_bit = 1u << (f.exponent_bits + f.mantissa_bits), bits = byte & (2 * sign_bit - 1), size = bits & (sign_bit - 1);
  if (f.unsigned_zero && bits == sign_bit) return nan;
  float sign = bits & sign_bit ? -1.0f : 1.0f;
  uint32_t fraction = size & ((1u << f.mantissa_bits) - 1);
  if (size > f.largest) return f.overflow == NarrowFloat::kInfinity && fraction == 0 ? sign * infinity : nan;
  int exponent = int(size >> f.mantissa_bits);
  float significand = float(fraction) / float(1 << f.mantissa_bits);
  return sign * (exponent == 0 ? std::ldexp(significand, 1 - f.bias) : std::ldexp(1 + significand, exponent - f.bias));
}

}  // namespace

const NarrowFloat* narrow_float(HloomElement element) {
  switch (element) {
    case HLOOM_F4E2M1FN: return &kF4E2M1FN;
    case HLOOM_F6E2M3FN: return &kF6E2M3FN;
    case HLOOM_F6E3M2FN: return &kF6E3M2FN;
    case HLOOM_F8E3M4: return &kF8E3M4;
    case HLOOM_F8E4M3: return &kF8E4M3;
    case HLOOM_F8E4M3FN: return &kF8E4M3FN;
    case HLOOM_F8E4M3FNUZ: return &kF8E4M3FNUZ;
    case HLOOM_F8E4M3B11FNUZ: return &kF8E4M3B11FNUZ;
    case HLOOM_F8E5M2: return &kF8E5M2;
    case HLOOM_F8E5M2FNUZ: return &kF8E5M2FNUZ;
    case HLOOM_F8E8M0FNU: return &kF8E8M0FNU;
    default: return nullptr;
  }
}

int narrow_integer_bits(HloomElement element) {
  switch (element) {
    case HLOOM_I2: case HLOOM_UI2: return 2;
    case HLOOM_I4: case HLOOM_UI4: return 4;
    default: return 0;
  }
}

bool is_narrow(HloomElement element) { return narrow_float(element) || narrow_integer_bits(element); }

std::array<float, 256> narrow_values(const NarrowFloat& format) {
  std::array<float, 256> out;
  for (uint32_t byte = 0; byte < 256; byte++) out[byte] = decode(format, byte);
  return out;
}

uint8_t encode_narrow(const NarrowFloat& f, double value) {
  if (f.scale) return encode_scale(value);
  constexpr int kFraction = 52;
  uint64_t u = std::bit_cast<uint64_t>(value), fraction = u & ((uint64_t(1) << kFraction) - 1);
  uint32_t sign = uint32_t(u >> 63) << (f.exponent_bits + f.mantissa_bits);
  if (std::isnan(value)) return not_a_number(f, sign);
  if (std::isinf(value)) return beyond(f, sign);
  int exponent = int((u >> kFraction) & 0x7ff) - 1023 + f.bias;
  bool subnormal = exponent < 1;
  int drop = std::min(60, kFraction - f.mantissa_bits + (subnormal ? 1 - exponent : 0));
  uint64_t significand = subnormal ? fraction | uint64_t(1) << kFraction : fraction;
  uint64_t kept = significand >> drop, rest = significand & ((uint64_t(1) << drop) - 1), half = uint64_t(1) << (drop - 1);
  // A carry out of the fraction raises the exponent, as it should.
  uint64_t size = (subnormal ? 0 : uint64_t(exponent) << f.mantissa_bits) + kept + (rest > half || (rest == half && (kept & 1)));
  if (size > f.largest) return beyond(f, sign);
  return uint8_t(f.unsigned_zero && size == 0 ? 0 : sign | size);
}

bool moves_only(Opcode opcode) {
  switch (opcode) {
    case Opcode::convert: case Opcode::view: case Opcode::copy: case Opcode::select: case Opcode::map: case Opcode::callback: case Opcode::evaluate:
    case Opcode::reshape: case Opcode::transpose: case Opcode::broadcast_in_dim: case Opcode::concatenate: case Opcode::slice:
    case Opcode::flip: case Opcode::pad: case Opcode::dynamic_slice: case Opcode::dynamic_update_slice: case Opcode::gather:
    case Opcode::take: case Opcode::take_along_axis: case Opcode::reduce: case Opcode::reduce_window: case Opcode::select_and_scatter:
    case Opcode::scatter: case Opcode::scatter_general: case Opcode::sort_general:
      return true;
    default:
      return false;
  }
}

}  // namespace hloom
