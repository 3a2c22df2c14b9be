#define HLOOM_KERNELS v3
#define HLOOM_VECTOR 32
#include "thin.inc"
