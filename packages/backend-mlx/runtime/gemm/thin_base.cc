#define HLOOM_KERNELS base
#define HLOOM_VECTOR 16
#include "thin.inc"
