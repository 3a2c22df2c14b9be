#define HLOOM_KERNELS base
#include "arithmetic.inc"
