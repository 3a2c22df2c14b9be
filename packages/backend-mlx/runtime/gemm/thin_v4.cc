#define HLOOM_KERNELS v4
#define HLOOM_VECTOR 64
#include "thin.inc"
