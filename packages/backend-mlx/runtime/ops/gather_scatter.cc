// gather and scatter with StableHLO's dimension numbers, on the CPU.
#include <algorithm>
#include <cstring>

#include "../host.h"
#include "../map/program.h"
#include "index.h"

namespace hloom::ops {
namespace {

using Dims = std::vector<int>;

bool contains(const Dims& v, int d) { return std::find(v.begin(), v.end(), d) != v.end(); }

std::vector<int64_t> row_major(const mx::Shape& shape) {
  std::vector<int64_t> out(shape.size());
  int64_t step = 1;
  for (int d = int(shape.size()) - 1; d >= 0; d--) {
    out[d] = step;
    step *= shape[d];
  }
  return out;
}

// gather and scatter pair windows of an operand with windows of `other` (gather's result, scatter's updates); where a window
// of the operand begins is read from the indices.
struct Windows {
  mx::Shape operand;
  Dims sizes;                      // of the window, per operand dimension (1 where inserted or batching)
  Dims start_map;                  // operand dimension of each index component
  std::vector<std::pair<int64_t, int64_t>> batching;  // (operand stride, position in `batch`)
  mx::Shape batch;                 // shape of the indices without the index vector
  std::vector<int64_t> batch_steps_indices, batch_steps_other;
  int64_t component_step = 1;      // between the components of an index
  mx::Shape window;                // dimensions of the window that `other` has
  std::vector<int64_t> window_steps_operand, window_steps_other;
  std::vector<int64_t> operand_steps;
  int64_t windows = 1, window_size = 1;
};

Windows windows_of(const mx::Shape& operand, const mx::Shape& indices, const mx::Shape& other, const Dims& window_dims, const Dims& inserted, const Dims& operand_batching,
                   const Dims& index_batching, const Dims& start_map, int index_vector_dim, const Dims& sizes) {
  int rank = int(operand.size()), index_rank = int(indices.size()), other_rank = int(other.size());
  auto distinct = [](const Dims& v, int limit) {
    for (size_t i = 0; i < v.size(); i++)
      if (v[i] < 0 || v[i] >= limit || std::count(v.begin(), v.end(), v[i]) != 1) invalid("dimension numbers are out of range or repeated");
  };
  distinct(window_dims, other_rank);
  distinct(inserted, rank);
  distinct(operand_batching, rank);
  distinct(index_batching, index_rank);
  distinct(start_map, rank);
  if (index_vector_dim < 0 || index_vector_dim > index_rank || int(sizes.size()) != rank || operand_batching.size() != index_batching.size()) invalid("dimension numbers do not fit");
  if (int(start_map.size()) != (index_vector_dim == index_rank ? 1 : indices[index_vector_dim])) invalid("index vectors do not have a component per mapped dimension");
  Windows w;
  w.operand = operand;
  w.sizes = sizes;
  w.start_map = start_map;
  w.operand_steps = row_major(operand);
  auto index_steps = row_major(indices), other_steps = row_major(other);
  Dims other_batch;
  for (int d = 0; d < other_rank; d++)
    if (!contains(window_dims, d)) other_batch.push_back(d);
  Dims position(index_rank, -1);
  for (int d = 0; d < index_rank; d++) {
    if (d == index_vector_dim) continue;
    if (w.batch.size() >= other_batch.size()) invalid("the indices have more batch dimensions than the windows");
    int o = other_batch[w.batch.size()];
    if (other[o] != indices[d]) invalid("batch dimensions differ");
    position[d] = int(w.batch.size());
    w.batch.push_back(indices[d]);
    w.batch_steps_indices.push_back(index_steps[d]);
    w.batch_steps_other.push_back(other_steps[o]);
    w.windows *= indices[d];
  }
  if (w.batch.size() != other_batch.size()) invalid("the indices have fewer batch dimensions than the windows");
  if (index_vector_dim < index_rank) w.component_step = index_steps[index_vector_dim];
  for (size_t i = 0; i < operand_batching.size(); i++) {
    int at = position[index_batching[i]];
    if (at < 0 || w.batch[at] != operand[operand_batching[i]] || contains(start_map, operand_batching[i])) invalid("batching dimensions differ");
    w.batching.emplace_back(w.operand_steps[operand_batching[i]], at);
  }
  size_t next = 0;
  for (int d = 0; d < rank; d++) {
    bool dropped = contains(inserted, d) || contains(operand_batching, d);
    if (sizes[d] < 0 || sizes[d] > operand[d] || (dropped && sizes[d] > 1)) invalid("window larger than the operand");
    if (dropped) continue;
    if (next >= window_dims.size() || other[window_dims[next]] != sizes[d]) invalid("window dimensions differ");
    w.window.push_back(sizes[d]);
    w.window_steps_operand.push_back(w.operand_steps[d]);
    w.window_steps_other.push_back(other_steps[window_dims[next]]);
    w.window_size *= sizes[d];
    next++;
  }
  if (next != window_dims.size()) invalid("window dimensions differ in number");
  return w;
}

// Steps a multi-index through `shape`, keeping offsets along.
struct Odometer {
  explicit Odometer(size_t rank) : index(rank, 0) {}
  std::vector<int64_t> index;
  int64_t a = 0, b = 0;
  void next(const mx::Shape& shape, const std::vector<int64_t>& a_steps, const std::vector<int64_t>& b_steps, int rank) {
    for (int d = rank - 1; d >= 0; d--) {
      a += a_steps[d];
      b += b_steps[d];
      if (++index[d] < shape[d]) return;
      a -= a_steps[d] * shape[d];
      b -= b_steps[d] * shape[d];
      index[d] = 0;
    }
  }
};

int64_t index_at(const View& indices, int64_t at) {
  return with_type(indices.dtype, [&](auto zero) -> int64_t {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, uint64_t>) return int64_t(std::min<uint64_t>(indices.as<T>()[at], INT64_MAX));
    else if constexpr (std::is_integral_v<T>) return int64_t(indices.as<T>()[at]);
    else return 0;
  });
}

// Calls f(operand offset, other offset) for each window, in order. Windows that stick out are moved inside, or skipped.
template <typename F>
void for_windows(const Windows& w, const View& indices, bool clamp, F f) {
  Odometer batch(w.batch.size());
  for (int64_t i = 0; i < w.windows; i++) {
    int64_t base = 0;
    bool inside = true;
    for (size_t k = 0; k < w.start_map.size(); k++) {
      int d = w.start_map[k];
      int64_t start = index_at(indices, batch.a + int64_t(k) * w.component_step), last = w.operand[d] - w.sizes[d];
      if (clamp) start = std::clamp<int64_t>(start, 0, last);
      else if (start < 0 || start > last) {
        inside = false;
        break;
      }
      base += start * w.operand_steps[d];
    }
    for (auto [step, at] : w.batching) base += batch.index[at] * step;
    if (inside) f(base, batch.b);
    batch.next(w.batch, w.batch_steps_indices, w.batch_steps_other, int(w.batch.size()));
  }
}

// Calls f(operand offset, other offset, n) for runs of n elements that lie together in both.
template <typename F>
void for_runs(const Windows& w, int64_t base_operand, int64_t base_other, F f) {
  int rank = int(w.window.size());
  int64_t run = 1;
  while (rank > 0 && w.window_steps_operand[rank - 1] == run && w.window_steps_other[rank - 1] == run) run *= w.window[--rank];
  int64_t runs = run == 0 ? 0 : w.window_size / run;
  Odometer at(w.window.size());
  for (int64_t i = 0; i < runs; i++) {
    f(base_operand + at.a, base_other + at.b, run);
    at.next(w.window, w.window_steps_operand, w.window_steps_other, rank);
  }
}

Windows scatter_windows(Call& c, const mx::Shape& operand, const mx::Shape& indices, const mx::Shape& updates) {
  auto inserted = c.ints("inserted_window_dims"), batching = c.ints("input_batching_dims"), window_dims = c.ints("update_window_dims");
  Dims sizes;
  size_t next = 0;
  for (int d = 0; d < int(operand.size()); d++) {
    if (contains(inserted, d) || contains(batching, d)) sizes.push_back(std::min(1, operand[d]));
    else if (next >= window_dims.size() || window_dims[next] < 0 || window_dims[next] >= int(updates.size())) invalid("update window dimensions do not fit");
    else sizes.push_back(updates[window_dims[next++]]);
  }
  // An inserted dimension of size 0 has no place for any update.
  for (int& size : sizes) size = std::max(size, 0);
  return windows_of(operand, indices, updates, window_dims, inserted, batching, c.ints("scatter_indices_batching_dims"), c.ints("scatter_dims_to_operand_dims"), c.integer("index_vector_dim"), sizes);
}

// ---- by MLX's gather and scatter, for a GPU: an index array per indexed axis, windows as trailing dimensions -------------

struct Indices {
  std::vector<mx::array> starts;  // i32, of the batch's shape
  std::vector<int> axes;
  std::optional<mx::array> inside;  // which windows lie inside; absent when they are clamped
};

Indices indices_of(const Windows& w, const mx::array& indices, int vector_dim, const Dims& operand_batching, bool clamp) {
  Indices out;
  for (size_t k = 0; k < w.start_map.size(); k++) {
    int d = w.start_map[k], last = w.operand[d] - w.sizes[d];
    mx::array start = vector_dim == int(indices.ndim()) ? indices : mx::take(indices, int(k), vector_dim);
    if (!clamp) {
      auto wide = mx::astype(start, mx::int64);
      auto fits = mx::logical_and(mx::greater_equal(wide, mx::array(int64_t(0))), mx::less_equal(wide, mx::array(int64_t(last))));
      out.inside = out.inside ? mx::logical_and(*out.inside, fits) : fits;
    }
    out.starts.push_back(clamp_index(start, last));
    out.axes.push_back(d);
  }
  for (size_t i = 0; i < operand_batching.size(); i++) {
    int at = int(w.batching[i].second);
    mx::Shape line(w.batch.size(), 1);
    line[at] = w.batch[at];
    out.starts.push_back(mx::broadcast_to(mx::reshape(mx::arange(w.batch[at]), line), w.batch));
    out.axes.push_back(operand_batching[i]);
  }
  return out;
}

mx::Shape joined(const mx::Shape& a, const mx::Shape& b) {
  mx::Shape out = a;
  for (int n : b) out.push_back(n);
  return out;
}

// Positions in [batch…, window…] of the dimensions of `other`.
std::vector<int> positions_of(size_t rank, size_t batch, const Dims& window_dims) {
  std::vector<int> out;
  int next_batch = 0, next_window = int(batch);
  for (int d = 0; d < int(rank); d++) out.push_back(contains(window_dims, d) ? next_window++ : next_batch++);
  return out;
}

mx::array mlx_gather(const Call& c, const Windows& w, const Dims& window_dims) {
  auto index = indices_of(w, c.in[1], c.integer("index_vector_dim"), c.ints("operand_batching_dims"), true);
  auto found = mx::gather(c.in[0], index.starts, index.axes, mx::Shape(w.sizes.begin(), w.sizes.end()));
  return mx::transpose(mx::reshape(found, joined(w.batch, w.window)), positions_of(c.shape().size(), w.batch.size(), window_dims));
}

mx::array mlx_scatter(const Call& c, const Windows& w, const Dims& window_dims, const std::string& mode) {
  auto index = indices_of(w, c.in[1], c.integer("index_vector_dim"), c.ints("input_batching_dims"), false);
  // Windows that stick out go to a strip beyond the end, which is cut off again.
  int axis = index.axes[0], size = w.sizes[axis];
  index.starts[0] = mx::where(*index.inside, index.starts[0], mx::array(w.operand[axis], mx::int32));
  mx::Shape strip = w.operand;
  strip[axis] = size;
  auto target = mx::concatenate({c.in[0], mx::zeros(strip, c.dtype())}, axis);
  std::vector<int> positions = positions_of(c.in[2].ndim(), w.batch.size(), window_dims), order(positions.size());
  for (size_t d = 0; d < positions.size(); d++) order[positions[d]] = int(d);
  auto updates = mx::reshape(mx::transpose(c.in[2], order), joined(w.batch, mx::Shape(w.sizes.begin(), w.sizes.end())));
  auto scattered = mode == "assign"     ? mx::scatter(target, index.starts, updates, index.axes)
                   : mode == "add"      ? mx::scatter_add(target, index.starts, updates, index.axes)
                   : mode == "multiply" ? mx::scatter_prod(target, index.starts, updates, index.axes)
                   : mode == "minimum"  ? mx::scatter_min(target, index.starts, updates, index.axes)
                                        : mx::scatter_max(target, index.starts, updates, index.axes);
  return mx::slice(scattered, mx::Shape(w.operand.size(), 0), w.operand);
}

template <typename T, typename F>
void combine_runs(const Windows& w, Views& in, Views& out, F f) {
  for_windows(w, in[1], false, [&](int64_t to, int64_t from) {
    for_runs(w, to, from, [&](int64_t to, int64_t from, int64_t n) {
      T* target = out[0].as<T>() + to;
      const T* update = in[2].as<T>() + from;
      for (int64_t i = 0; i < n; i++) target[i] = f(target[i], update[i]);
    });
  });
}

void host_scatter(const Windows& w, const std::string& mode, Views& in, Views& out) {
  if (mode == "assign")
    return with_width(mx::size_of(out[0].dtype), [&](auto zero) {
      using T = decltype(zero);
      combine_runs<T>(w, in, out, [](T, T b) { return b; });
    });
  with_type(out[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    constexpr bool is_boolean = std::is_same_v<T, bool>, is_complex = std::is_same_v<T, mx::complex64_t>;
    if (mode == "add") return combine_runs<T>(w, in, out, [](T a, T b) { if constexpr (is_boolean) return a | b; else return T(a + b); });
    if (mode == "multiply") return combine_runs<T>(w, in, out, [](T a, T b) { if constexpr (is_boolean) return a & b; else return T(a * b); });
    if constexpr (!is_complex) {
      if (mode == "minimum") return combine_runs<T>(w, in, out, [](T a, T b) { return a < b || a != a ? a : b; });
      if (mode == "maximum") return combine_runs<T>(w, in, out, [](T a, T b) { return a > b || a != a ? a : b; });
    }
  });
}

}  // namespace

