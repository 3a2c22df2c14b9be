// A few threads that share long loops. HLOOM_MLX_THREADS sets their number (default: the processors there are).
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>

namespace hloom {

int thread_count();

// Runs job(0) … job(parts - 1) on the pool and this thread. An exception of a job is rethrown here.
void run_parts(int parts, const std::function<void(int)>& job);

// Calls f(begin, end) so that the ranges cover [0, size). Ranges hold at least `grain` elements (else one call does it all,
// without any overhead) and begin at multiples of `align`.
template <typename F>
void parallel_ranges(int64_t size, int64_t grain, int64_t align, F&& f) {
  if (size <= 0) return;
  int64_t parts = size < 2 * grain ? 1 : std::min<int64_t>(thread_count(), size / std::max<int64_t>(grain, 1));
  if (parts <= 1) {
    f(int64_t(0), size);
    return;
  }
  int64_t each = (size / parts + align - 1) / align * align;
  run_parts(int(parts), [&](int part) {
    int64_t begin = std::min(size, part * each), end = part == parts - 1 ? size : std::min(size, begin + each);
    if (begin < end) f(begin, end);
  });
}

}  // namespace hloom
