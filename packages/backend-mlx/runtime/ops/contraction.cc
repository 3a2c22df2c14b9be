// matmul and convolution. MLX has neither for integers.
#include <algorithm>
#include <complex>
#include <cstring>

#include "../eager.h"
#include "../gemm/gemm.h"
#include "../host.h"
#include "../map/body.h"
#include "../parallel.h"
#include "../plan.h"

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

// The patches under the kernel at result positions [begin, end), as [groups, group_rows, window × channels per group].
template <typename T>
void patch_rows(const ConvolutionShape& s, const std::vector<int>& kernel, const mx::Shape& result, const View& x, int64_t begin, int64_t end, int64_t group_rows, T* out) {
  size_t spatial = s.strides.size();
  int64_t channels = x.shape.back(), per_group = channels / s.groups, window = 1, positions = 1, input = 1;
  std::vector<int64_t> steps(spatial), at(spatial), k(spatial);
  for (int d = int(spatial) - 1; d >= 0; d--) {
    steps[d] = input;
    window *= kernel[d];
    positions *= result[d + 1];
    input *= x.shape[d + 1];
  }
  auto next = [](std::vector<int64_t>& index, auto size) {
    for (int d = int(index.size()) - 1; d >= 0; d--) {
      if (++index[d] < size(d)) return;
      index[d] = 0;
    }
  };
  for (int64_t rest = begin % positions, d = int64_t(spatial) - 1; d >= 0; d--) {
    at[d] = rest % result[d + 1];
    rest /= result[d + 1];
  }
  for (int64_t row = begin; row < end; row++) {
    std::fill(k.begin(), k.end(), 0);
    T* target = out + (row - begin) * window * per_group;
    for (int64_t w = 0; w < window; w++) {
      int64_t offset = 0;
      bool inside = true;
      for (size_t d = 0; d < spatial && inside; d++) {
        int64_t i = at[d] * s.strides[d] + k[d] * s.kernel_dilation[d] - s.low[d];
        if (s.input_dilation[d] != 1) {
          inside = i >= 0 && i % s.input_dilation[d] == 0;
          i /= s.input_dilation[d];
        }
        inside &= i >= 0 && i < x.shape[d + 1];
        offset += i * steps[d];
      }
      const T* pixel = x.as<T>() + (row / positions * input + offset) * channels;
      for (int64_t g = 0; g < s.groups; g++) {
        T* to = target + g * group_rows * window * per_group + w * per_group;
        if (!inside) std::fill_n(to, per_group, T(0));
        else if (per_group == 1) *to = pixel[g];
        else std::memcpy(to, pixel + g * per_group, per_group * sizeof(T));
      }
      next(k, [&](int d) { return kernel[d]; });
    }
    next(at, [&](int d) { return result[d + 1]; });
  }
}

// One filter per channel. Rows are [channels, rows, window] as patches come, or [rows, channels] when the window is one.
template <typename T>
void depthwise_rows(const T* from, const T* weights, T* to, int64_t rows, int64_t window, int64_t channels, bool pointwise) {
  for (int64_t r = 0; r < rows; r++)
    for (int64_t ch = 0; ch < channels; ch++) {
      T sum = 0;
      for (int64_t k = 0; k < window; k++) sum += (pointwise ? from[r * channels + ch] : from[(ch * rows + r) * window + k]) * weights[k * channels + ch];
      to[r * channels + ch] = sum;
    }
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
  auto columns = host({"patches"}, {x}, {flat}, {t}, [s, kernel, result, rows](Views& in, Views& out) {
    with_width(mx::size_of(in[0].dtype), [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(rows, 256, 1, [&](int64_t begin, int64_t end) {
        // Group by group the rows of this range start `begin` further.
        int64_t depth = out[0].shape[2];
        patch_rows(s, kernel, result, in[0], begin, end, rows, out[0].as<T>() + begin * depth);
      });
    });
  })[0];
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

// Matrices as their strides say: transposed, broadcast and sliced operands are not copied.
template <typename T>
void multiply_matrices(const mx::array& a, const mx::array& b, mx::array& out) {
  int rank = int(out.ndim());
  auto stride = [](const mx::array& x, int back) { return x.strides()[x.ndim() - back]; };
  Gemm<T> g{a.data<T>(), stride(a, 2), stride(a, 1), b.data<T>(), stride(b, 2), stride(b, 1), out.data<T>(), out.shape(-1), out.shape(-2), out.shape(-1), a.shape(-1)};
  int64_t batch = g.m * g.n == 0 ? 0 : int64_t(out.size()) / (g.m * g.n);
  if (batch == 1) return gemm(g);
  auto one = [&](int64_t i, bool single) {
    Gemm<T> own = g;
    own.c += i * g.m * g.n;
    for (int d = rank - 3; d >= 0; d--) {
      own.a += i % out.shape(d) * a.strides()[d];
      own.b += i % out.shape(d) * b.strides()[d];
      i /= out.shape(d);
    }
    gemm(own, single);
  };
  if (batch < thread_count()) {
    for (int64_t i = 0; i < batch; i++) one(i, false);
    return;
  }
  int64_t grain = std::max<int64_t>(1, (1 << 18) / std::max<int64_t>(1, g.m * g.n * g.k));
  parallel_ranges(batch, grain, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) one(i, true);
  });
}

