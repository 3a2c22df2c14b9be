// Ops that move elements and compute none.
#include <algorithm>
#include <cstring>

#include "../eager.h"
#include "../host.h"
#include "../plan.h"
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

// Where a dynamic slice begins, in elements, read at each replay. Operands `first`… are the indices.
struct StartReader {
  struct Dimension {
    int64_t last, step;
  };
  std::vector<Dimension> dimensions;
  int64_t operator()(const Views& in, size_t first) const {
    int64_t offset = 0;
    for (size_t d = 0; d < dimensions.size(); d++) {
      int64_t index = with_type(in[first + d].dtype, [&](auto zero) -> int64_t {
        using T = decltype(zero);
        if constexpr (std::is_same_v<T, uint64_t>) return int64_t(std::min<uint64_t>(*in[first + d].as<T>(), INT64_MAX));
        else if constexpr (std::is_integral_v<T>) return int64_t(*in[first + d].as<T>());
        else return 0;
      });
      offset += std::clamp<int64_t>(index, 0, dimensions[d].last) * dimensions[d].step;
    }
    return offset;
  }
};

StartReader start_reader(const Call& c, size_t first, const mx::Shape& shape, const mx::Shape& size) {
  if (c.in.size() != first + shape.size() || size.size() != shape.size()) invalid("one start index per dimension is needed");
  StartReader reader;
  auto steps = row_major_strides(shape);
  for (size_t d = 0; d < shape.size(); d++) {
    if (size[d] > shape[d]) invalid("a slice is larger than its operand");
    if (c.in[first + d].size() != 1 || !is_integer(c.in[first + d].dtype())) invalid("start indices are integers of rank 0");
    reader.dimensions.push_back({shape[d] - size[d], steps[d]});
  }
  return reader;
}

Arrays recorded_slice(Call& c) {
  auto reader = start_reader(c, 1, c.in[0].shape(), c.shape());
  c.expect(c.shape(), c.in[0].dtype());
  auto from = row_major_strides(c.in[0].shape()), to = row_major_strides(c.shape());
  return host({"dynamic_slice"}, c, [reader, from, to](Views& in, Views& out) {
    size_t item = mx::size_of(out[0].dtype);
    copy_strided(in[0].data + reader(in, 1) * int64_t(item), from, out[0].data, to, out[0].shape, item);
  });
}

Arrays recorded_update(Call& c) {
  auto reader = start_reader(c, 2, c.in[0].shape(), c.in[1].shape());
  if (c.in[1].dtype() != c.in[0].dtype()) invalid("dynamic_update_slice types differ");
  auto from = row_major_strides(c.in[1].shape()), to = row_major_strides(c.in[0].shape());
  return host({"dynamic_update_slice", 0}, c, [reader, from, to](Views& in, Views& out) {
    size_t item = mx::size_of(out[0].dtype);
    copy_strided(in[1].data, from, out[0].data + reader(in, 2) * int64_t(item), to, in[1].shape, item);
  });
}

size_t count(const mx::Shape& shape) {
  size_t n = 1;
  for (int dim : shape) n *= dim;
  return n;
}

mx::Shape plus(const mx::Shape& a, const mx::Shape& b) {
  mx::Shape out = a;
  for (size_t i = 0; i < a.size(); i++) out[i] += b[i];
  return out;
}

}  // namespace

Arrays reshape(Call& c) {
  auto& x = c.in[0];
  if (eager(c) && is_there(x) && x.size() == count(c.shape())) {
    if (x.flags().row_contiguous) return share(x, c.shape(), row_major_strides(c.shape()));
    c.expect(c.shape(), x.dtype());
    return host({"reshape"}, c, [](Views& in, Views& out) { std::memcpy(out[0].data, in[0].data, in[0].size * mx::size_of(in[0].dtype)); });
  }
  return mx::reshape(x, c.shape());
}

Arrays transpose(Call& c) {
  auto permutation = c.axes("permutation", int(c.in[0].ndim()));
  expect_rank(permutation, c.in[0].ndim(), "permutation");
  auto& x = c.in[0];
  if (!eager(c) || !is_there(x)) return mx::transpose(x, permutation);
  mx::Shape shape;
  mx::Strides strides;
  for (int axis : permutation) {
    shape.push_back(x.shape(axis));
    strides.push_back(x.strides()[axis]);
  }
  return share(x, shape, strides);
}

