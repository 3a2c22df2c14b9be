// Fourier transforms: MLX's in f32; in f64, which MLX computes in f32, our own.
#include <cmath>
#include <complex>

#include "../host.h"
#include "../parallel.h"

namespace hloom::ops {
namespace {

using C = std::complex<double>;

// e^(±2πi k/n) for all k.
std::vector<C> roots_of_unity(int64_t n, bool inverse) {
  std::vector<C> out(n);
  for (int64_t k = 0; k < n; k++) {
    // Angles up to an eighth of a turn are exact enough; others by symmetry would gain less than a unit in the last place.
    long double angle = 2 * 3.14159265358979323846264338327950288L * k / n;
    out[k] = {double(std::cos(angle)), double(inverse ? std::sin(angle) : -std::sin(angle))};
  }
  return out;
}

// The transform of n numbers that lie `step` apart, by the prime factors of n; roots[k * stride] are those of order n.
void transform(const C* in, int64_t step, C* out, int64_t n, const std::vector<C>& roots, int64_t stride) {
  if (n == 1) {
    *out = *in;
    return;
  }
  int64_t p = 2;
  while (n % p != 0) p = p * p > n ? n : p + 1;
  int64_t m = n / p;
  for (int64_t q = 0; q < p; q++) transform(in + q * step, step * p, out + q * m, m, roots, stride * p);
  std::vector<C> terms(p);
  for (int64_t k = 0; k < m; k++) {
    for (int64_t q = 0; q < p; q++) terms[q] = out[q * m + k] * roots[q * k * stride];
    for (int64_t r = 0; r < p; r++) {
      C sum = terms[0];
      for (int64_t q = 1; q < p; q++) sum += terms[q] * roots[q * r % p * m * stride];
      out[r * m + k] = sum;
    }
  }
}

struct Grid {
  std::vector<int64_t> shape;
  std::vector<C> values;
};

// Transforms the lines of one axis; the first `kept` numbers of each result stay.
void along(Grid& grid, int axis, bool inverse, int64_t kept) {
  int64_t n = grid.shape[axis], outer = 1, inner = 1;
  for (int d = 0; d < axis; d++) outer *= grid.shape[d];
  for (size_t d = axis + 1; d < grid.shape.size(); d++) inner *= grid.shape[d];
  auto roots = roots_of_unity(n, inverse);
  std::vector<C> result(outer * kept * inner);
  parallel_ranges(outer * inner, std::max<int64_t>(1, 4096 / n), 1, [&](int64_t begin, int64_t end) {
    std::vector<C> line(n);
    for (int64_t at = begin; at < end; at++) {
      int64_t o = at / inner, i = at % inner;
      transform(&grid.values[o * n * inner + i], inner, line.data(), n, roots, 1);
      for (int64_t k = 0; k < kept; k++) result[(o * kept + k) * inner + i] = inverse ? line[k] / double(n) : line[k];
    }
  });
  grid.values = std::move(result);
  grid.shape[axis] = kept;
}

// The second half of the last axis: conjugates of the first, at the opposite place.
void complete(Grid& grid, int64_t n) {
  int64_t have = grid.shape.back(), lines = have == 0 ? 0 : int64_t(grid.values.size()) / have;
  std::vector<C> all(lines * n);
  for (int64_t line = 0; line < lines; line++)
    for (int64_t k = 0; k < n; k++) {
      C value = k < have ? grid.values[line * have + k] : std::conj(grid.values[line * have + n - k]);
      // These are real in what a real signal transforms to.
      if (k == 0 || 2 * k == n) value.imag(0);
      all[line * n + k] = value;
    }
  grid.values = std::move(all);
  grid.shape.back() = n;
}

Arrays in_double(Call& c, const std::vector<int>& axes, int64_t last, const std::string& kind) {
  bool complex_in = c.operand_element(0) == HLOOM_C128, complex_out = c.element() == HLOOM_C128;
  if (complex_in == (kind == "RFFT") || complex_out == (kind == "IRFFT")) invalid("fft element types do not fit its kind");
  return host({"fft"}, c, [=](Views& in, Views& out) {
    Grid grid{{in[0].shape.begin(), in[0].shape.end() - (complex_in ? 1 : 0)}, {}};
    const double* from = in[0].as<double>();
    grid.values.resize(complex_in ? in[0].size / 2 : in[0].size);
    for (size_t i = 0; i < grid.values.size(); i++) grid.values[i] = complex_in ? C(from[2 * i], from[2 * i + 1]) : C(from[i], 0);
    bool inverse = kind[0] == 'I';
    for (int i = int(axes.size()) - 1; i >= 0; i--) {
      bool real_axis = i == int(axes.size()) - 1 && kind != "FFT" && kind != "IFFT";
      if (real_axis && inverse) continue;
      along(grid, axes[i], inverse, real_axis ? last / 2 + 1 : grid.shape[axes[i]]);
    }
    if (kind == "IRFFT") {
      complete(grid, last);
      along(grid, axes.back(), true, last);
    }
    double* to = out[0].as<double>();
    for (size_t i = 0; i < grid.values.size(); i++) {
      if (complex_out) to[2 * i] = grid.values[i].real(), to[2 * i + 1] = grid.values[i].imag();
      else to[i] = grid.values[i].real();
    }
  });
}

}  // namespace

Arrays fft(Call& c) {
  auto lengths = c.ints("lengths");
  auto& kind = c.text("kind");
  auto& x = c.in[0];
  bool wide = x.dtype() == mx::float64;
  int rank = int(x.ndim()) - (c.operand_element(0) == HLOOM_C128 ? 1 : 0), n = int(lengths.size());
  if (n < 1 || n > rank) invalid("fft needs between one length and one per dimension");
  if (kind != "FFT" && kind != "IFFT" && kind != "RFFT" && kind != "IRFFT") invalid("fft kind " + kind);
  mx::Shape size(lengths.begin(), lengths.end()), result(x.shape().begin(), x.shape().begin() + rank);
  std::vector<int> axes;
  for (int i = 0; i < n; i++) {
    int axis = rank - n + i, half = lengths[i] / 2 + 1;
    axes.push_back(axis);
    if (x.shape(axis) != (kind == "IRFFT" && i == n - 1 ? half : lengths[i]) || lengths[i] < 1) invalid("fft length does not match its operand");
    result[axis] = kind == "RFFT" && i == n - 1 ? half : lengths[i];
  }
  if (wide) {
    if (c.element() == HLOOM_C128) result.push_back(2);
    c.expect(result, mx::float64);
    return in_double(c, axes, lengths.back(), kind);
  }
  if (kind == "FFT") return mx::fft::fftn(x, size, axes);
  if (kind == "IFFT") return mx::fft::ifftn(x, size, axes);
  if (kind == "RFFT") return mx::fft::rfftn(x, size, axes);
  return mx::fft::irfftn(x, size, axes);
}

}  // namespace hloom::ops
