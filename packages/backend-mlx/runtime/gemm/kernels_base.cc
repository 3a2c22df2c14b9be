#define HLOOM_KERNELS base
#define HLOOM_VECTOR 16
#define HLOOM_ROWS 6
#include "kernels.inc"
