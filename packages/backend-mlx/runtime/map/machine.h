// The block interpreter's instruction set: kernels over short contiguous arrays of one machine type.
#pragma once
#include <cstdint>

#include "../program.h"

namespace hloom {

// How a register holds elements. f16 and bf16 live in f32 registers, rounded after each op; i1 is a byte of 0 or 1.
enum class Machine : uint8_t { kBool, kI8, kI16, kI32, kI64, kU8, kU16, kU32, kU64, kF32, kF64, kC64 };

constexpr int kBlock = 512;  // elements per register: 8-byte registers of small bodies stay in the L1 cache

inline int machine_bytes(Machine m) {
  constexpr int sizes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 8};
  return sizes[int(m)];
}

struct KernelArgs {
  const void* in[4];
  void* out[2];
  int64_t n;
  int64_t p0, p1;  // small parameters (compare's order, reduce_precision's widths)
};

using Kernel = void (*)(const KernelArgs&);

enum class Direction : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe };

// Conversions between storage and registers.
enum class Half : uint8_t { kLoadF16, kLoadBf16, kStoreF16, kStoreBf16, kRoundF16, kRoundBf16 };

// One set of kernels per instruction set; nullptr where an op has no kernel for a type.
struct KernelSet {
  Kernel (*arithmetic)(Opcode, Machine);   // result type = operand type
  Kernel (*vector)(Opcode);  // f32 functions as vectors; preferred to transcendental
  Kernel (*transcendental)(Opcode, Machine);
  Kernel (*compare)(Direction, bool total, Machine);
  Kernel (*convert)(Machine from, Machine to);
  Kernel (*half)(Half);
  Kernel (*predicate)(Opcode, Machine);    // -> i1; and the ops that change the type: real, imag, complex abs, complex
};

const KernelSet& kernels();

}  // namespace hloom
