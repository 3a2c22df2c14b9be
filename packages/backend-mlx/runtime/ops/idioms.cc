// Whole idioms: on a CPU by our kernels of rows, elsewhere by MLX's.
#include "../eager.h"
#include "../gemm/gemm.h"
#include "../host.h"
#include "../map/body.h"
#include "../parallel.h"
#include "../rows/rows.h"

namespace hloom::ops {
namespace {

bool by_kernels(const Call& c) { return c.device.cpu && !c.device.compose && (c.in[0].dtype() == mx::float32 || is_half(c.in[0].dtype())); }

// f(row of x, row of the result, length) for each row of the last axis, in f32.
template <typename F>
mx::array by_rows(Call& c, const char* name, const mx::array& x, mx::Shape result, F f, std::vector<mx::array> others = {}) {
  std::vector<mx::array> inputs = {cast(c, x, mx::float32)};
  for (auto& other : others) inputs.push_back(cast(c, other, mx::float32));
  auto out = host({name}, inputs, {result}, {mx::float32}, [f](Views& in, Views& out) {
    int64_t n = in[0].shape.back(), rows = n == 0 ? 0 : in[0].size / n, width = out[0].shape.back();
    parallel_ranges(rows, std::max<int64_t>(1, (1 << 14) / std::max<int64_t>(1, n)), 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) f(in, in[0].template as<float>() + row * n, out[0].template as<float>() + row * width, n);
    });
  });
  return cast(c, out[0], x.dtype());
}

int axis_of(const Call& c) { return c.axis("axis", int(c.in[0].ndim())); }

mx::array moved(const mx::array& x, int a, int b) {
  std::vector<int> order(x.ndim());
  for (int d = 0; d < int(x.ndim()); d++) order[d] = d == a ? b : d == b ? a : d;
  return transposed(x, order);
}

void need_weights(const Call& c, size_t most) {
  if (c.in.empty() || c.in.size() > most || c.in[0].ndim() < 1) invalid("a norm takes an operand, and perhaps a weight and a bias");
  c.expect(c.in[0].shape(), c.in[0].dtype());
  for (size_t i = 1; i < c.in.size(); i++)
    if (c.in[i].shape() != mx::Shape{c.in[0].shape(-1)}) invalid("weights of a norm are as long as its rows");
}

std::optional<mx::array> given(const Call& c, size_t i) { return i < c.in.size() ? std::optional(c.in[i]) : std::nullopt; }

}  // namespace

Arrays softmax(Call& c) {
  auto& x = c.in[0];
  int axis = axis_of(c), last = int(x.ndim()) - 1;
  c.expect(x.shape(), x.dtype());
  if (!by_kernels(c)) return mx::softmax(x, axis, true);
  auto kernel = row_kernels().softmax;
  auto rows = axis == last ? x : moved(x, axis, last);
  auto shape = rows.shape();
  auto out = by_rows(c, "softmax", rows, shape, [kernel](Views&, const float* from, float* to, int64_t n) { kernel(from, to, n); });
  return axis == last ? out : moved(out, axis, last);
}

// Keeps the axis, with one element.
Arrays logsumexp(Call& c) {
  auto& x = c.in[0];
  int axis = axis_of(c), last = int(x.ndim()) - 1;
  if (x.size() == 0) return mx::full(c.shape(), lowest(c.dtype()), c.dtype());
  if (!by_kernels(c)) {
    auto wide = is_half(x.dtype()) ? mx::float32 : x.dtype();
    return mx::astype(mx::logsumexp(mx::astype(x, wide), axis, true), x.dtype());
  }
  auto rows = axis == last ? x : moved(x, axis, last);
  mx::Shape shape = rows.shape();
  shape.back() = 1;
  auto kernel = row_kernels().logsumexp;
  auto out = by_rows(c, "logsumexp", rows, shape, [kernel](Views&, const float* from, float* to, int64_t n) { *to = kernel(from, n); });
  return axis == last ? out : moved(out, axis, last);
}

Arrays rms_norm(Call& c) {
  need_weights(c, 2);
  float eps = float(c.real("eps"));
  if (!by_kernels(c)) return mx::fast::rms_norm(c.in[0], given(c, 1), eps);
  bool weighted = c.in.size() > 1;
  std::vector<mx::array> others(c.in.begin() + 1, c.in.end());
  auto shape = c.in[0].shape();
  return by_rows(c, "rms_norm", c.in[0], shape, [=, kernel = row_kernels().rms_norm](Views& in, const float* from, float* to, int64_t n) {
    kernel(from, weighted ? in[1].as<float>() : nullptr, eps, to, n);
  }, others);
}

Arrays layer_norm(Call& c) {
  need_weights(c, 3);
  float eps = float(c.real("eps"));
  if (!by_kernels(c)) return mx::fast::layer_norm(c.in[0], given(c, 1), given(c, 2), eps);
  size_t count = c.in.size();
  std::vector<mx::array> others(c.in.begin() + 1, c.in.end());
  auto shape = c.in[0].shape();
  return by_rows(c, "layer_norm", c.in[0], shape, [=, kernel = row_kernels().layer_norm](Views& in, const float* from, float* to, int64_t n) {
    kernel(from, count > 1 ? in[1].as<float>() : nullptr, count > 2 ? in[2].as<float>() : nullptr, eps, to, n);
  }, others);
}

Arrays scaled_dot_product_attention(Call& c) {
  if (c.in.size() != 3 && c.in.size() != 4) invalid("attention takes q, k, v and perhaps a mask");
  std::optional<mx::array> mask;
  if (c.in.size() == 4) mask = c.in[3];
  return mx::fast::scaled_dot_product_attention(c.in[0], c.in[1], c.in[2], float(c.real("scale")), c.integer("causal") ? "causal" : "", mask);
}

}  // namespace hloom::ops
