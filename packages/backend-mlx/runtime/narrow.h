// Elements below 8 bits and floats of 4 to 8 bits: held one to a byte, moved like bytes, computed with only after conversion
// to a wide type. The same formats as packages/ir/src/model/floats.ts.
#pragma once
#include <array>
#include <cstdint>

#include "call.h"

namespace hloom {

struct NarrowFloat {
  int exponent_bits, mantissa_bits, bias;
  uint32_t largest;  // bit pattern without sign of the largest finite value
  enum Overflow : uint8_t { kInfinity, kNan, kSaturate } overflow;
  int32_t nan = -1;            // bit pattern; -1: the format has none
  bool unsigned_zero = false;  // no negative zero: its bit pattern is the only NaN
  bool scale = false;          // f8E8M0FNU: a power of two, without sign or zero
};

// nullptr for all other elements.
const NarrowFloat* narrow_float(HloomElement element);
// Width of i2, i4, ui2, ui4; 0 for all other elements.
int narrow_integer_bits(HloomElement element);
bool is_narrow(HloomElement element);

// The number of each byte: bits above the format's are ignored.
std::array<float, 256> narrow_values(const NarrowFloat& format);
// To the nearest value, ties to even.
uint8_t encode_narrow(const NarrowFloat& format, double value);

// Whether an op may see narrow elements: it moves them, converts them, or hands them to a body that does.
bool moves_only(Opcode opcode);

namespace ops {
// Composed of MLX ops, for devices without our kernels.
mx::array from_narrow(const mx::array& x, HloomElement element);  // floats to f32; integers as they are
mx::array to_narrow(const mx::array& x, HloomElement element);
}  // namespace ops

}  // namespace hloom
