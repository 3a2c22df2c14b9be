#define HLOOM_KERNELS v3
#include "vector.inc"