Arrays broadcast_in_dim(Call& c) {
  auto dimensions = c.axes("dimensions", int(c.shape().size()));
  expect_rank(dimensions, c.in[0].ndim(), "dimensions");
  auto x = c.in[0];
  if (eager(c) && is_there(x)) {
    mx::Strides strides(c.shape().size(), 0);
    for (size_t i = 0; i < dimensions.size(); i++) {
      int n = x.shape(int(i));
      if (n != 1 && n != c.shape()[dimensions[i]]) invalid("broadcast of a dimension to another size");
      if (n != 1) strides[dimensions[i]] = x.strides()[i];
    }
    return share(x, c.shape(), strides);
  }
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
  if (eager(c) && parts.size() > 1) {
    int64_t outer = 1, along = 0;
    for (int d = 0; d < axis; d++) outer *= c.shape()[d];
    for (auto& a : parts) {
      mx::Shape want = c.shape();
      if (a.ndim() != want.size()) invalid("concatenate of different ranks");
      want[axis] = a.shape(axis);
      along += a.shape(axis);
      if (a.shape() != want || a.dtype() != c.dtype()) invalid("concatenate of arrays that do not fit");
    }
    if (along != c.shape()[axis]) invalid("concatenate result has the wrong size");
    return host({"concatenate"}, std::move(parts), c.bound.shapes, c.bound.dtypes, [outer](Views& in, Views& out) {
      size_t item = mx::size_of(out[0].dtype);
      char* to = out[0].data;
      for (int64_t i = 0; i < outer; i++)
        for (auto& part : in) {
          size_t bytes = size_t(part.size / outer) * item;
          std::memcpy(to, part.data + i * bytes, bytes);
          to += bytes;
        }
    });
  }
  return parts.size() == 1 ? Arrays(parts[0]) : Arrays(mx::concatenate(parts, axis));
}

Arrays slice(Call& c) {
  auto start = c.ints("start"), limit = c.ints("limit"), strides = c.ints("strides");
  auto& shape = c.in[0].shape();
  for (auto* v : {&start, &limit, &strides}) expect_rank(*v, shape.size(), "slice");
  for (size_t i = 0; i < shape.size(); i++)
    if (start[i] < 0 || start[i] > limit[i] || limit[i] > shape[i] || strides[i] < 1) invalid("slice outside its operand");
  auto& x = c.in[0];
  mx::Shape size;
  for (size_t i = 0; i < shape.size(); i++) size.push_back((limit[i] - start[i] + strides[i] - 1) / strides[i]);
  c.expect(size, x.dtype());
  if (!eager(c) || !is_there(x)) return mx::slice(x, to_shape(start), to_shape(limit), to_shape(strides));
  mx::Strides steps;
  int64_t offset = 0;
  for (size_t i = 0; i < shape.size(); i++) {
    offset += start[i] * x.strides()[i];
    steps.push_back(x.strides()[i] * strides[i]);
  }
  return share(x, c.shape(), steps, offset);
}

Arrays flip(Call& c) {
  auto axes = c.axes("axes", int(c.in[0].ndim()));
  auto& shape = c.in[0].shape();
  c.expect(shape, c.in[0].dtype());
  if (eager(c)) return host({"flip"}, c, [axes](Views& in, Views& out) {
    auto steps = row_major_strides(in[0].shape);
    auto backwards = steps;
    size_t item = mx::size_of(in[0].dtype);
    const char* from = in[0].data;
    for (int axis : axes) {
      from += (in[0].shape[axis] - 1) * steps[axis] * int64_t(item);
      backwards[axis] = -steps[axis];
    }
    copy_strided(from, backwards, out[0].data, steps, in[0].shape, item);
  });
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
  if (x.dtype() != c.dtype() || c.in[1].dtype() != c.dtype() || c.in[1].size() != 1) invalid("pad value does not fit");
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
  if (eager(c)) return host({"pad"}, c, [=](Views& in, Views& out) {
    size_t item = mx::size_of(out[0].dtype);
    fill(out[0].data, out[0].size, in[1].data, item);
    auto steps = row_major_strides(in[0].shape), targets = row_major_strides(out[0].shape);
    mx::Shape size = from;
    int64_t source = 0, target = 0;
    for (size_t d = 0; d < size.size(); d++) {
      size[d] = to[d] - from[d];
      source += from[d] * steps[d];
      target += start[d] * targets[d];
      targets[d] *= step[d];
    }
    copy_strided(in[0].data + source * item, steps, out[0].data + target * item, targets, size, item);
  });
  auto inside = mx::slice(x, from, to, strides_of_ones(x.ndim()));
  if (inside.shape() == c.shape()) return inside;
  return mx::slice_update(background, inside, start, stop, step);
}

