// A few threads that share long loops. HLOOM_MLX_THREADS sets their number (default: the processors there are).
#pragma once
#include <cstdint>
#include <functional>

namespace hloom {

int thread_count();

// Calls f(begin, end) so that the ranges cover [0, size). Ranges hold at least `grain` elements (else one call does it all)
// and begin at multiples of `align`. An exception of f is rethrown here.
void parallel_ranges(int64_t size, int64_t grain, int64_t align, const std::function<void(int64_t, int64_t)>& f);

}  // namespace hloom
