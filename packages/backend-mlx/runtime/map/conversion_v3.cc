#define HLOOM_KERNELS v3
#include "conversion.inc"
