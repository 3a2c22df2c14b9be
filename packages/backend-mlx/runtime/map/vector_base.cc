#define HLOOM_KERNELS base
#include "vector.inc"
