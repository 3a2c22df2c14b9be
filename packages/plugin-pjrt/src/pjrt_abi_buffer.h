// Buffers; part of pjrt_abi.h, which includes it.
#pragma once

#include "pjrt_abi.h"

namespace hloom::pjrt {

// ---- buffers
// --------------------------------------------------------------------------------------------------------

struct PJRT_Buffer_Destroy_Args : PjrtArgs {
  PJRT_Buffer* buffer;
};
struct PJRT_Buffer_ElementType_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Buffer_Type type;  // out
};
struct PJRT_Buffer_Dimensions_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  const int64_t* dims;  // out
  size_t num_dims;      // out
};
struct PJRT_Buffer_UnpaddedDimensions_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  const int64_t* unpadded_dims;  // out
  size_t num_dims;               // out
};
struct PJRT_Buffer_DynamicDimensionIndices_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  const size_t* dynamic_dim_indices;  // out
  size_t num_dynamic_dims;            // out
};
struct PJRT_Buffer_GetMemoryLayout_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Buffer_MemoryLayout layout;  // out
};
struct PJRT_Buffer_ToHostBuffer_Args : PjrtArgs {
  PJRT_Buffer* src;
  PJRT_Buffer_MemoryLayout* host_layout;
  void* dst;          // null: only dst_size is asked for
  size_t dst_size;    // in and out
  PJRT_Event* event;  // out
};
struct PJRT_Buffer_OnDeviceSizeInBytes_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  size_t on_device_size_in_bytes;  // out
};
struct PJRT_Buffer_Device_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Device* device;  // out
};
struct PJRT_Buffer_Memory_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Memory* memory;  // out
};
struct PJRT_Buffer_Delete_Args : PjrtArgs {
  PJRT_Buffer* buffer;
};
struct PJRT_Buffer_IsDeleted_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  bool is_deleted;  // out
};
struct PJRT_Buffer_CopyToDevice_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Device* dst_device;
  PJRT_Buffer* dst_buffer;  // out
};
struct PJRT_Buffer_CopyToMemory_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Memory* dst_memory;
  PJRT_Buffer* dst_buffer;  // out
};
struct PJRT_Buffer_IsOnCpu_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  bool is_on_cpu;  // out
};
struct PJRT_Buffer_ReadyEvent_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  PJRT_Event* event;  // out
};
struct PJRT_Buffer_UnsafePointer_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  uintptr_t buffer_pointer;  // out
};
struct PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args : PjrtArgs {
  PJRT_Buffer* buffer;
  void* device_memory_ptr;  // out
};
struct PJRT_Buffer_IncreaseExternalReferenceCount_Args : PjrtArgs {
  PJRT_Buffer* buffer;
};
struct PJRT_Buffer_DecreaseExternalReferenceCount_Args : PjrtArgs {
  PJRT_Buffer* buffer;
};

}  // namespace hloom::pjrt
