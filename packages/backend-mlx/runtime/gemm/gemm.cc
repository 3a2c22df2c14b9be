#include "gemm.h"

#include <algorithm>
#include <memory>
#include <new>

#include "../parallel.h"

namespace hloom {

namespace base {
GemmKernels<float> gemm_f32();
GemmKernels<double> gemm_f64();
}  // namespace base
#ifdef HLOOM_HAVE_V3
namespace v3 {
GemmKernels<float> gemm_f32();
GemmKernels<double> gemm_f64();
}  // namespace v3
namespace v4 {
GemmKernels<float> gemm_f32();
GemmKernels<double> gemm_f64();
}  // namespace v4
#endif

namespace {

template <typename T>
const GemmKernels<T>& kernels_of();

#ifdef HLOOM_HAVE_V3
#define HLOOM_PICK(f) (__builtin_cpu_supports("avx512f") ? v4::f() : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? v3::f() : base::f())
#else
#define HLOOM_PICK(f) base::f()
#endif
template <>
const GemmKernels<float>& kernels_of<float>() {
  static const GemmKernels<float> kernels = HLOOM_PICK(gemm_f32);
  return kernels;
}
template <>
const GemmKernels<double>& kernels_of<double>() {
  static const GemmKernels<double> kernels = HLOOM_PICK(gemm_f64);
  return kernels;
}

template <typename T>
std::unique_ptr<T[]> aligned_buffer(size_t n, T*& aligned) {
  std::unique_ptr<T[]> memory(new T[n + 64 / sizeof(T)]);
  aligned = reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(memory.get()) + 63) & ~uintptr_t(63));
  return memory;
}

int64_t round_up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

template <typename F>
void ranges(bool single, int64_t size, int64_t grain, int64_t align, F&& f) {
  if (single) f(int64_t(0), size);
  else parallel_ranges(size, grain, align, f);
}

// A few rows times a matrix, or a matrix times a few columns: memory bound, packing would only cost.
template <typename T>
bool thin(const Gemm<T>& g, bool single) {
  auto& k = kernels_of<T>();
  int64_t grain = std::max<int64_t>(64, (1 << 16) / std::max<int64_t>(1, g.k));
  if (g.m <= 2 && g.b_column == 1) {
    for (int64_t i = 0; i < g.m; i++)
      ranges(single, g.n, grain, 64, [&](int64_t begin, int64_t end) {
        k.combine_rows(g.a + i * g.a_row, g.a_column, g.b + begin, g.b_row, g.c + i * g.c_row + begin, end - begin, g.k);
      });
    return true;
  }
  bool rows_together = g.a_column == 1 || g.k == 1, columns_together = g.b_row == 1 || g.k == 1;
  if (!rows_together || !columns_together) return false;
  if (g.n <= 2) {
    for (int64_t j = 0; j < g.n; j++)
      ranges(single, g.m, grain, 4, [&](int64_t begin, int64_t end) {
        k.row_products(g.a + begin * g.a_row, g.a_row, g.b + j * g.b_column, g.c + begin * g.c_row + j, g.c_row, end - begin, g.k);
      });
    return true;
  }
  if (g.m <= 2) {
    for (int64_t i = 0; i < g.m; i++)
      ranges(single, g.n, grain, 4, [&](int64_t begin, int64_t end) {
        k.row_products(g.b + begin * g.b_column, g.b_column, g.a + i * g.a_row, g.c + i * g.c_row + begin, 1, end - begin, g.k);
      });
    return true;
  }
  return false;
}

template <typename T>
void product(const Gemm<T>& g, bool single) {
  if (g.m == 0 || g.n == 0) return;
  if (g.k == 0) {
    for (int64_t i = 0; i < g.m; i++) std::fill_n(g.c + i * g.c_row, g.n, T(0));
    return;
  }
  if (thin(g, single)) return;
  auto& k = kernels_of<T>();
  // A packed block of a (rows × depth) lives in the L2 cache, a panel of b (depth × columns) in L1, all of packed b in L3.
  const int64_t depth = sizeof(T) == 4 ? 384 : 256, block_rows = 16 * k.rows, width = 4096;
  T* packed_b;
  int64_t depth_used = std::min(depth, g.k), width_used = std::min(width, round_up(g.n, k.columns));
  auto memory_b = aligned_buffer<T>(size_t(depth_used) * width_used, packed_b);
  bool large = !single && g.m * g.n * g.k >= int64_t(1) << 20;
  for (int64_t j0 = 0; j0 < g.n; j0 += width) {
    int64_t columns = std::min(width, g.n - j0);
    for (int64_t p0 = 0; p0 < g.k; p0 += depth) {
      int64_t deep = std::min(depth, g.k - p0);
      ranges(!large, round_up(columns, k.columns), 8 * k.columns, k.columns, [&](int64_t begin, int64_t end) {
        k.pack_b(g.b + p0 * g.b_row + (j0 + begin) * g.b_column, g.b_row, g.b_column, deep, std::min(columns, end) - begin, packed_b + begin * deep);
      });
      // Threads share the rows; when there are too few, the columns.
      bool by_rows = g.m >= 2 * k.rows * thread_count() || columns < 4 * k.columns;
      auto rows_of = [&](int64_t row_begin, int64_t row_end, int64_t column_begin, int64_t column_end) {
        T* packed_a;
        int64_t most = round_up(std::min(block_rows, row_end - row_begin), k.rows);
        auto memory = aligned_buffer<T>(size_t(most) * deep, packed_a);
        for (int64_t i0 = row_begin; i0 < row_end; i0 += block_rows) {
          int64_t rows = std::min(block_rows, row_end - i0);
          k.pack_a(g.a + i0 * g.a_row + p0 * g.a_column, g.a_row, g.a_column, rows, deep, packed_a);
          k.block(packed_a, packed_b + column_begin * deep, g.c + i0 * g.c_row + j0 + column_begin, g.c_row, rows, column_end - column_begin, deep, p0 > 0);
        }
      };
      if (by_rows) ranges(!large, g.m, k.rows, k.rows, [&](int64_t begin, int64_t end) { rows_of(begin, end, 0, columns); });
      else ranges(!large, round_up(columns, k.columns), k.columns, k.columns, [&](int64_t begin, int64_t end) { rows_of(0, g.m, begin, std::min(columns, end)); });
    }
  }
}

}  // namespace

void gemm(const Gemm<float>& g, bool single) { product(g, single); }
void gemm(const Gemm<double>& g, bool single) { product(g, single); }

}  // namespace hloom
