#include "narrow_kernels.h"

#include <algorithm>
#include <array>

#include "../narrow.h"

namespace hloom {

void unpack_floats(const KernelArgs& a) {
  static const auto tables = [] {
    std::array<std::array<float, 256>, HLOOM_C128 + 1> out{};
    for (int e = HLOOM_I1; e <= HLOOM_C128; e++)
      if (auto* format = narrow_float(HloomElement(e))) out[e] = narrow_values(*format);
    return out;
  }();
  auto& table = tables[a.p0];
  auto x = static_cast<const uint8_t*>(a.in[0]);
  auto r = static_cast<float*>(a.out[0]);
  for (int64_t i = 0; i < a.n; i++) r[i] = table[x[i]];
}

void pack_floats(const KernelArgs& a) {
  auto& format = *narrow_float(HloomElement(a.p0));
  auto x = static_cast<const double*>(a.in[0]);
  auto r = static_cast<uint8_t*>(a.out[0]);
  for (int64_t i = 0; i < a.n; i++) r[i] = encode_narrow(format, x[i]);
}

void wrap_signed(const KernelArgs& a) {
  auto x = static_cast<const int8_t*>(a.in[0]);
  auto r = static_cast<int8_t*>(a.out[0]);
  int rest = 8 - int(a.p0);
  for (int64_t i = 0; i < a.n; i++) r[i] = int8_t(int8_t(uint8_t(x[i]) << rest) >> rest);
}

void wrap_unsigned(const KernelArgs& a) {
  auto x = static_cast<const uint8_t*>(a.in[0]);
  auto r = static_cast<uint8_t*>(a.out[0]);
  for (int64_t i = 0; i < a.n; i++) r[i] = uint8_t(x[i] & ((1 << a.p0) - 1));
}

namespace {

template <typename T>
void saturate(const KernelArgs& a, double low, double high) {
  auto x = static_cast<const double*>(a.in[0]);
  auto r = static_cast<T*>(a.out[0]);
  for (int64_t i = 0; i < a.n; i++) r[i] = x[i] != x[i] ? T(0) : T(std::min(std::max(x[i], low), high));
}

}  // namespace

void saturate_signed(const KernelArgs& a) { saturate<int8_t>(a, -double(1 << (a.p0 - 1)), double((1 << (a.p0 - 1)) - 1)); }
void saturate_unsigned(const KernelArgs& a) { saturate<uint8_t>(a, 0, double((1 << a.p0) - 1)); }

}  // namespace hloom
