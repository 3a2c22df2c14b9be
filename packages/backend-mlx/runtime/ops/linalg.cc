// Linear algebra. Factorizations run on the CPU on every backend of MLX; the triangular ones are ours, because MLX throws on
// matrices that are not positive definite, lacks complex numbers and solves by inverting.
#include <cmath>
#include <complex>
#include <limits>

#include "../host.h"
#include "../map/body.h"
#include "../parallel.h"

namespace hloom::ops {
namespace {

template <typename T>
struct Scalar { using type = T; };
template <>
struct Scalar<mx::complex64_t> { using type = std::complex<float>; };

template <typename T> T conjugated(T x) { return x; }
template <typename T> std::complex<T> conjugated(std::complex<T> x) { return std::conj(x); }

template <typename T> struct Wide { using type = double; };
template <> struct Wide<std::complex<float>> { using type = std::complex<double>; };

// Calls f with a value of the type to compute in: f32, f64 or complex<float>.
template <typename F>
void with_scalar(mx::Dtype t, F&& f) {
  if (t == mx::float32) f(float{});
  else if (t == mx::float64) f(double{});
  else f(std::complex<float>{});
}

void need_matrix(const mx::array& a, bool square) {
  if (a.ndim() < 2 || (square && a.shape(-1) != a.shape(-2))) invalid(square ? "needs square matrices" : "needs matrices");
  auto t = a.dtype();
  if (t != mx::float32 && t != mx::float64 && t != mx::complex64 && !is_half(t)) unimplemented("linear algebra on this element type");
}

void need_real(const mx::array& a) {
  need_matrix(a, false);
  if (is_complex(a.dtype())) unimplemented("this factorization of complex matrices");
}

// a (n×n, row-major) becomes its lower Cholesky factor. NaN when it is not positive definite.
template <typename T>
void cholesky_in_place(T* a, int64_t n) {
  for (int64_t j = 0; j < n; j++) {
    T* row_j = a + j * n;
    double diagonal = std::real(row_j[j]);
    for (int64_t k = 0; k < j; k++) diagonal -= std::norm(row_j[k]);
    if (!(diagonal > 0)) {
      std::fill_n(a, n * n, T(std::numeric_limits<float>::quiet_NaN()));
      return;
    }
    T root = T(std::sqrt(diagonal));
    row_j[j] = root;
    for (int64_t i = j + 1; i < n; i++) {
      T* row_i = a + i * n;
      T sum = row_i[j];
      for (int64_t k = 0; k < j; k++) sum -= row_i[k] * conjugated(row_j[k]);
      row_i[j] = sum / root;
    }
  }
}

// Solves op(A) X = B in place for row-major B [n, m], where op(A)[i][j] = a[i * row + j * column], conjugated if asked.
// Rows are accumulated in W, wider than T where there is such a type: substitution loses digits.
template <typename T, typename W>
void solve_in_place(const T* a, int64_t row, int64_t column, bool lower, bool unit, bool conjugate, T* b, int64_t n, int64_t m) {
  std::vector<W> sums(m);
  auto at = [&](int64_t i, int64_t j) { return conjugate ? conjugated(a[i * row + j * column]) : a[i * row + j * column]; };
  for (int64_t step = 0; step < n; step++) {
    int64_t i = lower ? step : n - 1 - step;
    T* target = b + i * m;
    std::copy_n(target, m, sums.begin());
    for (int64_t j = lower ? 0 : i + 1; j < (lower ? i : n); j++) {
      W factor = W(at(i, j));
      const T* source = b + j * m;
      for (int64_t k = 0; k < m; k++) sums[k] -= factor * W(source[k]);
    }
    W pivot = unit ? W(1) : W(at(i, i));
    for (int64_t k = 0; k < m; k++) target[k] = T(sums[k] / pivot);
  }
}

// Operands in a type that the kernels have.
void widen(Call& c) {
  for (auto& a : c.in)
    if (is_half(a.dtype())) a = cast(c, a, mx::float32);
}

}  // namespace

Arrays cholesky(Call& c) {
  need_matrix(c.in[0], true);
  c.expect(c.in[0].shape(), c.in[0].dtype());
  widen(c);
  bool lower = c.integer("lower") != 0;
  auto factor = host({"cholesky", 0}, {c.in[0]}, {c.shape()}, {c.in[0].dtype()}, [lower](Views& in, Views& out) {
    int64_t n = out[0].shape.back(), count = n == 0 ? 0 : out[0].size / (n * n);
    with_scalar(out[0].dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t b = 0; b < count; b++) {
        T* a = out[0].as<T>() + b * n * n;
        // The upper triangle holds the conjugate of what the lower one would.
        if (!lower)
          for (int64_t i = 0; i < n; i++)
            for (int64_t j = 0; j < i; j++) a[i * n + j] = conjugated(a[j * n + i]);
        cholesky_in_place(a, n);
        for (int64_t i = 0; i < n; i++)
          for (int64_t j = i + 1; j < n; j++) {
            T& above = a[i * n + j];
            T& below = a[j * n + i];
            above = lower ? T(0) : conjugated(below);
            if (!lower) below = T(0);
          }
      }
    });
  })[0];
  return cast(c, factor, c.dtype());
}

