#define HLOOM_KERNELS v4
#include "vector.inc"
