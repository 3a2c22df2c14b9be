#include "fold.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "../eager.h"
#include "../host.h"
#include "../map/program.h"
#include "../parallel.h"

namespace hloom {
namespace {

Machine machine_for(mx::Dtype t) {
  switch (t) {
    case mx::bool_: return Machine::kBool;
    case mx::int8: return Machine::kI8;
    case mx::int16: return Machine::kI16;
    case mx::int32: return Machine::kI32;
    case mx::int64: return Machine::kI64;
    case mx::uint8: return Machine::kU8;
    case mx::uint16: return Machine::kU16;
    case mx::uint32: return Machine::kU32;
    case mx::uint64: return Machine::kU64;
    case mx::float32: return Machine::kF32;
    case mx::float64: return Machine::kF64;
    default: return Machine::kC64;
  }
}

// to[i] = to[i] op from[i]
struct Merge {
  Kernel kernel;
  size_t item;
  void operator()(char* to, const char* from, int64_t n) const {
    KernelArgs args{{to, from}, {to}, n, 0, 0};
    kernel(args);
  }
};

// One element from n that lie together. Elements of a block are merged lane by lane: the lanes' sums round little.
void fold_line(const Merge& merge, const char* x, int64_t n, char* out) {
  alignas(64) char lanes[kBlock * 8];
  size_t item = merge.item;
  int64_t width = std::min<int64_t>(n, kBlock);
  std::memcpy(lanes, x, width * item);
  for (int64_t at = width; at < n; at += width) merge(lanes, x + at * item, std::min(width, n - at));
  while (width > 1) {
    int64_t half = width / 2;
    merge(lanes, lanes + (width - half) * item, half);
    width -= half;
  }
  std::memcpy(out, lanes, item);
}

// rows × columns to one row. Some hundred rows at a time, so that long sums round little.
void fold_rows(const Merge& merge, const char* x, int64_t rows, int64_t row_step, int64_t columns, char* out, char* scratch) {
  constexpr int64_t group = 256;
  size_t item = merge.item;
  for (int64_t first = 0; first < rows; first += group) {
    char* to = first == 0 ? out : scratch;
    std::memcpy(to, x + first * row_step * item, columns * item);
    for (int64_t r = first + 1; r < std::min(rows, first + group); r++) merge(to, x + r * row_step * item, columns);
    if (first > 0) merge(out, scratch, columns);
  }
}

// x as [outer, n, inner]; the middle dimension goes.
void fold_middle(const Merge& merge, const char* x, int64_t outer, int64_t n, int64_t inner, char* out) {
  size_t item = merge.item;
  if (inner == 1) {
    if (outer == 1 && n >= 1 << 15) {
      // Threads share the line.
      int64_t parts = std::min<int64_t>(thread_count(), n >> 14), each = (n + parts - 1) / parts;
      std::vector<uint64_t> partial(parts);
      parallel_ranges(parts, 1, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; p++)
          if (p * each < n) fold_line(merge, x + p * each * item, std::min(each, n - p * each), reinterpret_cast<char*>(&partial[p]));
      });
      std::memcpy(out, &partial[0], item);
      for (int64_t p = 1; p < parts; p++)
        if (p * each < n) merge(out, reinterpret_cast<char*>(&partial[p]), 1);
      return;
    }
    parallel_ranges(outer, std::max<int64_t>(1, (1 << 14) / n), 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++) fold_line(merge, x + o * n * item, n, out + o * item);
    });
    return;
  }
  constexpr int64_t strip = 2048;
  int64_t strips = (inner + strip - 1) / strip;
  auto column_range = [&](int64_t begin, int64_t end) {
    std::vector<char> scratch(std::min(inner, strip) * item);
    for (int64_t at = begin; at < end; at++) {
      int64_t o = at / strips, first = at % strips * strip, columns = std::min(strip, inner - first);
      fold_rows(merge, x + (o * n * inner + first) * item, n, inner, columns, out + (o * inner + first) * item, scratch.data());
    }
  };
  if (outer * strips == 1 && n * inner >= 1 << 15 && n >= 2 * thread_count()) {
    // Threads share the rows.
    int64_t parts = thread_count(), each = (n + parts - 1) / parts;
    std::vector<char> partial(parts * inner * item);
    parallel_ranges(parts, 1, 1, [&](int64_t begin, int64_t end) {
      std::vector<char> scratch(inner * item);
      for (int64_t p = begin; p < end; p++)
        if (p * each < n) fold_rows(merge, x + p * each * inner * item, std::min(each, n - p * each), inner, inner, &partial[p * inner * item], scratch.data());
    });
    std::memcpy(out, partial.data(), inner * item);
    for (int64_t p = 1; p < parts; p++)
      if (p * each < n) merge(out, &partial[p * inner * item], inner);
    return;
  }
  parallel_ranges(outer * strips, std::max<int64_t>(1, (1 << 14) / (n * std::min(inner, strip))), 1, column_range);
}

}  // namespace

mx::array fold(Call& c, mx::array x, std::vector<int> axes, Opcode op) {
  Merge merge{kernels().arithmetic(op, machine_for(x.dtype())), x.itemsize()};
  if (!merge.kernel) unimplemented("this reduction of the element type");
  std::vector<bool> reduced(x.ndim(), false);
  for (int axis : axes) reduced[axis] = true;
  // Neighbouring axes go together, the last ones first. Axes before a few elements are moved last: rows would be too short.
  for (int last = int(x.ndim()) - 1; last >= 0; last--) {
    if (!reduced[last]) continue;
    int first = last;
    while (first > 0 && reduced[first - 1]) first--;
    int64_t outer = 1, n = 1, inner = 1;
    mx::Shape shape;
    for (int d = 0; d < int(x.ndim()); d++) {
      (d < first ? outer : d <= last ? n : inner) *= x.shape(d);
      shape.push_back(d < first || d > last ? x.shape(d) : 1);
    }
    mx::array source = x;
    bool turned = inner > 1 && inner < 16 && n > 1;
    if (turned) {
      std::vector<int> order;
      for (int d = 0; d < int(x.ndim()); d++)
        if (d < first || d > last) order.push_back(d);
      for (int d = first; d <= last; d++) order.push_back(d);
      source = transposed(x, order);
      outer *= inner;
      inner = 1;
    }
    x = host({"fold"}, {source}, {shape}, {x.dtype()}, [=](Views& in, Views& out) { fold_middle(merge, in[0].data, outer, n, inner, out[0].data); })[0];
    last = first;
  }
  mx::Shape kept;
  for (int d = 0; d < int(x.ndim()); d++)
    if (!reduced[d]) kept.push_back(x.shape(d));
  return reshaped(x, kept);
}

}  // namespace hloom
