#include "rows.h"

namespace hloom {

namespace base {
RowKernels row_kernels();
}
#ifdef HLOOM_HAVE_V3
namespace v3 {
RowKernels row_kernels();
}
namespace v4 {
RowKernels row_kernels();
}
#endif

const RowKernels& row_kernels() {
  static const RowKernels kernels = [] {
#ifdef HLOOM_HAVE_V3
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) return v4::row_kernels();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return v3::row_kernels();
#endif
    return base::row_kernels();
  }();
  return kernels;
}

}  // namespace hloom
