#define HLOOM_KERNELS v4
#include "rows.inc"
