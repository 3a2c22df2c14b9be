// Ops that move elements and compute none.
#include <algorithm>
#include <cstring>

#include "../host.h"
#include "index.h"

namespace hloom {

std::optional<int64_t> known_index(const mx::array& a) {
  if (a.size() != 1 || a.status() != mx::array::Status::available || !is_integer(a.dtype())) return std::nullopt;
  return with_type(a.dtype(), [&](auto zero) -> int64_t {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) {
      T value = *a.data<T>();
      return std::is_same_v<T, uint64_t> ? int64_t(std::min<uint64_t>(value, INT64_MAX)) : int64_t(value);
    } else {
      return 0;
    }
  });
}

mx::array clamp_index(const mx::array& index, int limit) {
  auto t = index.dtype();
  if (t == mx::uint64) return mx::astype(mx::minimum(index, mx::array(uint64_t(limit), t)), mx::int32);
  auto wide = mx::astype(index, mx::int64);
  return mx::astype(mx::minimum(mx::maximum(wide, mx::array(int64_t(0))), mx::array(int64_t(limit))), mx::int32);
}

namespace ops {
namespace {

mx::Shape strides_of_ones(size_t rank) { return mx::Shape(rank, 1); }

mx::Shape to_shape(const std::vector<int>& v) { return mx::Shape(v.begin(), v.end()); }

void expect_rank(const std::vector<int>& v, size_t rank, const char* what) {
  if (v.size() != rank) invalid(std::string(what) + " has " + std::to_string(v.size()) + " entries for rank " + std::to_string(rank));
}

// Starts of a dynamic slice of `size` in `shape`: on the host when all are known there, else as one array.
struct Starts {
  std::optional<mx::Shape> known;
  std::optional<mx::array> computed;
};

Starts starts_of(Call& c, size_t first, const mx::Shape& shape, const mx::Shape& size) {
  if (c.in.size() != first + shape.size() || size.size() != shape.size()) invalid("one start index per dimension is needed");
  mx::Shape known;
  for (size_t d = 0; d < shape.size(); d++) {
    if (size[d] > shape[d]) invalid("a slice is larger than its operand");
    if (auto index = known_index(c.in[first + d])) known.push_back(int(std::clamp<int64_t>(*index, 0, shape[d] - size[d])));
  }
  if (known.size() == shape.size()) return {known, {}};
  std::vector<mx::array> parts;
  for (size_t d = 0; d < shape.size(); d++) parts.push_back(mx::reshape(clamp_index(c.in[first + d], shape[d] - size[d]), {1}));
  return {{}, mx::concatenate(parts)};
}

std::vector<int> all_axes(size_t rank) {
  std::vector<int> out(rank);
  for (size_t i = 0; i < rank; i++) out[i] = int(i);
  return out;
}

mx::Shape plus(const mx::Shape& a, const mx::Shape& b) {
  mx::Shape out = a;
  for (size_t i = 0; i < a.size(); i++) out[i] += b[i];
  return out;
}

}  // namespace

Arrays reshape(Call& c) { return mx::reshape(c.in[0], c.shape()); }

Arrays transpose(Call& c) {
  auto permutation = c.axes("permutation", int(c.in[0].ndim()));
  expect_rank(permutation, c.in[0].ndim(), "permutation");
  return mx::transpose(c.in[0], permutation);
}

Arrays broadcast_in_dim(Call& c) {
  auto dimensions = c.axes("dimensions", int(c.shape().size()));
  expect_rank(dimensions, c.in[0].ndim(), "dimensions");
  auto x = c.in[0];
  // The operand's dimensions in the order of the result's, then ones between them.
  std::vector<int> order = all_axes(dimensions.size());
  std::sort(order.begin(), order.end(), [&](int a, int b) { return dimensions[a] < dimensions[b]; });
  if (!std::is_sorted(order.begin(), order.end())) x = mx::transpose(x, order);
  mx::Shape shape(c.shape().size(), 1);
  for (size_t i = 0; i < dimensions.size(); i++) shape[dimensions[i]] = c.in[0].shape(int(i));
  return mx::broadcast_to(mx::reshape(x, shape), c.shape());
}

Arrays concatenate(Call& c) {
  int axis = c.axis("axis", int(c.shape().size()));
  std::vector<mx::array> parts;
  for (auto& a : c.in)
    if (a.size() > 0) parts.push_back(std::move(a));
  if (parts.empty()) invalid("concatenate of nothing");
  return parts.size() == 1 ? Arrays(parts[0]) : Arrays(mx::concatenate(parts, axis));
}

Arrays slice(Call& c) {
  auto start = c.ints("start"), limit = c.ints("limit"), strides = c.ints("strides");
  auto& shape = c.in[0].shape();
  for (auto* v : {&start, &limit, &strides}) expect_rank(*v, shape.size(), "slice");
  for (size_t i = 0; i < shape.size(); i++)
    if (start[i] < 0 || start[i] > limit[i] || limit[i] > shape[i] || strides[i] < 1) invalid("slice outside its operand");
  return mx::slice(c.in[0], to_shape(start), to_shape(limit), to_shape(strides));
}

Arrays flip(Call& c) {
  auto axes = c.axes("axes", int(c.in[0].ndim()));
  auto& shape = c.in[0].shape();
  mx::Shape start(shape.size(), 0), stop = shape, strides = strides_of_ones(shape.size());
  for (int axis : axes) {
    start[axis] = shape[axis] - 1;
    stop[axis] = -shape[axis] - 1;
    strides[axis] = -1;
  }
  return axes.empty() ? Arrays(c.in[0]) : Arrays(mx::slice(c.in[0], start, stop, strides));
}

Arrays pad(Call& c) {
  auto low = c.ints("low"), high = c.ints("high"), interior = c.ints("interior");
  auto& x = c.in[0];
  for (auto* v : {&low, &high, &interior}) expect_rank(*v, x.ndim(), "pad");
  auto background = mx::broadcast_to(c.in[1], c.shape());
  mx::Shape from(x.ndim(), 0), to = x.shape(), start(x.ndim(), 0), stop = c.shape(), step(x.ndim(), 1);
  for (size_t d = 0; d < x.ndim(); d++) {
    if (interior[d] < 0) invalid("negative interior padding");
    step[d] = interior[d] + 1;
    // Operand index i lands on low + i·step; keep those inside the result.
    int64_t first = low[d] < 0 ? (-int64_t(low[d]) + step[d] - 1) / step[d] : 0;
    int64_t room = int64_t(c.shape()[d]) - low[d];
    int64_t last = room <= 0 ? 0 : std::min<int64_t>(x.shape(int(d)), (room + step[d] - 1) / step[d]);
    if (first >= last) return background;
    from[d] = int(first);
    to[d] = int(last);
    start[d] = int(low[d] + first * step[d]);
    stop[d] = int(low[d] + (last - 1) * step[d] + 1);
  }
  auto inside = mx::slice(x, from, to, strides_of_ones(x.ndim()));
  if (inside.shape() == c.shape()) return inside;
  return mx::slice_update(background, inside, start, stop, step);
}

Arrays iota(Call& c) {
  int axis = c.axis("axis", int(c.shape().size()));
  int n = c.shape()[axis];
  mx::Shape line(c.shape().size(), 1);
  line[axis] = n;
  auto counts = mx::astype(mx::arange(0, n, mx::int32), c.dtype());
  return mx::broadcast_to(mx::reshape(counts, line), c.shape());
}

Arrays dynamic_slice(Call& c) {
  if (c.in.empty()) invalid("dynamic_slice without operand");
  auto shape = c.in[0].shape();
  auto starts = starts_of(c, 1, shape, c.shape());
  if (starts.known) return mx::slice(c.in[0], *starts.known, plus(*starts.known, c.shape()), strides_of_ones(shape.size()));
  return mx::slice(c.in[0], *starts.computed, all_axes(shape.size()), c.shape());
}

Arrays dynamic_update_slice(Call& c) {
  if (c.in.size() < 2) invalid("dynamic_update_slice without operands");
  auto shape = c.in[0].shape();
  auto size = c.in[1].shape();
  auto starts = starts_of(c, 2, shape, size);
  if (c.in[1].size() == 0) return c.in[0];
  if (shape == size) return c.in[1];
  auto update = std::move(c.in[1]);
  auto operand = std::move(c.in[0]);
  c.in.clear();
  if (starts.known) return mx::slice_update(std::move(operand), std::move(update), *starts.known, plus(*starts.known, size), strides_of_ones(shape.size()));
  return mx::slice_update(std::move(operand), std::move(update), *starts.computed, all_axes(shape.size()));
}

Arrays view(Call& c) {
  auto x = c.in[0];
  size_t from = x.itemsize(), to = mx::size_of(c.dtype());
  if (is_bool(x) || c.dtype() == mx::bool_) invalid("bitcast of i1");
  // MLX's view scales the last dimension: give it one of the right size.
  mx::Shape shape = x.shape();
  if (to < from) shape.push_back(1);
  x = mx::reshape(x, shape);
  if (from != to) x = mx::contiguous(x);
  return mx::reshape(mx::view(x, c.dtype()), c.shape());
}

}  // namespace ops
}  // namespace hloom
