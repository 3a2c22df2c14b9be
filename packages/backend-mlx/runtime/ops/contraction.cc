// matmul and convolution. MLX has neither for integers.
#include <complex>

#include "../host.h"
#include "../parallel.h"

namespace hloom::ops {
namespace {

// What products are summed in.
template <typename T>
struct Accumulator { using type = T; };
template <> struct Accumulator<mx::float16_t> { using type = float; };
template <> struct Accumulator<mx::bfloat16_t> { using type = float; };
template <> struct Accumulator<mx::complex64_t> { using type = std::complex<float>; };
// Unsigned, so that overflow wraps without undefined behaviour; bool counts and is compared with zero at the end.
template <> struct Accumulator<int8_t> { using type = uint32_t; };
template <> struct Accumulator<int16_t> { using type = uint32_t; };
template <> struct Accumulator<int32_t> { using type = uint32_t; };
template <> struct Accumulator<int64_t> { using type = uint64_t; };
template <> struct Accumulator<uint8_t> { using type = uint32_t; };
template <> struct Accumulator<uint16_t> { using type = uint32_t; };
template <> struct Accumulator<bool> { using type = uint32_t; };

template <typename T>
typename Accumulator<T>::type widen(T value) {
  if constexpr (std::is_same_v<T, mx::complex64_t>) return {value.real(), value.imag()};
  else return static_cast<typename Accumulator<T>::type>(value);
}

template <typename T, typename A>
T narrow(A value) {
  if constexpr (std::is_same_v<T, mx::complex64_t>) return T(value.real(), value.imag());
  else if constexpr (std::is_same_v<T, bool>) return value != 0;
  else return static_cast<T>(value);
}

void host_matmul(Views& in, Views& out) {
  auto &a = in[0], &b = in[1], &o = out[0];
  int64_t k = a.shape.back(), m = a.shape[a.shape.size() - 2], n = b.shape.back();
  int64_t batch = m * n == 0 ? 0 : o.size / (m * n);
  with_type(o.dtype, [&](auto zero) {
    using T = decltype(zero);
    using A = typename Accumulator<T>::type;
    std::vector<A> row(n);
    for (int64_t i = 0; i < batch * m; i++) {
      std::fill(row.begin(), row.end(), A(0));
      const T* left = a.as<T>() + i * k;
      const T* right = b.as<T>() + (i / m) * k * n;
      for (int64_t j = 0; j < k; j++, right += n) {
        A factor = widen(left[j]);
        for (int64_t l = 0; l < n; l++) row[l] += factor * widen(right[l]);
      }
      for (int64_t l = 0; l < n; l++) o.as<T>()[i * n + l] = narrow<T>(row[l]);
    }
  });
}

struct ConvolutionShape {
  std::vector<int> strides, low, high, kernel_dilation, input_dilation;
  int groups;
};

ConvolutionShape convolution_shape(Call& c) {
  ConvolutionShape s{c.ints("strides"), c.ints("low"), c.ints("high"), c.ints("kernel_dilation"), c.ints("input_dilation"), c.integer("groups")};
  auto &x = c.in[0].shape(), &w = c.in[1].shape(), &o = c.shape();
  size_t rank = x.size();
  if (rank < 2 || w.size() != rank || o.size() != rank) invalid("convolution operands need equal ranks of at least 2");
  size_t spatial = rank - 2;
  for (auto* v : {&s.strides, &s.low, &s.high, &s.kernel_dilation, &s.input_dilation})
    if (v->size() != spatial) invalid("convolution parameters need one entry per spatial dimension");
  if (s.groups < 1 || w.back() * int64_t(s.groups) != x.back() || w[0] % s.groups != 0) invalid("convolution groups do not divide the channels");
  if (o[0] != x[0] || o.back() != w[0]) invalid("convolution result does not match its operands");
  for (size_t d = 0; d < spatial; d++) {
    if (s.strides[d] < 1 || s.kernel_dilation[d] < 1 || s.input_dilation[d] < 1) invalid("convolution strides and dilations must be positive");
    auto extent = [](int64_t n, int64_t dilation) { return n == 0 ? 0 : (n - 1) * dilation + 1; };
    int64_t room = extent(x[d + 1], s.input_dilation[d]) + s.low[d] + s.high[d], window = extent(w[d + 1], s.kernel_dilation[d]);
    int64_t size = window > room ? 0 : (room - window) / s.strides[d] + 1;
    if (o[d + 1] != size) invalid("convolution result has the wrong size");
  }
  return s;
}

// The patches under the kernel, [groups, batch × positions, window × channels per group]: convolution is then a matmul.
void patches(const ConvolutionShape& s, const std::vector<int>& kernel, const mx::Shape& result, Views& in, Views& out) {
  auto& x = in[0];
  size_t spatial = s.strides.size();
  int64_t channels = x.shape.back(), per_group = channels / s.groups, batch = x.shape[0];
  int64_t window = 1, positions = 1, input = 1;
  for (size_t d = 0; d < spatial; d++) {
    window *= kernel[d];
    positions *= result[d + 1];
    input *= x.shape[d + 1];
  }
  with_width(mx::size_of(x.dtype), [&](auto zero) {
    using T = decltype(zero);
    parallel_ranges(batch * positions, std::max<int64_t>(1, 16384 / (window * channels)), 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        for (int64_t k = 0; k < window; k++) {
          int64_t at = 0, scale = 1, rest_p = row % positions, rest_k = k;
          bool inside = true;
          for (int d = int(spatial) - 1; d >= 0 && inside; d--) {
            int64_t i = rest_p % result[d + 1] * s.strides[d] + rest_k % kernel[d] * s.kernel_dilation[d] - s.low[d];
            rest_p /= result[d + 1];
            rest_k /= kernel[d];
            inside = i >= 0 && i % s.input_dilation[d] == 0 && i / s.input_dilation[d] < x.shape[d + 1];
            at += i / s.input_dilation[d] * scale;
            scale *= x.shape[d + 1];
          }
          const T* pixel = x.as<T>() + (row / positions * input + at) * channels;
          for (int64_t g = 0; g < s.groups; g++) {
            T* to = out[0].as<T>() + ((g * batch * positions + row) * window + k) * per_group;
            if (inside) std::copy_n(pixel + g * per_group, per_group, to);
            else std::fill_n(to, per_group, T(0));
          }
        }
      }
    });
  });
}

