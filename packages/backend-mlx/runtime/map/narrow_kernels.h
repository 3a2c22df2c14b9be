// Kernels between bytes that hold narrow elements and numbers. `p0` is the element, or the width of an integer.
#pragma once
#include "machine.h"

namespace hloom {

void unpack_floats(const KernelArgs& a);  // bytes -> f32
void pack_floats(const KernelArgs& a);    // f64 -> bytes, to the nearest value
// Integers to the width p0: those that are too large keep their low bits, or (f64 -> integer) become the nearest.
void wrap_signed(const KernelArgs& a);
void wrap_unsigned(const KernelArgs& a);
void saturate_signed(const KernelArgs& a);
void saturate_unsigned(const KernelArgs& a);

}  // namespace hloom