Arrays gather(Call& c) {
  if (!is_integer(c.in[1].dtype())) invalid("gather indices must be integers");
  auto w = windows_of(c.in[0].shape(), c.in[1].shape(), c.shape(), c.ints("offset_dims"), c.ints("collapsed_slice_dims"), c.ints("operand_batching_dims"),
                      c.ints("start_indices_batching_dims"), c.ints("start_index_map"), c.integer("index_vector_dim"), c.ints("slice_sizes"));
  if (c.in[0].dtype() != c.dtype()) invalid("gather changes the type");
  if (c.in[0].size() == 0) invalid("gather from an empty operand");
  if (c.device.compose && !w.start_map.empty()) return mlx_gather(c, w, c.ints("offset_dims"));
  return host({"gather"}, c, [w](Views& in, Views& out) {
    with_width(mx::size_of(out[0].dtype), [&](auto zero) {
      using T = decltype(zero);
      for_windows(w, in[1], true, [&](int64_t from, int64_t to) {
        for_runs(w, from, to, [&](int64_t from, int64_t to, int64_t n) {
          const T* source = in[0].as<T>() + from;
          T* target = out[0].as<T>() + to;
          if (n == 1) *target = *source;
          else std::memcpy(target, source, n * sizeof(T));
        });
      });
    });
  });
}

