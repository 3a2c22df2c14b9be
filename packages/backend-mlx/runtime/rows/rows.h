// Softmax and norms of rows that lie together, in f32: one visit to memory each. Kernels exist once per instruction set.
#pragma once
#include <cstdint>

namespace hloom {

// `y` may be `x`; `weight` and `bias` may be null.
struct RowKernels {
  void (*softmax)(const float* x, float* y, int64_t n);
  float (*logsumexp)(const float* x, int64_t n);
  void (*layer_norm)(const float* x, const float* weight, const float* bias, float eps, float* y, int64_t n);
  void (*rms_norm)(const float* x, const float* weight, float eps, float* y, int64_t n);
};

const RowKernels& row_kernels();

}  // namespace hloom
