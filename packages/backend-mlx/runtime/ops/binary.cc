// Element-wise ops of several operands, composed of MLX ops: what a GPU runs. On a CPU map/kernels.cc runs instead.
#include <cmath>

#include "../call.h"

namespace hloom::ops {
namespace {

mx::array like(const mx::array& a, double value) { return mx::array(value, a.dtype()); }
mx::array is_zero(const mx::array& a) { return mx::equal(a, like(a, 0)); }

// All ones: -1, or the largest unsigned.
mx::array all_ones(mx::Dtype t) { return is_unsigned(t) ? highest(t) : mx::array(-1, t); }

struct Division {
  mx::array quotient, remainder;
};

// MLX divides rounding down; StableHLO towards zero, x/0 = -1, x%0 = x, INT_MIN/-1 = INT_MIN.
Division integer_division(const mx::array& a, const mx::array& b) {
  auto t = a.dtype();
  auto zero = is_zero(b);
  if (is_unsigned(t)) {
    auto safe = mx::where(zero, like(b, 1), b);
    auto q = mx::floor_divide(a, safe);
    return {mx::where(zero, all_ones(t), q), mx::where(zero, a, mx::subtract(a, mx::multiply(q, safe)))};
  }
  // Magnitudes as unsigned numbers, where INT_MIN has one.
  auto u = unsigned_of(t);
  auto magnitude = [&](const mx::array& x) {
    return mx::view(mx::where(mx::less(x, like(x, 0)), mx::negative(x), x), u);
  };
  auto minus = mx::not_equal(mx::less(a, like(a, 0)), mx::less(b, like(b, 0)));
  auto safe = mx::where(zero, mx::array(1, u), magnitude(b));
  auto q = mx::view(mx::floor_divide(magnitude(a), safe), t);
  q = mx::where(minus, mx::negative(q), q);
  auto r = mx::subtract(a, mx::multiply(q, b));
  return {mx::where(zero, all_ones(t), q), mx::where(zero, a, r)};
}

// Operands as arrays of one shape.
std::vector<mx::array> spread(Call& c) { return mx::broadcast_arrays(c.in); }

mx::array shift_amount_ok(const mx::array& amount) {
  // A negative amount is a large unsigned one.
  auto bits = mx::view(amount, unsigned_of(amount.dtype()));
  return mx::less(bits, mx::array(bits_of(amount.dtype()), bits.dtype()));
}

// Signed bits that order like IEEE total order.
mx::array total_order_key(const mx::array& x) {
  auto s = signed_of(x.dtype());
  auto bits = mx::view(x, s);
  return mx::where(mx::less(bits, mx::array(0, s)), mx::bitwise_xor(bits, highest(s)), bits);
}

}  // namespace

Arrays add(Call& c) { return is_bool(c.in[0]) ? mx::logical_or(c.in[0], c.in[1]) : mx::add(c.in[0], c.in[1]); }
Arrays subtract(Call& c) { return mx::subtract(c.in[0], c.in[1]); }
Arrays multiply(Call& c) { return is_bool(c.in[0]) ? mx::logical_and(c.in[0], c.in[1]) : mx::multiply(c.in[0], c.in[1]); }

Arrays divide(Call& c) {
  if (!is_integer(c.in[0].dtype())) return mx::divide(c.in[0], c.in[1]);
  auto in = spread(c);
  return integer_division(in[0], in[1]).quotient;
}

Arrays remainder(Call& c) {
  auto in = spread(c);
  auto &a = in[0], &b = in[1];
  if (is_integer(a.dtype())) return integer_division(a, b).remainder;
  auto r = mx::remainder(mx::abs(a), mx::abs(b));
  // The sign of the dividend, also on a zero; a finite number modulo infinity is itself.
  r = mx::where(mx::logical_and(mx::isinf(b), mx::isfinite(a)), mx::abs(a), r);
  auto negative = mx::less(mx::view(a, signed_of(a.dtype())), mx::array(0, signed_of(a.dtype())));
  return mx::where(negative, mx::negative(r), r);
}

Arrays power(Call& c) {
  auto in = spread(c);
  auto &a = in[0], &b = in[1];
  if (!is_integer(a.dtype())) return mx::power(a, b);
  if (is_unsigned(a.dtype())) return mx::power(a, b);
  auto negative = mx::less(b, like(b, 0));
  auto value = mx::power(a, mx::where(negative, like(b, 0), b));
  auto odd = mx::not_equal(mx::bitwise_and(b, like(b, 1)), like(b, 0));
  auto inverse = mx::where(mx::equal(a, like(a, 1)), like(a, 1),
                           mx::where(mx::equal(a, like(a, -1)), mx::where(odd, like(a, -1), like(a, 1)), like(a, 0)));
  return mx::where(negative, inverse, value);
}

Arrays maximum(Call& c) { return is_bool(c.in[0]) ? mx::logical_or(c.in[0], c.in[1]) : mx::maximum(c.in[0], c.in[1]); }
Arrays minimum(Call& c) { return is_bool(c.in[0]) ? mx::logical_and(c.in[0], c.in[1]) : mx::minimum(c.in[0], c.in[1]); }
Arrays arctan2(Call& c) { return mx::arctan2(c.in[0], c.in[1]); }
Arrays bitwise_and(Call& c) { return is_bool(c.in[0]) ? mx::logical_and(c.in[0], c.in[1]) : mx::bitwise_and(c.in[0], c.in[1]); }
Arrays bitwise_or(Call& c) { return is_bool(c.in[0]) ? mx::logical_or(c.in[0], c.in[1]) : mx::bitwise_or(c.in[0], c.in[1]); }
Arrays bitwise_xor(Call& c) { return is_bool(c.in[0]) ? mx::not_equal(c.in[0], c.in[1]) : mx::bitwise_xor(c.in[0], c.in[1]); }

Arrays left_shift(Call& c) {
  auto ok = shift_amount_ok(c.in[1]);
  auto amount = mx::where(ok, c.in[1], like(c.in[1], 0));
  return mx::where(ok, mx::left_shift(c.in[0], amount), like(c.in[0], 0));
}

Arrays right_shift_logical(Call& c) {
  auto t = c.in[0].dtype(), u = unsigned_of(t);
  auto ok = shift_amount_ok(c.in[1]);
  auto amount = mx::view(mx::where(ok, c.in[1], like(c.in[1], 0)), u);
  return mx::where(ok, mx::view(mx::right_shift(mx::view(c.in[0], u), amount), t), like(c.in[0], 0));
}

Arrays right_shift_arithmetic(Call& c) {
  auto t = c.in[0].dtype(), s = signed_of(t);
  auto amount = mx::where(shift_amount_ok(c.in[1]), c.in[1], like(c.in[1], bits_of(t) - 1));
  return mx::view(mx::right_shift(mx::view(c.in[0], s), mx::view(amount, s)), t);
}

Arrays compare(Call& c) {
  auto a = c.in[0], b = c.in[1];
  if (c.integer("total") && is_float(a.dtype())) {
    a = total_order_key(a);
    b = total_order_key(b);
  }
  auto& direction = c.text("direction");
  if (direction == "EQ") return mx::equal(a, b);
  if (direction == "NE") return mx::not_equal(a, b);
  if (direction == "LT") return mx::less(a, b);
  if (direction == "LE") return mx::less_equal(a, b);
  if (direction == "GT") return mx::greater(a, b);
  if (direction == "GE") return mx::greater_equal(a, b);
  invalid("compare direction " + direction);
}

Arrays next_after(Call& c) {
  auto in = spread(c);
  auto &a = in[0], &b = in[1];
  auto s = signed_of(a.dtype());
  auto bits = mx::view(a, s);
  auto k = [&](int v) { return mx::array(v, s); };
  auto away = mx::equal(mx::less(a, b), mx::greater(a, like(a, 0)));  // |a| grows
  auto stepped = mx::view(mx::add(bits, mx::where(away, k(1), k(-1))), a.dtype());
  auto smallest = mx::view(mx::bitwise_or(mx::array(1, s), mx::where(mx::less(b, like(b, 0)), lowest(s), k(0))), a.dtype());
  auto value = mx::where(is_zero(a), smallest, stepped);
  value = mx::where(mx::equal(a, b), b, value);
  return mx::where(mx::logical_or(mx::isnan(a), mx::isnan(b)), like(a, NAN), value);
}

Arrays select(Call& c) { return mx::where(c.in[0], c.in[1], c.in[2]); }

Arrays clamp(Call& c) {
  auto low = c.in[0], x = c.in[1], high = c.in[2];
  return mx::minimum(mx::maximum(low, x), high);
}

// MLX has no such operation; where its compiler fuses the two, the device's own contraction decides.
Arrays multiply_add(Call& c) { return mx::add(mx::multiply(c.in[0], c.in[1]), c.in[2]); }

Arrays threefry2x32(Call& c) {
  auto in = spread(c);
  auto k0 = in[0], k1 = in[1];
  auto k = [](uint32_t v) { return mx::array(v, mx::uint32); };
  mx::array keys[3] = {k0, k1, mx::bitwise_xor(mx::bitwise_xor(k0, k1), k(0x1BD11BDA))};
  static constexpr int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  auto x0 = mx::add(in[2], keys[0]), x1 = mx::add(in[3], keys[1]);
  for (int round = 0; round < 5; round++) {
    for (int r : rotations[round % 2]) {
      x0 = mx::add(x0, x1);
      x1 = mx::bitwise_or(mx::left_shift(x1, k(r)), mx::right_shift(x1, k(32 - r)));
      x1 = mx::bitwise_xor(x0, x1);
    }
    x0 = mx::add(x0, keys[(round + 1) % 3]);
    x1 = mx::add(mx::add(x1, keys[(round + 2) % 3]), k(round + 1));
  }
  return {x0, x1};
}

}  // namespace hloom::ops
