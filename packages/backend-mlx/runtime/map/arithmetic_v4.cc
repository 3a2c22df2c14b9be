#define HLOOM_KERNELS v4
#include "arithmetic.inc"
