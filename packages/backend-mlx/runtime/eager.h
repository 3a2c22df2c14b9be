// Views of arrays that are there already: no graph node, no copy.
#pragma once
#include "call.h"

namespace hloom {

inline bool is_there(const mx::array& a) { return a.status() == mx::array::Status::available; }

// Whether own kernels run: then everything whose operands are there is computed at once, like an interpreter would.
inline bool eager(const Call& c) { return c.device.cpu && !c.device.compose; }

// The same memory with another shape and other strides (in elements, not negative), `offset` elements further.
mx::array share(const mx::array& a, mx::Shape shape, mx::Strides strides, int64_t offset = 0);

// Views at once when `a` is there, else MLX's nodes.
mx::array transposed(const mx::array& a, const std::vector<int>& permutation);
mx::array reshaped(const mx::array& a, const mx::Shape& shape);

mx::Strides row_major_strides(const mx::Shape& shape);

}  // namespace hloom
