// Reductions and cumulative ops.
#include <algorithm>

#include "../eager.h"
#include "../host.h"
#include "../map/body.h"
#include "fold.h"

namespace hloom::ops {
namespace {

mx::array filled(const Call& c, const mx::array& value) { return mx::full(c.shape(), value, c.dtype()); }

// f over `axes`; halves through f32, `empty` when there is nothing to reduce.
template <typename F>
Arrays reduced(Call& c, Opcode op, const mx::array& empty, F f) {
  auto& x = c.in[0];
  auto axes = c.axes("axes", int(x.ndim()));
  if (x.size() == 0) return filled(c, empty);
  if (axes.empty()) return x;
  if (eager(c)) return cast(c, fold(c, is_half(x.dtype()) ? cast(c, x, mx::float32) : x, axes, op), x.dtype());
  if (is_half(x.dtype())) return mx::astype(f(mx::astype(x, mx::float32), axes), x.dtype());
  return mx::astype(f(x, axes), x.dtype());
}

using Axes = std::vector<int>;

// Bitwise and / or of integers: MLX has no such reduction.
Arrays bitwise(Call& c, bool conjunction) {
  auto& x = c.in[0];
  auto axes = c.axes("axes", int(x.ndim()));
  Axes order;
  mx::Shape kept;
  for (int d = 0; d < int(x.ndim()); d++)
    if (std::find(axes.begin(), axes.end(), d) == axes.end()) order.push_back(d), kept.push_back(x.shape(d));
  c.expect(kept, x.dtype());
  int64_t inner = 1;
  for (int axis : axes) {
    order.push_back(axis);
    inner *= x.shape(axis);
  }
  auto moved = transposed(x, order);
  return host({"bitwise reduction"}, {moved}, {c.shape()}, {c.dtype()}, [inner, conjunction](Views& in, Views& out) {
    with_width(mx::size_of(out[0].dtype), [&](auto zero) {
      using T = decltype(zero);
      for (int64_t i = 0; i < out[0].size; i++) {
        T sum = conjunction ? T(~T(0)) : T(0);
        const T* from = in[0].as<T>() + i * inner;
        for (int64_t j = 0; j < inner; j++) sum = conjunction ? sum & from[j] : sum | from[j];
        out[0].as<T>()[i] = sum;
      }
    });
  });
}

// The first largest (or smallest) element; NaN beats all.
Arrays arg(Call& c, bool largest) {
  auto& x = c.in[0];
  int axis = c.axis("axis", int(x.ndim()));
  mx::Shape kept = x.shape();
  kept.erase(kept.begin() + axis);
  if (!is_integer(c.dtype())) invalid("argmax gives integers");
  c.expect(kept, c.dtype());
  if (x.shape(axis) == 0) return zeros(c);
  if (is_complex(x.dtype())) unimplemented("argmax of complex numbers");
  if (!c.device.cpu) {
    auto best = [&](const mx::array& a) { return largest ? mx::argmax(a, axis) : mx::argmin(a, axis); };
    auto value = best(is_bool(x) ? mx::astype(x, mx::uint8) : x);
    if (is_float(x.dtype())) {
      auto nan = mx::isnan(x);
      value = mx::where(mx::any(nan, axis), mx::argmax(mx::astype(nan, mx::uint8), axis), value);
    }
    return mx::astype(value, c.dtype());
  }
  int64_t inner = 1, n = x.shape(axis);
  for (int d = axis + 1; d < int(x.ndim()); d++) inner *= x.shape(d);
  return host({"argmax"}, {x}, {c.shape()}, {c.dtype()}, [=](Views& in, Views& out) {
    with_type(in[0].dtype, [&](auto from) {
      using T = decltype(from);
      if constexpr (!std::is_same_v<T, mx::complex64_t>) {
        for (int64_t i = 0; i < out[0].size; i++) {
          const T* line = in[0].as<T>() + i / inner * n * inner + i % inner;
          int64_t best = 0;
          for (int64_t j = 1; j < n; j++) {
            T held = line[best * inner], next = line[j * inner];
            if (held != held) break;
            if (next != next || (largest ? held < next : next < held)) best = j;
          }
          with_width(mx::size_of(out[0].dtype), [&](auto to) { out[0].as<decltype(to)>()[i] = decltype(to)(best); });
        }
      }
    });
  });
}

template <typename F>
Arrays cumulative(Call& c, F f) {
  auto& x = c.in[0];
  int axis = c.axis("axis", int(x.ndim()));
  bool reverse = c.integer("reverse") != 0;
  auto wide = is_half(x.dtype()) ? mx::float32 : is_bool(x) ? mx::int32 : x.dtype();
  auto value = f(mx::astype(x, wide), axis, reverse);
  if (is_bool(x)) return mx::not_equal(value, mx::array(0, value.dtype()));
  return mx::astype(value, x.dtype());
}

}  // namespace

Arrays sum(Call& c) {
  if (is_bool(c.in[0])) return any(c);
  return reduced(c, Opcode::add, mx::array(0, c.dtype()), [](const mx::array& x, const Axes& axes) { return mx::sum(x, axes); });
}

Arrays prod(Call& c) {
  if (is_bool(c.in[0])) return all(c);
  return reduced(c, Opcode::multiply, mx::array(1, c.dtype()), [](const mx::array& x, const Axes& axes) { return mx::prod(x, axes); });
}

Arrays max(Call& c) {
  if (is_bool(c.in[0])) return any(c);
  return reduced(c, Opcode::maximum, lowest(c.dtype()), [](const mx::array& x, const Axes& axes) { return mx::max(x, axes); });
}

Arrays min(Call& c) {
  if (is_bool(c.in[0])) return all(c);
  return reduced(c, Opcode::minimum, highest(c.dtype()), [](const mx::array& x, const Axes& axes) { return mx::min(x, axes); });
}

Arrays all(Call& c) {
  if (!is_bool(c.in[0])) return bitwise(c, true);
  return reduced(c, Opcode::bitwise_and, mx::array(true), [](const mx::array& x, const Axes& axes) { return mx::all(x, axes); });
}

Arrays any(Call& c) {
  if (!is_bool(c.in[0])) return bitwise(c, false);
  return reduced(c, Opcode::bitwise_or, mx::array(false), [](const mx::array& x, const Axes& axes) { return mx::any(x, axes); });
}

Arrays argmax(Call& c) { return arg(c, true); }
Arrays argmin(Call& c) { return arg(c, false); }

Arrays cumsum(Call& c) {
  return cumulative(c, [](const mx::array& x, int axis, bool reverse) { return mx::cumsum(x, axis, reverse, true); });
}
Arrays cumprod(Call& c) {
  return cumulative(c, [](const mx::array& x, int axis, bool reverse) { return mx::cumprod(x, axis, reverse, true); });
}
Arrays cummax(Call& c) {
  return cumulative(c, [](const mx::array& x, int axis, bool reverse) { return mx::cummax(x, axis, reverse, true); });
}
Arrays cummin(Call& c) {
  return cumulative(c, [](const mx::array& x, int axis, bool reverse) { return mx::cummin(x, axis, reverse, true); });
}

}  // namespace hloom::ops
