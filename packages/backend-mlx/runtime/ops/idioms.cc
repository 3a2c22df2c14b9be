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

namespace {

// Some rows of the scores at a time: they stay in the cache, and are never stored. q, k and v are [heads, time, size].
void attend(const View& q, const View& k, const View& v, const View* bias, float scale, const View& out) {
  auto dim = [](const View& x, int back) { return int64_t(x.shape[x.shape.size() - back]); };
  int64_t rows = dim(q, 2), size = dim(q, 1), keys = dim(k, 2), width = dim(v, 1), heads = rows * size == 0 ? 0 : q.size / (rows * size);
  int64_t chunk = std::clamp<int64_t>((1 << 15) / std::max<int64_t>(1, keys), 8, 128), chunks = (rows + chunk - 1) / chunk;
  int64_t bias_heads = bias ? dim(*bias, 3) : 0;
  auto softmax = row_kernels().softmax;
  int64_t grain = std::max<int64_t>(1, (1 << 18) / std::max<int64_t>(1, chunk * keys * (size + width)));
  parallel_ranges(heads * chunks, grain, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scores(chunk * keys);
    for (int64_t at = begin; at < end; at++) {
      int64_t head = at / chunks, first = at % chunks * chunk, n = std::min(chunk, rows - first);
      gemm(Gemm<float>{q.as<float>() + (head * rows + first) * size, size, 1, k.as<float>() + head * keys * size, 1, size, scores.data(), keys, n, keys, size}, true);
      const float* added = bias ? bias->as<float>() + ((bias_heads == 1 ? 0 : head) * rows + first) * keys : nullptr;
      for (int64_t i = 0; i < n; i++) {
        float* row = scores.data() + i * keys;
        for (int64_t j = 0; j < keys; j++) row[j] = row[j] * scale + (added ? added[i * keys + j] : 0);
        softmax(row, row, keys);
      }
      gemm(Gemm<float>{scores.data(), keys, 1, v.as<float>() + head * keys * width, width, 1, out.as<float>() + (head * rows + first) * width, width, n, width, keys}, true);
    }
  });
}

}  // namespace

Arrays scaled_dot_product_attention(Call& c) {
  if (c.in.size() != 3 && c.in.size() != 4) invalid("attention takes q, k, v and perhaps a mask");
  for (auto& a : c.in)
    if (a.ndim() != 4) invalid("attention takes arrays of rank 4");
  auto &q = c.in[0], &k = c.in[1], &v = c.in[2];
  mx::Shape result = {q.shape(0), q.shape(1), q.shape(2), v.shape(3)}, scores = {q.shape(0), q.shape(1), q.shape(2), k.shape(2)};
  c.expect(result, q.dtype());
  std::optional<mx::array> mask;
  if (c.in.size() == 4) mask = c.in[3];
  bool same_heads = k.shape(0) == q.shape(0) && k.shape(1) == q.shape(1) && v.shape(1) == q.shape(1) && v.shape(0) == q.shape(0);
  bool fits = k.shape(3) == q.shape(3) && v.shape(2) == k.shape(2);
  if (!fits) invalid("attention operands do not fit");
  if (mask)
    for (int d = 0; d < 4; d++)
      if (mask->shape(d) != scores[d] && mask->shape(d) != 1) invalid("an attention mask does not fit its scores");
  bool plain_mask = !mask || (is_float(mask->dtype()) && mask->shape(2) == scores[2] && mask->shape(3) == scores[3] && (mask->shape(1) == 1 || mask->shape(1) == scores[1]));
  if (!by_kernels(c) || !same_heads || !plain_mask || q.shape(0) != 1 || c.integer("causal"))
    return mx::fast::scaled_dot_product_attention(q, k, v, float(c.real("scale")), c.integer("causal") ? "causal" : "", mask);
  std::vector<mx::array> inputs;
  for (auto& a : c.in) inputs.push_back(cast(c, a, mx::float32));
  auto out = host({"attention"}, inputs, {result}, {mx::float32}, [scale = float(c.real("scale"))](Views& in, Views& out) {
    attend(in[0], in[1], in[2], in.size() > 3 ? &in[3] : nullptr, scale, out[0]);
  });
  return cast(c, out[0], c.dtype());
}

}  // namespace hloom::ops
