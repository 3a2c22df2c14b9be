#define HLOOM_KERNELS base
#include "rows.inc"
