// Sorting on the CPU: keys become unsigned numbers whose order is the wanted one.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "../eager.h"
#include "../host.h"
#include "../map/program.h"
#include "../parallel.h"

namespace hloom::ops {
namespace {

// Order of floats: IEEE total order, or JAX's (zeros equal, every NaN last).
enum class FloatOrder { kTotal, kNumber };

template <typename T>
uint64_t float_key(T value, FloatOrder order) {
  using U = std::conditional_t<sizeof(T) == 8, uint64_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint16_t>>;
  constexpr U sign = U(1) << (sizeof(T) * 8 - 1);
  if (order == FloatOrder::kNumber) {
    if (value != value) return ~uint64_t(0) >> (64 - sizeof(T) * 8);
    if (value == T(0)) value = T(0);
  }
  U u;
  std::memcpy(&u, &value, sizeof(T));
  return U(u & sign ? ~u : u | sign);
}

template <typename T>
uint64_t key_of(T value, FloatOrder order) {
  if constexpr (std::is_same_v<T, bool>) return value;
  else if constexpr (std::is_same_v<T, mx::complex64_t>) return float_key(value.real(), order) << 32 | float_key(value.imag(), order);
  else if constexpr (std::is_integral_v<T>) return std::is_signed_v<T> ? uint64_t(int64_t(value)) ^ (uint64_t(1) << 63) : uint64_t(value);
  else return float_key(value, order);
}

void fill_keys(const View& v, int64_t start, int64_t n, FloatOrder order, bool descending, uint64_t* keys) {
  with_type(v.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < n; i++) {
      uint64_t key = key_of(v.as<T>()[start + i], order);
      keys[i] = descending ? ~key : key;
    }
  });
}

void permute(const View& in, const View& out, int64_t start, const std::vector<uint32_t>& order) {
  with_width(mx::size_of(in.dtype), [&](auto zero) {
    using T = decltype(zero);
    for (size_t i = 0; i < order.size(); i++) out.as<T>()[start + i] = in.as<T>()[start + order[i]];
  });
}

// Moves the sorted axis last, runs `rows(in, out, n, first row, last row)` on [rows, n], and moves it back.
template <typename F>
Arrays along_axis(Call& c, int axis, F rows) {
  int rank = int(c.in[0].ndim());
  std::vector<int> order;
  for (int d = 0; d < rank; d++)
    if (d != axis) order.push_back(d);
  order.push_back(axis);
  std::vector<int> back(rank);
  for (int d = 0; d < rank; d++) back[order[d]] = d;
  bool moved = axis != rank - 1;
  std::vector<mx::array> inputs;
  std::vector<mx::Shape> shapes;
  for (size_t i = 0; i < c.in.size(); i++) {
    if (c.in[i].shape() != c.in[0].shape() || c.shape(int(i)) != c.in[0].shape() || c.in[i].dtype() != c.dtype(int(i))) invalid("sort operands differ");
    inputs.push_back(moved ? transposed(c.in[i], order) : c.in[i]);
    shapes.push_back(inputs.back().shape());
  }
  int64_t n = c.in[0].shape(axis);
  Arrays sorted = host({"sort"}, inputs, shapes, c.bound.dtypes, [n, rows](Views& in, Views& out) {
    int64_t count = n == 0 ? 0 : in[0].size / n;
    parallel_ranges(count, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, n)), 1, [&](int64_t begin, int64_t end) { rows(in, out, n, begin, end); });
  });
  if (moved)
    for (auto& a : sorted) a = transposed(a, back);
  return sorted;
}

}  // namespace

Arrays sort(Call& c) {
  if (c.in.empty() || c.in.size() != c.bound.shapes.size()) invalid("sort gives a result per operand");
  int axis = c.axis("axis", int(c.in[0].ndim())), keys = c.integer("keys");
  bool descending = c.integer("descending") != 0;
  if (keys < 1 || keys > int(c.in.size())) invalid("sort needs between one key and all operands");
  auto& name = c.text("order");
  if (name != "total" && name != "number") invalid("sort order " + name);
  auto order = name == "total" ? FloatOrder::kTotal : FloatOrder::kNumber;
  return along_axis(c, axis, [=](Views& in, Views& out, int64_t n, int64_t begin, int64_t end) {
    std::vector<std::vector<uint64_t>> key(keys, std::vector<uint64_t>(n));
    std::vector<std::pair<uint64_t, uint32_t>> pairs(n);
    std::vector<uint32_t> permutation(n);
    for (int64_t row = begin; row < end; row++) {
      for (int k = 0; k < keys; k++) fill_keys(in[k], row * n, n, order, descending, key[k].data());
      for (int64_t i = 0; i < n; i++) pairs[i] = {key[0][i], uint32_t(i)};
      // Ties are broken by later keys, then by position: so any sort is stable.
      std::sort(pairs.begin(), pairs.end(), [&](auto& a, auto& b) {
        if (a.first != b.first) return a.first < b.first;
        for (int k = 1; k < keys; k++)
          if (key[k][a.second] != key[k][b.second]) return key[k][a.second] < key[k][b.second];
        return a.second < b.second;
      });
      for (int64_t i = 0; i < n; i++) permutation[i] = pairs[i].second;
      for (size_t o = 0; o < in.size(); o++) permute(in[o], out[o], row * n, permutation);
    }
  });
}