void multiply_any(const mx::array& a, const mx::array& b, mx::array& out) {
  if (out.dtype() == mx::float32) multiply_matrices<float>(a, b, out);
  else multiply_matrices<double>(a, b, out);
}

class MatMul : public KernelPrimitive {
 public:
  using KernelPrimitive::KernelPrimitive;

  std::function<void()> plan(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    give_memory(outputs[0]);
    return [a = mx::array::unsafe_weak_copy(inputs[0]), b = mx::array::unsafe_weak_copy(inputs[1]), out = mx::array::unsafe_weak_copy(outputs[0])]() mutable { multiply_any(a, b, out); };
  }

  const char* name() const override { return "MatMul"; }
};

bool own_type(mx::Dtype t) { return t == mx::float32 || t == mx::float64; }

mx::array own_matmul(const mx::array& a, const mx::array& b, const mx::Shape& shape, mx::Dtype t) {
  if (is_there(a) && is_there(b) && !Recorder::active()) {
    auto out = unfilled(shape, t);
    out.set_data(allocate(out.nbytes()));
    multiply_any(a, b, out);
    return out;
  }
  return apply(std::make_shared<MatMul>(mx::default_stream(mx::Device::cpu)), {a, b}, {shape}, {t})[0];
}

// Convolution of f32 and f64, a few hundred result positions at a time: their patches stay in the cache.
template <typename T>
void convolve(const ConvolutionShape& s, Views& in, Views& out) {
  auto &x = in[0], &w = in[1], &o = out[0];
  size_t spatial = s.strides.size();
  std::vector<int> kernel(w.shape.begin() + 1, w.shape.end() - 1);
  int64_t channels = x.shape.back(), outs = o.shape.back(), groups = s.groups, window = 1, rows = o.size / outs;
  bool pointwise = true;
  for (size_t d = 0; d < spatial; d++) {
    window *= kernel[d];
    pointwise &= kernel[d] == 1 && s.strides[d] == 1 && s.low[d] == 0 && s.high[d] == 0 && s.input_dilation[d] == 1;
  }
  int64_t per_group = channels / groups, outs_per_group = outs / groups, depth = window * per_group;
  int64_t chunk = std::clamp<int64_t>((1 << 16) / std::max<int64_t>(1, depth * groups), 48, 768);
  int64_t chunks = (rows + chunk - 1) / chunk;
  bool depthwise = per_group == 1 && outs_per_group == 1;
  std::vector<T> turned;  // depthwise weights as [window, channels]
  if (depthwise) {
    turned.resize(window * channels);
    for (int64_t ch = 0; ch < channels; ch++)
      for (int64_t k = 0; k < window; k++) turned[k * channels + ch] = w.as<T>()[ch * window + k];
  }
  parallel_ranges(chunks, std::max<int64_t>(1, (1 << 18) / std::max<int64_t>(1, chunk * depth * outs)), 1, [&](int64_t begin, int64_t end) {
    std::vector<T> buffer(pointwise ? 0 : chunk * depth * groups);
    for (int64_t i = begin; i < end; i++) {
      int64_t first = i * chunk, n = std::min(chunk, rows - first);
      if (!pointwise) patch_rows(s, kernel, o.shape, x, first, first + n, n, buffer.data());
      T* to = o.as<T>() + first * outs;
      if (depthwise) {
        const T* from = pointwise ? x.as<T>() + first * channels : buffer.data();
        depthwise_rows(from, turned.data(), to, n, window, channels, pointwise);
        continue;
      }
      for (int64_t g = 0; g < groups; g++) {
        const T* a = pointwise ? x.as<T>() + first * channels + g * per_group : buffer.data() + g * n * depth;
        gemm(Gemm<T>{a, pointwise ? channels : depth, 1, w.as<T>() + g * outs_per_group * depth, 1, depth, to + g * outs_per_group, outs, n, outs_per_group, depth}, true);
      }
    }
  });
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
  auto a = cast(c, c.in[0], t), b = cast(c, c.in[1], t);
  c.in.clear();
  return cast(c, eager(c) && own_type(t) ? own_matmul(a, b, c.shape(), t) : product(c, a, b, t), c.dtype());
}

Arrays conv_general(Call& c) {
  auto s = convolution_shape(c);
  if (c.in[0].size() == 0 || c.in[1].size() == 0) return zeros(c);
  auto t = compute_type(c);
  size_t spatial = s.strides.size();
  bool negative = false;
  for (size_t d = 0; d < spatial; d++) negative |= s.low[d] < 0 || s.high[d] < 0;
  auto x = cast(c, c.in[0], t), w = cast(c, c.in[1], t);
  if (eager(c) && own_type(t)) {
    auto result = host({"conv_general"}, {x, w}, {c.shape()}, {t}, [s](Views& in, Views& out) {
      if (out[0].dtype == mx::float32) convolve<float>(s, in, out);
      else convolve<double>(s, in, out);
    });
    return cast(c, result[0], c.dtype());
  }
  if (t == mx::float32 && spatial >= 1 && spatial <= 3 && !negative)
    return mx::astype(mx::conv_general(x, w, s.strides, s.low, s.high, s.kernel_dilation, s.input_dilation, s.groups, false), c.dtype());
  return cast(c, convolution_by_patches(c, s, x, w, t), c.dtype());
}

}  // namespace hloom::ops
