#define HLOOM_KERNELS v3
#include "rows.inc"
