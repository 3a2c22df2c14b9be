// Host data to arrays: uploads and constants.
#include <cstring>

#include "eager.h"
#include "execute.h"
#include "host.h"

namespace hloom {

mx::array from_host(const Type& type, const char* data, const int64_t* byte_strides, bool splat) {
  auto shape = shape_of(type);
  auto dtype = dtype_of(type.element);
  size_t item = element_bytes(type.element), rank = type.dims.size();
  if (splat) {
    mx::array one = from_host(Type{type.element, {}}, data, nullptr);
    mx::Strides strides(shape.size(), 0);
    if (shape.size() > rank) strides.back() = 1;  // the parts of a complex<f64>
    return share(one, shape, strides);
  }
  mx::array out(allocate(type.count() * item), shape, dtype);
  char* to = out.data<char>();
  if (type.count() == 0) return out;
  bool strided = false;
  mx::Strides strides(rank, 1);
  int64_t expected = int64_t(item);
  for (int d = int(rank) - 1; d >= 0 && byte_strides; d--) {
    strided |= shape[d] != 1 && byte_strides[d] != expected;
    expected *= shape[d];
    strides[d] = byte_strides[d];
  }
  if (!strided) {
    std::memcpy(to, data, type.count() * item);
  } else {
    // Byte strides need not be multiples of the item: copy element by element.
    std::vector<int64_t> index(rank, 0);
    for (int64_t i = 0; i < type.count(); i++, to += item) {
      std::memcpy(to, data, item);
      for (int d = int(rank) - 1; d >= 0; d--) {
        data += strides[d];
        if (++index[d] < shape[d]) break;
        data -= strides[d] * shape[d];
        index[d] = 0;
      }
    }
  }
  if (type.element == HLOOM_I1) {
    auto bytes = out.data<uint8_t>();
    for (int64_t i = 0; i < type.count(); i++) bytes[i] = bytes[i] != 0;
  }
  return out;
}

}  // namespace hloom