// One matmul in the types that have one: [.., M, K] x [.., K, N], all of type t.
mx::array product(const Call& c, const mx::array& a, const mx::array& b, mx::Dtype t) {
  if (is_float(t) || is_complex(t)) return mx::matmul(a, b);
  mx::Shape shape = a.shape();
  shape[shape.size() - 1] = b.shape(-1);
  if (c.device.cpu) return host({"matmul"}, {a, b}, {shape}, {t}, host_matmul)[0];
  // [.., M, K, 1] x [.., 1, K, N], summed over K.
  auto wide = t == mx::bool_ ? mx::int32 : t;
  auto products = mx::multiply(mx::expand_dims(mx::astype(a, wide), -1), mx::expand_dims(mx::astype(b, wide), -3));
  auto sums = mx::sum(products, -2);
  return t == mx::bool_ ? mx::not_equal(sums, mx::array(0)) : mx::astype(sums, t);
}

// Any rank and type: what MLX's convolution lacks.
mx::array convolution_by_patches(Call& c, const ConvolutionShape& s, const mx::array& x, const mx::array& w, mx::Dtype t) {
  int64_t groups = s.groups, window = 1, rows = 1, outs = w.shape(0), per_group = w.shape(-1);
  std::vector<int> kernel;
  for (size_t d = 0; d < s.strides.size(); d++) {
    kernel.push_back(w.shape(int(d) + 1));
    window *= kernel.back();
  }
  for (size_t d = 0; d + 1 < c.shape().size(); d++) rows *= c.shape()[d];
  if (groups * rows > INT32_MAX || window * per_group > INT32_MAX) invalid("convolution too large");
  mx::Shape flat = {int(groups), int(rows), int(window * per_group)};
  mx::Shape result = c.shape();
  auto columns = host({"patches"}, {x}, {flat}, {t}, [s, kernel, result](Views& in, Views& out) { patches(s, kernel, result, in, out); })[0];
  // [O, spatial, C/g] as [g, window × C/g, O/g].
  auto weights = mx::swapaxes(mx::reshape(w, {int(groups), int(outs / groups), int(window * per_group)}), 1, 2);
  auto sums = product(c, columns, weights, t);  // [g, rows, O/g]
  return mx::reshape(mx::swapaxes(sums, 0, 1), result);
}

// The type to compute in: the wider of operand and result, f32 for halves.
mx::Dtype compute_type(const Call& c) {
  auto t = mx::promote_types(mx::promote_types(c.in[0].dtype(), c.in[1].dtype()), c.dtype());
  return is_half(t) ? mx::float32 : t;
}

}  // namespace

Arrays matmul(Call& c) {
  auto rank = c.in[0].ndim();
  if (rank < 2 || c.in[1].ndim() != rank || c.shape().size() != rank) invalid("matmul operands need equal ranks of at least 2");
  for (size_t d = 0; d + 2 < rank; d++)
    if (c.in[0].shape(int(d)) != c.in[1].shape(int(d)) || c.in[0].shape(int(d)) != c.shape()[d]) invalid("matmul batch dimensions differ");
  if (c.in[0].shape(-1) != c.in[1].shape(-2) || c.shape()[rank - 2] != c.in[0].shape(-2) || c.shape()[rank - 1] != c.in[1].shape(-1)) invalid("matmul shapes do not fit");
  if (c.in[0].shape(-1) == 0) return zeros(c);
  auto t = compute_type(c);
  return mx::astype(product(c, mx::astype(c.in[0], t), mx::astype(c.in[1], t), t), c.dtype());
}

Arrays conv_general(Call& c) {
  auto s = convolution_shape(c);
  if (c.in[0].size() == 0 || c.in[1].size() == 0) return zeros(c);
  auto t = compute_type(c);
  size_t spatial = s.strides.size();
  bool negative = false;
  for (size_t d = 0; d < spatial; d++) negative |= s.low[d] < 0 || s.high[d] < 0;
  auto x = mx::astype(c.in[0], t), w = mx::astype(c.in[1], t);
  if (t == mx::float32 && spatial >= 1 && spatial <= 3 && !negative)
    return mx::astype(mx::conv_general(x, w, s.strides, s.low, s.high, s.kernel_dilation, s.input_dilation, s.groups, false), c.dtype());
  return mx::astype(convolution_by_patches(c, s, x, w, t), c.dtype());
}

}  // namespace hloom::ops