Arrays scatter(Call& c) {
  if (c.in[2].size() == 0) return c.in[0];
  if (!is_integer(c.in[1].dtype()) || c.in[0].dtype() != c.in[2].dtype() || c.in[0].shape() != c.shape() || c.in[0].dtype() != c.dtype()) invalid("scatter types differ");
  auto w = scatter_windows(c, c.in[0].shape(), c.in[1].shape(), c.in[2].shape());
  std::string mode = c.text("mode");
  static const std::vector<std::string> modes = {"assign", "add", "multiply", "minimum", "maximum"};
  if (std::find(modes.begin(), modes.end(), mode) == modes.end()) invalid("scatter mode " + mode);
  if (is_complex(c.dtype()) && mode[0] == 'm' && mode != "multiply") unimplemented("scatter " + mode + " of complex numbers");
  // Metal has no atomic operations on 8 bytes; f64 and bool combine on the CPU as well.
  bool native = c.in[0].itemsize() <= 4 && !is_bool(c.in[0]) && c.dtype() != mx::complex64;
  if (c.device.compose && native && !w.start_map.empty() && c.in[0].size() > 0) return mlx_scatter(c, w, c.ints("update_window_dims"), mode);
  return host({"scatter", 0}, c, [w, mode](Views& in, Views& out) { host_scatter(w, mode, in, out); });
}

