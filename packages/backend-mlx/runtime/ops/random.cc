// rng_bit_generator, bit for bit as XLA's RngBitGeneratorExpander makes it.
#include <array>
#include <cstring>

#include "../host.h"
#include "../parallel.h"

namespace hloom::ops {
namespace {

using Words = std::array<uint32_t, 4>;

std::array<uint32_t, 2> threefry(uint32_t k0, uint32_t k1, uint32_t x, uint32_t y) {
  static constexpr int rotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};
  uint32_t keys[3] = {k0, k1, k0 ^ k1 ^ 0x1BD11BDAu};
  x += keys[0];
  y += keys[1];
  for (int round = 0; round < 5; round++) {
    for (int r : rotations[round % 2]) {
      x += y;
      y = (y << r) | (y >> (32 - r));
      y ^= x;
    }
    x += keys[(round + 1) % 3];
    y += keys[(round + 2) % 3] + uint32_t(round + 1);
  }
  return {x, y};
}

Words philox(uint64_t key, uint64_t low, uint64_t high) {
  Words s = {uint32_t(low), uint32_t(low >> 32), uint32_t(high), uint32_t(high >> 32)};
  uint32_t k0 = uint32_t(key), k1 = uint32_t(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t a = uint64_t(0xD2511F53u) * s[0], b = uint64_t(0xCD9E8D57u) * s[2];
    s = {uint32_t(b >> 32) ^ s[1] ^ k0, uint32_t(b), uint32_t(a >> 32) ^ s[3] ^ k1, uint32_t(a)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return s;
}

// Ten-round Philox-4x32 on a 128-bit counter: 32-bit words in order, or 64-bit numbers from pairs. A state of two words
// has no room for the counter's upper half, for which XLA takes the key.
void philox_bits(const uint64_t* state, int words, View& out, uint64_t* next) {
  uint64_t key = state[0], low = state[1], high = words > 2 ? state[2] : key;  // XLA fills a short state with the key
  bool wide = mx::size_of(out.dtype) == 8;
  int64_t per_call = wide ? 2 : 4, calls = (out.size + per_call - 1) / per_call;
  parallel_ranges(calls, 4096, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      uint64_t l = low + uint64_t(i);
      Words w = philox(key, l, high + (l < low));
      for (int64_t j = 0; j < per_call && i * per_call + j < out.size; j++) {
        int64_t at = i * per_call + j;
        if (wide) out.as<uint64_t>()[at] = w[2 * j] | uint64_t(w[2 * j + 1]) << 32;
        else if (mx::size_of(out.dtype) == 4) out.as<uint32_t>()[at] = w[j];
        else with_width(mx::size_of(out.dtype), [&](auto zero) { out.as<decltype(zero)>()[at] = decltype(zero)(w[j]); });
      }
    }
  });
  next[0] = key;
  next[1] = low + uint64_t(calls);
  if (words > 2) next[2] = high + (next[1] < low);
}

void threefry_bits(const uint64_t* state, View& out, uint64_t* next) {
  uint32_t k0 = uint32_t(state[0]), k1 = uint32_t(state[0] >> 32);
  uint64_t counter = state[1];
  auto bits = [&](uint64_t i) { return threefry(k0, k1, uint32_t(counter + i), uint32_t((counter + i) >> 32)); };
  next[0] = state[0];
  if (mx::size_of(out.dtype) == 8) {
    for (int64_t i = 0; i < out.size; i++) {
      auto [x, y] = bits(i);
      out.as<uint64_t>()[i] = x | uint64_t(y) << 32;
    }
    next[1] = counter + uint64_t(out.size);
    return;
  }
  // One dimension is split into pairs: the first even one, else the largest. Each counter gives both words of a pair.
  int split = -1, rank = int(out.shape.size());
  for (int d = 0; d < rank && split < 0; d++)
    if (out.shape[d] % 2 == 0) split = d;
  for (int d = 0; d < rank && !(split >= 0 && out.shape[split] % 2 == 0); d++)
    if (split < 0 || out.shape[d] > out.shape[split]) split = d;
  int64_t inner = 1, n = rank ? out.shape[split] : 1, half = (n + 1) / 2;
  for (int d = split + 1; d < rank; d++) inner *= out.shape[d];
  int64_t outer = out.size / (n * inner);
  for (int64_t o = 0; o < outer; o++)
    for (int64_t h = 0; h < half; h++)
      for (int64_t i = 0; i < inner; i++) {
        auto words = bits((o * half + h) * inner + i);
        for (int64_t p = 0; p < 2 && 2 * h + p < n; p++) {
          int64_t at = (o * n + 2 * h + p) * inner + i;
          with_width(mx::size_of(out.dtype), [&](auto zero) { out.as<decltype(zero)>()[at] = decltype(zero)(words[p]); });
        }
      }
  next[1] = counter + uint64_t(outer * half * inner);
}

}  // namespace

Arrays rng_bit_generator(Call& c) {
  auto& algorithm = c.text("algorithm");
  bool three = algorithm == "THREE_FRY";
  if (!three && algorithm != "PHILOX" && algorithm != "DEFAULT") invalid("rng algorithm " + algorithm);
  auto& state = c.in[0];
  int words = int(state.nbytes() / 8);
  bool known = state.ndim() == 1 && (state.dtype() == mx::uint64 || state.dtype() == mx::uint32) && state.nbytes() % 8 == 0 && (three ? words == 2 : words == 2 || words == 3);
  if (!known || c.shape(0) != state.shape() || c.dtype(0) != state.dtype() || is_bool(c.in[0]) || is_complex(c.dtype(1))) invalid("rng state must be ui64[2], or ui64[3] for PHILOX");
  if (c.shape(1).size() > 0 && zeros(c, 1).size() == 0) return {state, zeros(c, 1)};
  return host({"rng_bit_generator"}, c, [three, words](Views& in, Views& out) {
    uint64_t from[3] = {}, to[3] = {};
    std::memcpy(from, in[0].data, size_t(words) * 8);
    if (three) threefry_bits(from, out[1], to);
    else philox_bits(from, words, out[1], to);
    std::memcpy(out[0].data, to, size_t(words) * 8);
  });
}

}  // namespace hloom::ops
