#define HLOOM_KERNELS v3
#include "arithmetic.inc"