Arrays iota(Call& c) {
  int axis = c.axis("axis", int(c.shape().size()));
  int n = c.shape()[axis];
  if (eager(c)) {
    int64_t inner = 1;
    for (size_t d = axis + 1; d < c.shape().size(); d++) inner *= c.shape()[d];
    return host({"iota"}, c, [n, inner](Views&, Views& out) {
      with_type(out[0].dtype, [&](auto zero) {
        using T = decltype(zero);
        T* to = out[0].as<T>();
        for (int64_t i = 0; i < out[0].size; i++) {
          if constexpr (std::is_integral_v<T> || std::is_same_v<T, double>) to[i] = T(i / inner % n);
          else to[i] = T(float(i / inner % n));
        }
      });
    });
  }
  mx::Shape line(c.shape().size(), 1);
  line[axis] = n;
  auto counts = mx::astype(mx::arange(0, n, mx::int32), c.dtype());
  return mx::broadcast_to(mx::reshape(counts, line), c.shape());
}

Arrays dynamic_slice(Call& c) {
  if (c.in.empty()) invalid("dynamic_slice without operand");
  auto shape = c.in[0].shape();
  if (Recorder::active()) return recorded_slice(c);
  auto starts = starts_of(c, 1, shape, c.shape());
  if (starts.known && eager(c) && is_there(c.in[0])) {
    int64_t offset = 0;
    for (size_t d = 0; d < shape.size(); d++) offset += (*starts.known)[d] * c.in[0].strides()[d];
    return share(c.in[0], c.shape(), c.in[0].strides(), offset);
  }
  if (starts.known) return mx::slice(c.in[0], *starts.known, plus(*starts.known, c.shape()), strides_of_ones(shape.size()));
  return mx::slice(c.in[0], *starts.computed, all_axes(shape.size()), c.shape());
}

Arrays dynamic_update_slice(Call& c) {
  if (c.in.size() < 2) invalid("dynamic_update_slice without operands");
  auto shape = c.in[0].shape();
  auto size = c.in[1].shape();
  c.expect(shape, c.in[0].dtype());
  if (Recorder::active() && c.in[1].size() != 0) return recorded_update(c);
  auto starts = starts_of(c, 2, shape, size);
  if (c.in[1].size() == 0) return c.in[0];
  if (shape == size) return c.in[1];
  auto update = std::move(c.in[1]);
  auto operand = std::move(c.in[0]);
  c.in.clear();
  if (starts.known && eager(c)) {
    if (update.dtype() != operand.dtype()) invalid("dynamic_update_slice types differ");
    std::vector<mx::array> operands;
    operands.push_back(std::move(operand));
    operands.push_back(std::move(update));
    return host({"dynamic_update_slice", 0}, std::move(operands), c.bound.shapes, c.bound.dtypes, [start = *starts.known](Views& in, Views& out) {
      auto targets = row_major_strides(out[0].shape);
      size_t item = mx::size_of(out[0].dtype);
      int64_t offset = 0;
      for (size_t d = 0; d < start.size(); d++) offset += start[d] * targets[d];
      copy_strided(in[1].data, row_major_strides(in[1].shape), out[0].data + offset * item, targets, in[1].shape, item);
    });
  }
  if (starts.known) return mx::slice_update(std::move(operand), std::move(update), *starts.known, plus(*starts.known, size), strides_of_ones(shape.size()));
  return mx::slice_update(std::move(operand), std::move(update), *starts.computed, all_axes(shape.size()));
}

Arrays view(Call& c) {
  auto x = c.in[0];
  size_t from = x.itemsize(), to = mx::size_of(c.dtype());
  if (x.dtype() == c.dtype()) return x;
  if (is_bool(x) || c.dtype() == mx::bool_) invalid("bitcast of i1 to another type");
  // MLX's view scales the last dimension: give it one of the right size.
  mx::Shape shape = x.shape();
  if (to < from) shape.push_back(1);
  x = mx::reshape(x, shape);
  if (eager(c)) {
    if (x.nbytes() != count(c.shape()) * to) invalid("bitcast changes the number of bytes");
    return host({"view"}, {x}, c.bound.shapes, c.bound.dtypes, [](Views& in, Views& out) { std::memcpy(out[0].data, in[0].data, in[0].size * mx::size_of(in[0].dtype)); });
  }
  if (from != to) x = mx::contiguous(x);
  return mx::reshape(mx::view(x, c.dtype()), c.shape());
}

}  // namespace ops
}  // namespace hloom
