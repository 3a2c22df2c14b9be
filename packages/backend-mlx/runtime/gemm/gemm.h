// Matrix products of f32 and f64 on the CPU. (The wheel of MLX for Linux has the reference BLAS, ten times slower.)
#pragma once
#include <cstdint>

namespace hloom {

// c[m, n] = a[m, k] · b[k, n]; a and b with any strides, c with rows c_row apart (in elements).
template <typename T>
struct Gemm {
  const T* a;
  int64_t a_row, a_column;
  const T* b;
  int64_t b_row, b_column;
  T* c;
  int64_t c_row;
  int64_t m, n, k;
};

// Uses several threads when the product is large, unless `single`.
void gemm(const Gemm<float>& g, bool single = false);
void gemm(const Gemm<double>& g, bool single = false);

// Kernels of one instruction set.
template <typename T>
struct GemmKernels {
  int rows, columns;  // of the register tile
  // a[m, k] -> panels of `rows` rows, k-major, padded with zeros; b[k, n] -> panels of `columns` columns.
  void (*pack_a)(const T* a, int64_t row, int64_t column, int64_t m, int64_t k, T* to);
  void (*pack_b)(const T* b, int64_t row, int64_t column, int64_t k, int64_t n, T* to);
  // c[m, n] (+)= packed a · packed b
  void (*block)(const T* a, const T* b, T* c, int64_t c_row, int64_t m, int64_t n, int64_t k, bool add);
  // y[n] = sum over k of x[k · step] · b[k · row + j]
  void (*combine_rows)(const T* x, int64_t step, const T* b, int64_t row, T* y, int64_t n, int64_t k);
  // y[i · step] = sum over n of a[i · row + j] · x[j], for m rows
  void (*row_products)(const T* a, int64_t row, const T* x, T* y, int64_t step, int64_t m, int64_t n);
};

}  // namespace hloom
