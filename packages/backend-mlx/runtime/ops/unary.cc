// Element-wise ops of one operand, composed of MLX ops: what a GPU runs. On a CPU map/kernels.cc runs instead.
#include <cmath>
#include <limits>

#include "../narrow.h"

namespace hloom::ops {
namespace {

mx::array like(const mx::array& a, double value) { return mx::array(value, a.dtype()); }

// f(x) in f32 for the types that MLX would promote or lacks a kernel for, else in x's own type.
template <typename F>
mx::array in_float(const mx::array& x, F f) {
  if (!is_half(x.dtype())) return f(x);
  return mx::astype(f(mx::astype(x, mx::float32)), x.dtype());
}

mx::array bits_view(const mx::array& x) { return mx::view(x, unsigned_of(x.dtype())); }

mx::array make_complex(const mx::array& re, const mx::array& im) {
  // re + i·im by bits: a sum of products would turn an infinite part into NaN in the other.
  auto pair = mx::stack({mx::astype(re, mx::float32), mx::astype(im, mx::float32)}, -1);
  return mx::reshape(mx::view(mx::contiguous(pair), mx::complex64), re.shape());
}

}  // namespace

Arrays abs(Call& c) {
  // hypot without overflow: MLX squares the parts.
  if (is_complex(c.in[0].dtype())) {
    auto a = mx::abs(mx::real(c.in[0])), b = mx::abs(mx::imag(c.in[0]));
    auto high = mx::maximum(a, b), low = mx::minimum(a, b);
    auto ratio = mx::divide(low, high);
    auto value = mx::multiply(high, mx::sqrt(mx::add(mx::square(ratio), like(a, 1))));
    auto infinite = mx::logical_or(mx::isinf(a), mx::isinf(b));
    value = mx::where(mx::equal(high, like(a, 0)), like(a, 0), value);
    return mx::where(infinite, like(a, INFINITY), value);
  }
  return mx::abs(c.in[0]);
}

Arrays negate(Call& c) { return mx::negative(c.in[0]); }

Arrays sign(Call& c) {
  auto& x = c.in[0];
  if (is_complex(x.dtype())) {
    auto size = abs(c)[0];
    auto zero = mx::equal(size, like(size, 0));
    return mx::where(zero, mx::zeros_like(x), mx::divide(x, mx::where(zero, like(size, 1), size)));
  }
  if (!is_float(x.dtype())) return mx::sign(x);
  auto other = mx::logical_or(mx::isnan(x), mx::equal(x, like(x, 0)));
  return mx::where(other, x, mx::sign(x));
}

Arrays ceil(Call& c) { return mx::ceil(c.in[0]); }
Arrays floor(Call& c) { return mx::floor(c.in[0]); }

Arrays round(Call& c) {
  auto& x = c.in[0];
  auto size = mx::abs(x), whole = mx::floor(size);
  auto half = mx::greater_equal(mx::subtract(size, whole), like(x, 0.5));
  auto rounded = mx::multiply(mx::add(whole, mx::where(half, like(x, 1), like(x, 0))), mx::sign(x));  // -0.3 gives -0
  // Large values are whole; NaN, infinities and zeros stay: the differences above would not be meaningful.
  auto keep = mx::logical_or(mx::logical_not(mx::less(size, like(x, x.dtype() == mx::float64 ? 0x1p52 : 0x1p23))), mx::equal(x, like(x, 0)));
  return mx::where(keep, x, rounded);
}

Arrays round_even(Call& c) { return mx::round(c.in[0]); }

Arrays exp(Call& c) { return mx::exp(c.in[0]); }

Arrays expm1(Call& c) {
  auto& x = c.in[0];
  if (!is_complex(x.dtype())) return mx::expm1(x);
  // e^a cos b - 1 = expm1(a) cos b - 2 sin²(b/2)
  auto a = mx::real(x), b = mx::imag(x);
  auto s = mx::sin(mx::multiply(b, like(b, 0.5)));
  auto re = mx::subtract(mx::multiply(mx::expm1(a), mx::cos(b)), mx::multiply(like(s, 2), mx::square(s)));
  return make_complex(re, mx::multiply(mx::exp(a), mx::sin(b)));
}

Arrays log(Call& c) { return mx::log(c.in[0]); }

Arrays log1p(Call& c) {
  auto& x = c.in[0];
  if (!is_complex(x.dtype())) return mx::log1p(x);
  auto a = mx::real(x), b = mx::imag(x);
  // |1+x|² - 1 = a(a+2) + b²
  auto re = mx::multiply(like(a, 0.5), mx::log1p(mx::add(mx::multiply(a, mx::add(a, like(a, 2))), mx::square(b))));
  return make_complex(re, mx::arctan2(b, mx::add(a, like(a, 1))));
}

Arrays sigmoid(Call& c) {
  auto& x = c.in[0];
  if (!is_complex(x.dtype())) return mx::sigmoid(x);
  return mx::divide(mx::ones_like(x), mx::add(mx::ones_like(x), mx::exp(mx::negative(x))));
}

Arrays sqrt(Call& c) { return mx::sqrt(c.in[0]); }

Arrays rsqrt(Call& c) {
  auto& x = c.in[0];
  if (is_complex(x.dtype())) return mx::divide(mx::ones_like(x), mx::sqrt(x));
  return mx::rsqrt(x);
}

Arrays cbrt(Call& c) {
  return in_float(c.in[0], [](const mx::array& x) {
    auto size = mx::abs(x);
    auto root = mx::power(size, like(x, 1.0 / 3));
    // One Newton step: power is off by a few ulp.
    auto better = mx::subtract(root, mx::divide(mx::subtract(root, mx::divide(size, mx::square(root))), like(x, 3)));
    auto special = mx::logical_or(mx::logical_not(mx::isfinite(x)), mx::equal(x, like(x, 0)));
    return mx::where(special, x, mx::multiply(mx::sign(x), better));
  });
}

Arrays sin(Call& c) { return mx::sin(c.in[0]); }
Arrays cos(Call& c) { return mx::cos(c.in[0]); }
Arrays tan(Call& c) { return mx::tan(c.in[0]); }
Arrays tanh(Call& c) { return mx::tanh(c.in[0]); }

Arrays is_finite(Call& c) { return mx::isfinite(c.in[0]); }
Arrays is_inf(Call& c) { return mx::isinf(c.in[0]); }
Arrays is_nan(Call& c) { return mx::isnan(c.in[0]); }

Arrays invert(Call& c) { return is_bool(c.in[0]) ? mx::logical_not(c.in[0]) : mx::bitwise_invert(c.in[0]); }

Arrays popcount(Call& c) {
  auto type = c.in[0].dtype();
  auto x = mx::astype(bits_view(c.in[0]), mx::uint64);
  auto k = [](uint64_t v) { return mx::array(v, mx::uint64); };
  x = mx::subtract(x, mx::bitwise_and(mx::right_shift(x, k(1)), k(0x5555555555555555)));
  x = mx::add(mx::bitwise_and(x, k(0x3333333333333333)), mx::bitwise_and(mx::right_shift(x, k(2)), k(0x3333333333333333)));
  x = mx::bitwise_and(mx::add(x, mx::right_shift(x, k(4))), k(0x0f0f0f0f0f0f0f0f));
  return mx::astype(mx::right_shift(mx::multiply(x, k(0x0101010101010101)), k(56)), type);
}

Arrays count_leading_zeros(Call& c) {
  auto type = c.in[0].dtype();
  int width = bits_of(type);
  auto x = mx::astype(bits_view(c.in[0]), mx::uint64);
  auto count = mx::zeros_like(x);
  // Binary search for the highest set bit from above.
  for (int step = width / 2; step > 0; step /= 2) {
    auto high = mx::right_shift(x, mx::array(uint64_t(width - step), mx::uint64));
    auto mask = width == 64 ? ~uint64_t(0) : (uint64_t(1) << width) - 1;
    auto empty = mx::equal(high, mx::zeros_like(high));
    count = mx::add(count, mx::where(empty, mx::array(uint64_t(step), mx::uint64), mx::array(uint64_t(0), mx::uint64)));
    x = mx::where(empty, mx::bitwise_and(mx::left_shift(x, mx::array(uint64_t(step), mx::uint64)), mx::array(mask, mx::uint64)), x);
  }
  count = mx::add(count, mx::astype(mx::equal(x, mx::zeros_like(x)), mx::uint64));
  return mx::astype(count, type);
}

namespace {

// One part of complex<f64>, whose parts are the last dimension.
mx::array part(const mx::array& x, int which) { return mx::take(x, which, -1); }

}  // namespace

Arrays real(Call& c) {
  if (c.operand_element(0) == HLOOM_C128) return part(c.in[0], 0);
  return is_complex(c.in[0].dtype()) ? mx::real(c.in[0]) : c.in[0];
}
Arrays imag(Call& c) {
  if (c.operand_element(0) == HLOOM_C128) return part(c.in[0], 1);
  return is_complex(c.in[0].dtype()) ? mx::imag(c.in[0]) : mx::zeros_like(c.in[0]);
}

Arrays convert(Call& c) {
  auto x = c.in[0];
  auto to = c.dtype();
  if (is_narrow(c.operand_element(0))) x = from_narrow(x, c.operand_element(0));
  if (is_narrow(c.element())) return to_narrow(x, c.element());
  if (is_complex(x.dtype()) && !is_complex(to) && to != mx::bool_) x = mx::real(x);
  if (to == mx::bool_) return mx::not_equal(x, mx::zeros_like(x));
  if (!is_float(x.dtype()) || !is_integer(to)) return mx::astype(x, to);
  // Saturate. The upper limit is the smallest float that does not fit, so that no in-range value is lost.
  auto from = is_half(x.dtype()) ? mx::float32 : x.dtype();
  x = mx::astype(x, from);
  int width = bits_of(to) - (is_unsigned(to) ? 0 : 1);
  auto top = mx::array(std::ldexp(1.0, width), from);
  auto bottom = mx::array(is_unsigned(to) ? 0.0 : -std::ldexp(1.0, width), from);
  auto inside = mx::logical_and(mx::less(x, top), mx::greater(x, is_unsigned(to) ? mx::array(-1.0, from) : bottom));
  auto value = mx::astype(mx::where(inside, x, mx::zeros_like(x)), to);
  value = mx::where(mx::greater_equal(x, top), highest(to), value);
  return mx::where(mx::less_equal(x, bottom), lowest(to), value);
}

Arrays reduce_precision(Call& c) {
  auto& x = c.in[0];
  int exponent = c.integer("exponent_bits"), mantissa = c.integer("mantissa_bits");
  if (exponent < 1 || mantissa < 0) invalid("reduce_precision needs exponent_bits >= 1 and mantissa_bits >= 0");
  auto from = x.dtype();
  if (is_half(from)) {
    // Exact in f32 as long as the result fits the narrow type, which the final rounding then keeps.
    int own = from == mx::float16 ? 5 : 8, bits = from == mx::float16 ? 10 : 7;
    exponent = std::min(exponent, own);
    mantissa = std::min(mantissa, bits);
  }
  auto wide = from == mx::float64 ? mx::float64 : mx::float32;
  int full_mantissa = wide == mx::float64 ? 52 : 23, full_exponent = wide == mx::float64 ? 11 : 8;
  auto v = mx::astype(x, wide);
  auto u = unsigned_of(wide);
  auto bits = mx::view(v, u);
  auto k = [&](uint64_t value) { return mx::array(value, u); };
  if (mantissa < full_mantissa) {
    int drop = full_mantissa - mantissa;
    auto odd = mx::bitwise_and(mx::right_shift(bits, k(drop)), k(1));
    auto bias = mx::add(odd, k((uint64_t(1) << (drop - 1)) - 1));
    bits = mx::bitwise_and(mx::add(bits, bias), k(~((uint64_t(1) << drop) - 1) & (wide == mx::float64 ? ~uint64_t(0) : 0xffffffffu)));
  }
  auto result = mx::view(bits, wide);
  if (exponent < full_exponent) {
    int bias = (1 << (exponent - 1)) - 1;
    auto size = mx::abs(result);
    auto sign = mx::bitwise_and(mx::view(v, u), k(uint64_t(1) << (bits_of(wide) - 1)));
    auto infinity = mx::view(mx::bitwise_or(sign, mx::view(mx::full(v.shape(), INFINITY, wide), u)), wide);
    result = mx::where(mx::greater_equal(size, mx::array(std::ldexp(1.0, bias + 1), wide)), infinity, result);
    result = mx::where(mx::less(size, mx::array(std::ldexp(1.0, 1 - bias), wide)), mx::view(sign, wide), result);
  }
  result = mx::where(mx::isnan(v), v, result);
  return mx::astype(result, from);
}

Arrays copy(Call& c) { return c.in[0]; }
Arrays erf(Call& c) { return mx::erf(c.in[0]); }
Arrays erf_inv(Call& c) { return mx::erfinv(c.in[0]); }
// Chebyshev's fit of Numerical Recipes ("erfcc"), 1.2e-7 relative everywhere: 1 - erf would lose the small values.
Arrays erfc(Call& c) {
  static constexpr double fit[] = {0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368};
  return in_float(c.in[0], [](const mx::array& x) {
    auto size = mx::abs(x);
    auto t = mx::divide(like(x, 1), mx::add(like(x, 1), mx::multiply(like(x, 0.5), size)));
    auto p = like(x, fit[0]);
    for (int i = 1; i < 9; i++) p = mx::add(like(x, fit[i]), mx::multiply(t, p));
    auto exponent = mx::subtract(mx::multiply(t, p), mx::add(mx::square(size), like(x, 1.26551223)));
    auto value = mx::multiply(t, mx::exp(exponent));
    return mx::where(mx::less(x, like(x, 0)), mx::subtract(like(x, 2), value), value);
  });
}
Arrays asin(Call& c) { return mx::arcsin(c.in[0]); }
Arrays acos(Call& c) { return mx::arccos(c.in[0]); }
Arrays atan(Call& c) { return mx::arctan(c.in[0]); }
Arrays sinh(Call& c) { return mx::sinh(c.in[0]); }
Arrays cosh(Call& c) { return mx::cosh(c.in[0]); }
Arrays asinh(Call& c) { return mx::arcsinh(c.in[0]); }
Arrays acosh(Call& c) { return mx::arccosh(c.in[0]); }
Arrays atanh(Call& c) { return mx::arctanh(c.in[0]); }

namespace {
// Lanczos (g = 7, 9 terms), the coefficients that chlo's decomposition uses.
constexpr double kLanczos[] = {676.520368121885098567009190444019, -1259.13921672240287047156078755283,
                               771.3234287776530788486528258894,   -176.61502916214059906584551354,
                               12.507343278686904814458936853,      -0.13857109526572011689554707,
                               9.984369578019570859563e-6,          1.50563273514931155834e-7};
}  // namespace

Arrays lgamma(Call& c) {
  return in_float(c.in[0], [](const mx::array& x) {
    auto k = [&](double v) { return like(x, v); };
    auto reflect = mx::less(x, k(0.5));
    auto z = mx::where(reflect, mx::negative(x), mx::subtract(x, k(1)));
    auto a = k(0.99999999999980993227684700473478);
    for (int i = 0; i < 8; i++) a = mx::add(a, mx::divide(k(kLanczos[i]), mx::add(z, k(i + 1))));
    auto t = mx::add(k(7.5), z);
    auto log_t = mx::add(k(std::log(7.5)), mx::log1p(mx::divide(z, k(7.5))));
    auto value = mx::add(mx::add(mx::multiply(mx::subtract(mx::add(z, k(0.5)), mx::divide(t, log_t)), log_t), k(0.9189385332046727418)), mx::log(a));
    auto size = mx::abs(x);
    auto fraction = mx::subtract(size, mx::floor(size));
    fraction = mx::where(mx::greater(fraction, k(0.5)), mx::subtract(k(1), fraction), fraction);
    auto log_sin = mx::log(mx::sin(mx::multiply(k(M_PI), fraction)));
    auto reflected = mx::where(mx::isfinite(log_sin), mx::subtract(mx::subtract(k(std::log(M_PI)), log_sin), value), mx::negative(log_sin));
    return mx::where(mx::isinf(x), k(INFINITY), mx::where(reflect, reflected, value));
  });
}

Arrays digamma(Call& c) {
  return in_float(c.in[0], [](const mx::array& x) {
    auto k = [&](double v) { return like(x, v); };
    auto reflect = mx::less(x, k(0.5));
    auto z = mx::where(reflect, mx::negative(x), mx::subtract(x, k(1)));
    auto a = k(0.99999999999980993227684700473478), da = k(0);
    for (int i = 0; i < 8; i++) {
      auto d = mx::add(z, k(i + 1));
      da = mx::subtract(da, mx::divide(k(kLanczos[i]), mx::square(d)));
      a = mx::add(a, mx::divide(k(kLanczos[i]), d));
    }
    auto t = mx::add(k(7.5), z);
    auto log_t = mx::add(k(std::log(7.5)), mx::log1p(mx::divide(z, k(7.5))));
    auto value = mx::subtract(mx::add(log_t, mx::divide(da, a)), mx::divide(k(7), t));
    auto pi_x = mx::multiply(k(M_PI), mx::add(x, mx::abs(mx::floor(mx::add(x, k(0.5))))));
    auto reflected = mx::subtract(value, mx::divide(mx::multiply(k(M_PI), mx::cos(pi_x)), mx::sin(pi_x)));
    auto pole = mx::logical_and(mx::less_equal(x, k(0)), mx::equal(x, mx::floor(x)));
    return mx::where(pole, k(NAN), mx::where(reflect, reflected, value));
  });
}

Arrays complex_divide(Call&) { unimplemented("f64, which only CPU devices have"); }

Arrays square(Call& c) { return mx::square(c.in[0]); }
Arrays conjugate(Call& c) { return is_complex(c.in[0].dtype()) ? mx::conjugate(c.in[0]) : c.in[0]; }

Arrays complex(Call& c) {
  auto in = mx::broadcast_arrays({c.in[0], c.in[1]});
  if (c.element() == HLOOM_C128) return mx::stack(in, -1, cpu_stream());
  return make_complex(in[0], in[1]);
}

}  // namespace hloom::ops
