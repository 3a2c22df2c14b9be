#define HLOOM_KERNELS v4
#define HLOOM_VECTOR 64
#define HLOOM_ROWS 12
#include "kernels.inc"
