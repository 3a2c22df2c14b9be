// Reductions with the element-wise kernels: adding rows to rows, then halving what is left.
#pragma once
#include "../call.h"

namespace hloom {

// op over `axes` of x; op is add, multiply, maximum, minimum, bitwise_and or bitwise_or. The element type stays.
mx::array fold(Call& c, mx::array x, std::vector<int> axes, Opcode op);

}  // namespace hloom
