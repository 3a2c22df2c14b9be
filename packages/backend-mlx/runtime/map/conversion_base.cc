#define HLOOM_KERNELS base
#include "conversion.inc"
