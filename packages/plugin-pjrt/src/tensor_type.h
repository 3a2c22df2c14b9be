// Element types and shapes, and the tables between the three ways to name them: PJRT's numbers, the numbers
// of the native runtime's ABI, and the names of the TypeScript side.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "../../backend-mlx/runtime/c_api.h"
#include "pjrt_abi.h"

namespace hloom::pjrt {

struct ElementRow {
  PJRT_Buffer_Type pjrt;
  HloomElement native;
  std::string_view name;
  size_t bytes;  // in the host layout, where types below 8 bits take one byte
};

// Each throws INVALID_ARGUMENT for a type that has no row.
const ElementRow& element_of(PJRT_Buffer_Type type);
const ElementRow& element_of(HloomElement type);
const ElementRow& element_of(std::string_view name);

struct TensorType {
  const ElementRow* element = nullptr;
  std::vector<int64_t> dims;

  size_t size() const;   // elements
  size_t bytes() const;  // in the host layout, row-major
};

// Copies a strided host array into `target`, row-major. `byte_strides` may be null for an array that already
// is.
void pack(const TensorType& type, const void* data, const int64_t* byte_strides, void* target);

// Whether `byte_strides` (null allowed) describes the row-major layout.
bool is_row_major(const TensorType& type, const int64_t* byte_strides);

}  // namespace hloom::pjrt
