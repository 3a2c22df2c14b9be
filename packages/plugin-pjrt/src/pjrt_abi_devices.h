// Devices, memories and topologies; part of pjrt_abi.h, which includes it.
#pragma once

#include "pjrt_abi.h"

namespace hloom::pjrt {

// ---- devices and memories
// -------------------------------------------------------------------------------------------

struct PJRT_DeviceDescription_Id_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  int id;  // out
};
struct PJRT_DeviceDescription_ProcessIndex_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  int process_index;  // out
};
struct PJRT_DeviceDescription_Attributes_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  size_t num_attributes;              // out
  const PJRT_NamedValue* attributes;  // out
};
struct PJRT_DeviceDescription_Kind_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  const char* device_kind;  // out
  size_t device_kind_size;  // out
};
struct PJRT_DeviceDescription_DebugString_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  const char* debug_string;  // out
  size_t debug_string_size;  // out
};
struct PJRT_DeviceDescription_ToString_Args : PjrtArgs {
  PJRT_DeviceDescription* device_description;
  const char* to_string;  // out
  size_t to_string_size;  // out
};
struct PJRT_Device_GetDescription_Args : PjrtArgs {
  PJRT_Device* device;
  PJRT_DeviceDescription* device_description;  // out
};
struct PJRT_Device_IsAddressable_Args : PjrtArgs {
  PJRT_Device* device;
  bool is_addressable;  // out
};
struct PJRT_Device_LocalHardwareId_Args : PjrtArgs {
  PJRT_Device* device;
  int local_hardware_id;  // out
};
struct PJRT_Device_AddressableMemories_Args : PjrtArgs {
  PJRT_Device* device;
  PJRT_Memory* const* memories;  // out
  size_t num_memories;           // out
};
struct PJRT_Device_DefaultMemory_Args : PjrtArgs {
  PJRT_Device* device;
  PJRT_Memory* memory;  // out
};
// Each optional number is followed by a flag that jaxlib does not clear for us.
struct PJRT_Device_MemoryStats_Args : PjrtArgs {
  PJRT_Device* device;
  int64_t bytes_in_use;  // out, like all that follow
  int64_t peak_bytes_in_use;
  bool peak_bytes_in_use_is_set;
  int64_t num_allocs;
  bool num_allocs_is_set;
  int64_t largest_alloc_size;
  bool largest_alloc_size_is_set;
  int64_t bytes_limit;
  bool bytes_limit_is_set;
  int64_t bytes_reserved;
  bool bytes_reserved_is_set;
  int64_t peak_bytes_reserved;
  bool peak_bytes_reserved_is_set;
  int64_t bytes_reservable_limit;
  bool bytes_reservable_limit_is_set;
  int64_t largest_free_block_bytes;
  bool largest_free_block_bytes_is_set;
  int64_t pool_bytes;
  bool pool_bytes_is_set;
  int64_t peak_pool_bytes;
  bool peak_pool_bytes_is_set;
};

struct PJRT_Memory_Id_Args : PjrtArgs {
  PJRT_Memory* memory;
  int id;  // out
};
struct PJRT_Memory_Kind_Args : PjrtArgs {
  PJRT_Memory* memory;
  const char* kind;  // out
  size_t kind_size;  // out
};
struct PJRT_Memory_Kind_Id_Args : PjrtArgs {
  PJRT_Memory* memory;
  int kind_id;  // out
};
struct PJRT_Memory_DebugString_Args : PjrtArgs {
  PJRT_Memory* memory;
  const char* debug_string;  // out
  size_t debug_string_size;  // out
};
struct PJRT_Memory_ToString_Args : PjrtArgs {
  PJRT_Memory* memory;
  const char* to_string;  // out
  size_t to_string_size;  // out
};
struct PJRT_Memory_AddressableByDevices_Args : PjrtArgs {
  PJRT_Memory* memory;
  PJRT_Device* const* devices;  // out
  size_t num_devices;           // out
};

struct PJRT_TopologyDescription_Create_Args : PjrtArgs {
  const char* topology_name;
  size_t topology_name_size;
  const PJRT_NamedValue* create_options;
  size_t num_options;
  PJRT_TopologyDescription* topology;  // out
};
struct PJRT_TopologyDescription_Destroy_Args : PjrtArgs {
  PJRT_TopologyDescription* topology;
};
struct PJRT_TopologyDescription_PlatformName_Args : PjrtArgs {
  const PJRT_TopologyDescription* topology;
  const char* platform_name;  // out
  size_t platform_name_size;  // out
};
struct PJRT_TopologyDescription_PlatformVersion_Args : PjrtArgs {
  PJRT_TopologyDescription* topology;
  const char* platform_version;  // out
  size_t platform_version_size;  // out
};
struct PJRT_TopologyDescription_GetDeviceDescriptions_Args : PjrtArgs {
  const PJRT_TopologyDescription* topology;
  PJRT_DeviceDescription* const* descriptions;  // out
  size_t num_descriptions;                      // out
};
struct PJRT_TopologyDescription_Serialize_Args : PjrtArgs {
  PJRT_TopologyDescription* topology;
  const char* serialized_bytes;  // out
  size_t serialized_bytes_size;  // out
  PJRT_Bytes* serialized_topology;
  void (*serialized_topology_deleter)(PJRT_Bytes*);
};
struct PJRT_TopologyDescription_Attributes_Args : PjrtArgs {
  PJRT_TopologyDescription* topology;
  const PJRT_NamedValue* attributes;  // out
  size_t num_attributes;              // out
};

}  // namespace hloom::pjrt
