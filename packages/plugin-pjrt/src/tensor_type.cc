#include "tensor_type.h"

#include <array>
#include <cstring>
#include <string>

#include "error.h"

namespace hloom::pjrt {

namespace {

constexpr auto kElements = std::to_array<ElementRow>({
    {kPred, HLOOM_I1, "i1", 1},
    {kS2, HLOOM_I2, "i2", 1},
    {kS4, HLOOM_I4, "i4", 1},
    {kS8, HLOOM_I8, "i8", 1},
    {kS16, HLOOM_I16, "i16", 2},
    {kS32, HLOOM_I32, "i32", 4},
    {kS64, HLOOM_I64, "i64", 8},
    {kU2, HLOOM_UI2, "ui2", 1},
    {kU4, HLOOM_UI4, "ui4", 1},
    {kU8, HLOOM_UI8, "ui8", 1},
    {kU16, HLOOM_UI16, "ui16", 2},
    {kU32, HLOOM_UI32, "ui32", 4},
    {kU64, HLOOM_UI64, "ui64", 8},
    {kF4E2M1FN, HLOOM_F4E2M1FN, "f4E2M1FN", 1},
    {kF6E2M3FN, HLOOM_F6E2M3FN, "f6E2M3FN", 1},
    {kF6E3M2FN, HLOOM_F6E3M2FN, "f6E3M2FN", 1},
    {kF8E3M4, HLOOM_F8E3M4, "f8E3M4", 1},
    {kF8E4M3, HLOOM_F8E4M3, "f8E4M3", 1},
    {kF8E4M3FN, HLOOM_F8E4M3FN, "f8E4M3FN", 1},
    {kF8E4M3FNUZ, HLOOM_F8E4M3FNUZ, "f8E4M3FNUZ", 1},
    {kF8E4M3B11FNUZ, HLOOM_F8E4M3B11FNUZ, "f8E4M3B11FNUZ", 1},
    {kF8E5M2, HLOOM_F8E5M2, "f8E5M2", 1},
    {kF8E5M2FNUZ, HLOOM_F8E5M2FNUZ, "f8E5M2FNUZ", 1},
    {kF8E8M0FNU, HLOOM_F8E8M0FNU, "f8E8M0FNU", 1},
    {kBF16, HLOOM_BF16, "bf16", 2},
    {kF16, HLOOM_F16, "f16", 2},
    {kF32, HLOOM_F32, "f32", 4},
    {kF64, HLOOM_F64, "f64", 8},
    {kC64, HLOOM_C64, "complex<f32>", 8},
    {kC128, HLOOM_C128, "complex<f64>", 16},
});

template <typename Key>
const ElementRow& find(Key key, Key ElementRow::* column, const std::string& shown) {
  for (const ElementRow& row : kElements) {
    if (row.*column == key) return row;
  }
  throw Failure(kInvalidArgument, "hloom: element type " + shown + " is not one that arrays can have");
}

}  // namespace

const ElementRow& element_of(PJRT_Buffer_Type type) {
  return find(type, &ElementRow::pjrt, "number " + std::to_string(type) + " of PJRT");
}
const ElementRow& element_of(HloomElement type) {
  return find(type, &ElementRow::native, "number " + std::to_string(type) + " of the native runtime");
}
const ElementRow& element_of(std::string_view name) {
  return find(name, &ElementRow::name, std::string(name));
}

size_t TensorType::size() const {
  size_t size = 1;
  for (int64_t dim : dims) size *= static_cast<size_t>(dim);
  return size;
}

size_t TensorType::bytes() const { return size() * element->bytes; }

bool is_row_major(const TensorType& type, const int64_t* byte_strides) {
  if (!byte_strides || type.size() == 0) return true;
  auto expected = static_cast<int64_t>(type.element->bytes);
  for (size_t i = type.dims.size(); i-- > 0;) {
    if (type.dims[i] != 1 && byte_strides[i] != expected) return false;
    expected *= type.dims[i];
  }
  return true;
}

namespace {

// One contiguous run per call where the innermost dimension is dense, one element per step where it is not.
void pack_dimension(const TensorType& type, const int64_t* strides, size_t dimension, const char* source,
                    char*& target) {
  const size_t width = type.element->bytes;
  const int64_t count = type.dims[dimension];
  const int64_t stride = strides[dimension];
  if (dimension + 1 < type.dims.size()) {
    for (int64_t i = 0; i < count; i++)
      pack_dimension(type, strides, dimension + 1, source + i * stride, target);
    return;
  }
  if (stride == static_cast<int64_t>(width)) {
    std::memcpy(target, source, width * count);
    target += width * count;
    return;
  }
  for (int64_t i = 0; i < count; i++, target += width) std::memcpy(target, source + i * stride, width);
}

}  // namespace

void pack(const TensorType& type, const void* data, const int64_t* byte_strides, void* target) {
  if (type.size() == 0) return;
  if (is_row_major(type, byte_strides)) {
    std::memcpy(target, data, type.bytes());
    return;
  }
  auto cursor = static_cast<char*>(target);
  pack_dimension(type, byte_strides, 0, static_cast<const char*>(data), cursor);
}

}  // namespace hloom::pjrt