Arrays triangular_solve(Call& c) {
  need_matrix(c.in[0], true);
  bool left = c.integer("left_side") != 0, lower = c.integer("lower") != 0, unit = c.integer("unit_diagonal") != 0;
  auto& transpose = c.text("transpose");
  bool transposed = transpose == "TRANSPOSE" || transpose == "ADJOINT", adjoint = transpose == "ADJOINT";
  if (!transposed && transpose != "NO_TRANSPOSE") invalid("triangular_solve transpose " + transpose);
  c.expect(c.in[1].shape(), c.in[1].dtype());
  widen(c);
  auto &a = c.in[0], &b = c.in[1];
  if (b.ndim() != a.ndim() || b.dtype() != a.dtype() || b.shape() != c.shape() || b.shape(left ? -2 : -1) != a.shape(-1)) invalid("triangular_solve operands do not fit");
  for (int d = 0; d + 2 < int(a.ndim()); d++)
    if (a.shape(d) != b.shape(d)) invalid("triangular_solve batch dimensions differ");
  // X op(A) = B is op(A)ᵀ Xᵀ = Bᵀ: solve from the left on transposed right-hand sides.
  auto right = left ? b : mx::swapaxes(b, -1, -2);
  auto solved = host({"triangular_solve", 1}, {a, right}, {right.shape()}, {b.dtype()}, [=](Views& in, Views& out) {
    int64_t n = in[0].shape.back(), m = out[0].shape.back(), count = n * m == 0 ? 0 : out[0].size / (n * m);
    bool swapped = transposed != !left;  // whether rows of A are columns of the system
    with_scalar(out[0].dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t k = 0; k < count; k++)
        solve_in_place<T, typename Wide<T>::type>(in[0].as<T>() + k * n * n, swapped ? 1 : n, swapped ? n : 1, lower != swapped, unit, adjoint, out[0].as<T>() + k * n * m, n, m);
    });
  })[0];
  return cast(c, left ? solved : mx::swapaxes(solved, -1, -2), c.dtype());
}

Arrays lu(Call& c) {
  need_matrix(c.in[0], false);
  auto shape = c.in[0].shape();
  int64_t m = shape[shape.size() - 2], n = shape.back(), small = std::min(m, n);
  mx::Shape pivots(shape.begin(), shape.end() - 2), permutation = pivots;
  pivots.push_back(int(small));
  permutation.push_back(int(m));
  if (c.shape(0) != shape || c.shape(1) != pivots || c.shape(2) != permutation || c.dtype(1) != mx::int32 || c.dtype(2) != mx::int32 || c.dtype(0) != c.in[0].dtype()) invalid("lu results do not fit");
  return host({"lu", 0}, c, [=](Views& in, Views& out) {
    int64_t count = m * n == 0 ? 0 : out[0].size / (m * n);
    with_scalar(out[0].dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t b = 0; b < count; b++) {
        T* a = out[0].as<T>() + b * m * n;
        int32_t *pivot = out[1].as<int32_t>() + b * small, *order = out[2].as<int32_t>() + b * m;
        for (int64_t i = 0; i < m; i++) order[i] = int32_t(i);
        for (int64_t k = 0; k < small; k++) {
          int64_t best = k;
          for (int64_t i = k + 1; i < m; i++)
            if (std::abs(a[i * n + k]) > std::abs(a[best * n + k])) best = i;
          pivot[k] = int32_t(best);
          if (best != k) {
            std::swap_ranges(a + k * n, a + k * n + n, a + best * n);
            std::swap(order[k], order[best]);
          }
          T head = a[k * n + k];
          if (head == T(0)) continue;
          for (int64_t i = k + 1; i < m; i++) {
            T factor = a[i * n + k] /= head;
            for (int64_t j = k + 1; j < n; j++) a[i * n + j] -= factor * a[k * n + j];
          }
        }
      }
    });
  });
}

Arrays qr(Call& c) {
  need_real(c.in[0]);
  if (c.integer("full") && c.in[0].shape(-2) > c.in[0].shape(-1)) unimplemented("full QR of tall matrices");
  auto [q, r] = mx::linalg::qr(c.in[0], mx::Device(mx::Device::cpu));
  return {q, r};
}

}  // namespace hloom::ops
