#include "eager.h"

namespace hloom {

mx::Strides row_major_strides(const mx::Shape& shape) {
  mx::Strides out(shape.size(), 1);
  int64_t step = 1;
  for (int d = int(shape.size()) - 1; d >= 0; d--) {
    out[d] = step;
    step *= shape[d];
  }
  return out;
}

mx::array share(const mx::array& a, mx::Shape shape, mx::Strides strides, int64_t offset) {
  size_t span = 1, distinct = 1, size = 1;
  bool row = true, column = true;
  int64_t row_step = 1, column_step = 1;
  for (size_t d = 0; d < shape.size(); d++) {
    size *= shape[d];
    if (shape[d] == 1) continue;
    span += size_t(shape[d] - 1) * strides[d];
    if (strides[d] != 0) distinct *= shape[d];
    column &= strides[d] == column_step;
    column_step *= shape[d];
  }
  for (int d = int(shape.size()) - 1; d >= 0; d--) {
    if (shape[d] == 1) continue;
    row &= strides[d] == row_step;
    row_step *= shape[d];
  }
  if (size == 0) span = 0, distinct = 0;
  mx::array out(std::move(shape), a.dtype(), nullptr, {});
  out.copy_shared_buffer(a, strides, {span == distinct, row, column}, span, offset);
  out.set_status(mx::array::Status::available);
  return out;
}

mx::array transposed(const mx::array& a, const std::vector<int>& permutation) {
  if (!is_there(a)) return mx::transpose(a, permutation);
  mx::Shape shape;
  mx::Strides strides;
  for (int axis : permutation) {
    shape.push_back(a.shape(axis));
    strides.push_back(a.strides()[axis]);
  }
  return share(a, shape, strides);
}

mx::array reshaped(const mx::array& a, const mx::Shape& shape) {
  if (!is_there(a) || !a.flags().row_contiguous) return mx::reshape(a, shape);
  return share(a, shape, row_major_strides(shape));
}

}  // namespace hloom
