#define HLOOM_KERNELS v3
#define HLOOM_VECTOR 32
#define HLOOM_ROWS 6
#include "kernels.inc"