Arrays sort_general(Call& c) {
  auto& body = c.bound.bodies[0];
  if (c.in.empty() || c.in.size() != c.bound.shapes.size() || body->inputs.size() != 2 * c.in.size() || body->outputs.size() != 1 || body->outputs[0].element != HLOOM_I1)
    invalid("sort needs a comparator of two elements per operand");
  for (size_t i = 0; i < c.in.size(); i++)
    if (dtype_of(body->inputs[2 * i].element) != c.in[i].dtype() || dtype_of(body->inputs[2 * i + 1].element) != c.in[i].dtype()) invalid("sort types differ from its comparator's");
  return along_axis(c, c.axis("axis", int(c.in[0].ndim())), [body](Views& in, Views& out, int64_t n, int64_t begin, int64_t end) {
    Interpreter interpreter(*body);
    std::vector<uint32_t> permutation(n), merged(n);
    for (int64_t row = begin; row < end; row++) {
      auto before = [&](uint32_t a, uint32_t b) {
        for (size_t o = 0; o < in.size(); o++) {
          size_t item = mx::size_of(in[o].dtype);
          interpreter.set_block(int(2 * o), in[o].data + (row * n + a) * item, 1);
          interpreter.set_block(int(2 * o + 1), in[o].data + (row * n + b) * item, 1);
        }
        bool result = false;
        void* target = &result;
        interpreter.run(1, &target);
        return result;
      };
      std::iota(permutation.begin(), permutation.end(), 0);
      // Own merge sort: std::stable_sort's behaviour is undefined when a comparator is no order, and this one is the user's.
      for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t low = 0; low < n; low += 2 * width) {
          int64_t middle = std::min(low + width, n), high = std::min(low + 2 * width, n), i = low, j = middle;
          for (int64_t k = low; k < high; k++)
            merged[k] = i < middle && (j >= high || !before(permutation[j], permutation[i])) ? permutation[i++] : permutation[j++];
        }
        permutation.swap(merged);
      }
      for (size_t o = 0; o < in.size(); o++) permute(in[o], out[o], row * n, permutation);
    }
  });
}

Arrays top_k(Call& c) {
  auto& x = c.in[0];
  if (x.ndim() == 0 || c.integer("k") < 0 || c.integer("k") > x.shape(-1) || is_complex(x.dtype())) invalid("top_k of the last dimension needs 0 <= k <= its size");
  int64_t k = c.integer("k"), n = x.shape(-1);
  mx::Shape want = x.shape();
  want[want.size() - 1] = int(k);
  if (c.shape(0) != want || c.shape(1) != want || c.dtype(0) != x.dtype() || c.dtype(1) != mx::int32) invalid("top_k results do not fit");
  return host({"top_k"}, c, [k, n](Views& in, Views& out) {
    int64_t rows = n == 0 ? 0 : in[0].size / n;
    parallel_ranges(rows, std::max<int64_t>(1, 16384 / std::max<int64_t>(1, n)), 1, [&](int64_t begin, int64_t end) {
      std::vector<uint64_t> keys(n);
      std::vector<std::pair<uint64_t, uint32_t>> pairs(n);
      for (int64_t row = begin; row < end; row++) {
        fill_keys(in[0], row * n, n, FloatOrder::kTotal, true, keys.data());
        for (int64_t i = 0; i < n; i++) pairs[i] = {keys[i], uint32_t(i)};
        std::partial_sort(pairs.begin(), pairs.begin() + k, pairs.end());
        with_width(mx::size_of(in[0].dtype), [&](auto zero) {
          using T = decltype(zero);
          for (int64_t i = 0; i < k; i++) {
            out[0].as<T>()[row * k + i] = in[0].as<T>()[row * n + pairs[i].second];
            out[1].as<int32_t>()[row * k + i] = int32_t(pairs[i].second);
          }
        });
      }
    });
  });
}

}  // namespace hloom::ops