Arrays scatter_general(Call& c) {
  size_t n = c.bound.shapes.size();
  auto& body = c.bound.bodies[0];
  if (n == 0 || c.in.size() != 2 * n + 1 || body->inputs.size() != 2 * n || body->outputs.size() != n || !is_integer(c.in[n].dtype())) invalid("scatter needs an update per operand and a body of twice as many");
  for (size_t i = 0; i < n; i++) {
    if (c.in[i].shape() != c.in[0].shape() || c.shape(int(i)) != c.in[0].shape() || c.in[n + 1 + i].shape() != c.in[n + 1].shape()) invalid("scatter operands differ in shape");
    for (auto t : {c.in[i].dtype(), c.in[n + 1 + i].dtype(), dtype_of(body->outputs[i].element), dtype_of(body->inputs[i].element), dtype_of(body->inputs[n + i].element)})
      if (t != c.dtype(int(i))) invalid("scatter types differ from its body's");
  }
  if (c.in[n + 1].size() == 0) {
    Arrays same;
    for (size_t i = 0; i < n; i++) same.push_back(c.in[i]);
    return same;
  }
  auto w = scatter_windows(c, c.in[0].shape(), c.in[n].shape(), c.in[n + 1].shape());
  return host({"scatter", 0}, c, [w, n, body](Views& in, Views& out) {
    for (size_t o = 1; o < n; o++) std::memcpy(out[o].data, in[o].data, out[o].size * mx::size_of(out[o].dtype));
    Interpreter interpreter(*body);
    std::vector<void*> targets(n);
    for_windows(w, in[n], false, [&](int64_t to, int64_t from) {
      for_runs(w, to, from, [&](int64_t to, int64_t from, int64_t run) {
        for (int64_t at = 0; at < run; at += kBlock) {
          int length = int(std::min<int64_t>(kBlock, run - at));
          for (size_t o = 0; o < n; o++) {
            size_t item = mx::size_of(out[o].dtype);
            targets[o] = out[o].data + (to + at) * item;
            interpreter.set_block(int(o), targets[o], length);
            interpreter.set_block(int(n + o), in[n + 1 + o].data + (from + at) * item, length);
          }
          interpreter.run_copied(length, targets.data());
        }
      });
    });
  });
}

Arrays take(Call& c) {
  int axis = c.axis("axis", int(c.in[0].ndim()));
  if (c.in[0].shape(axis) == 0) invalid("take from nothing");
  return mx::take(c.in[0], clamp_index(c.in[1], c.in[0].shape(axis) - 1), axis);
}

Arrays take_along_axis(Call& c) {
  int axis = c.axis("axis", int(c.in[0].ndim()));
  if (c.in[0].shape(axis) == 0 || c.in[1].ndim() != c.in[0].ndim()) invalid("take_along_axis operands do not fit");
  return mx::take_along_axis(c.in[0], clamp_index(c.in[1], c.in[0].shape(axis) - 1), axis);
}

}  // namespace hloom::ops
