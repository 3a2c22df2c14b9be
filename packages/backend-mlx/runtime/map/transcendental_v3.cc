#define HLOOM_KERNELS v3
#include "transcendental.inc"
