#define HLOOM_KERNELS base
#include "transcendental.inc"
