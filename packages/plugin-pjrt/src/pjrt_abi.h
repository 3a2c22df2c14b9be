// The part of the PJRT C API (major 0) that this plugin fills, in our own words: the types that jaxlib and a
// plugin exchange. Layouts are facts of the ABI; test/test_abi.py compares each offset here with an
// independent description.
//
// Every Args struct starts with PjrtArgs. The caller sets struct_size to the size that *it* knows: an older
// jaxlib has shorter structs, so a field that was added late is touched only after `knows(args, args.field)`.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hloom::pjrt {

// Frozen. jaxlib decides by this number which slots it may call and which are mandatory; every one from
// 0.4.38 to 0.12 accepts it, and nothing after it is needed.
inline constexpr int kApiMajor = 0;
inline constexpr int kApiMinor = 90;

struct PJRT_Extension_Base {
  size_t struct_size;
  int type;
  PJRT_Extension_Base* next;
};

// What all Args structs, and a few others, begin with.
struct PjrtArgs {
  size_t struct_size;
  PJRT_Extension_Base* extension_start;
};

// Opaque handles; each is defined by the file that implements it.
struct PJRT_Error;
struct PJRT_Event;
struct PJRT_Client;
struct PJRT_Device;
struct PJRT_DeviceDescription;
struct PJRT_Memory;
struct PJRT_TopologyDescription;
struct PJRT_Executable;
struct PJRT_LoadedExecutable;
struct PJRT_Buffer;
struct PJRT_ExecuteContext;
struct PJRT_Bytes;  // stands for the several "serialized something" owners

// ---- enums
// ----------------------------------------------------------------------------------------------------------

// Status codes are absl's. Only those that we produce or map have names.
enum PJRT_Error_Code : int {
  kOk = 0,
  kUnknown = 2,
  kInvalidArgument = 3,
  kNotFound = 5,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
};

enum PJRT_NamedValue_Type : int { kString = 0, kInt64, kInt64List, kFloat, kBool };

enum PJRT_Buffer_Type : int {
  kInvalid = 0,
  kPred,
  kS8,
  kS16,
  kS32,
  kS64,
  kU8,
  kU16,
  kU32,
  kU64,
  kF16,
  kF32,
  kF64,
  kBF16,
  kC64,
  kC128,
  kF8E5M2,
  kF8E4M3FN,
  kF8E4M3B11FNUZ,
  kF8E5M2FNUZ,
  kF8E4M3FNUZ,
  kS4,
  kU4,
  kToken,
  kS2,
  kU2,
  kF8E4M3,
  kF8E3M4,
  kF8E8M0FNU,
  kF4E2M1FN,
  kS1,
  kU1,
  kF6E2M3FN,
  kF6E3M2FN,
};

enum PJRT_Buffer_MemoryLayout_Type : int { kTiled = 0, kStrides };

// ---- values
// ---------------------------------------------------------------------------------------------------------

struct PJRT_Api_Version : PjrtArgs {
  int major_version;
  int minor_version;
};

struct PJRT_NamedValue : PjrtArgs {
  const char* name;
  size_t name_size;
  PJRT_NamedValue_Type type;
  union {
    const char* string_value;
    int64_t int64_value;
    const int64_t* int64_array_value;
    float float_value;
    bool bool_value;
  };
  size_t value_size;
};

struct PJRT_Program : PjrtArgs {
  char* code;
  size_t code_size;
  const char* format;
  size_t format_size;
};

struct PJRT_Buffer_MemoryLayout_Tiled : PjrtArgs {
  const int64_t* minor_to_major;
  size_t minor_to_major_size;
  const int64_t* tile_dims;
  const size_t* tile_dim_sizes;
  size_t num_tiles;
};

struct PJRT_Buffer_MemoryLayout_Strides : PjrtArgs {
  const int64_t* byte_strides;
  size_t num_byte_strides;
};

struct PJRT_Buffer_MemoryLayout : PjrtArgs {
  union {
    PJRT_Buffer_MemoryLayout_Tiled tiled;
    PJRT_Buffer_MemoryLayout_Strides strides;
  };
  PJRT_Buffer_MemoryLayout_Type type;
};

// ---- errors and events
// ----------------------------------------------------------------------------------------------

struct PJRT_Error_Destroy_Args : PjrtArgs {
  PJRT_Error* error;
};
struct PJRT_Error_Message_Args : PjrtArgs {
  const PJRT_Error* error;
  const char* message;  // out
  size_t message_size;  // out
};
struct PJRT_Error_GetCode_Args : PjrtArgs {
  const PJRT_Error* error;
  PJRT_Error_Code code;  // out
};

struct PJRT_Event_Destroy_Args : PjrtArgs {
  PJRT_Event* event;
};
struct PJRT_Event_IsReady_Args : PjrtArgs {
  PJRT_Event* event;
  bool is_ready;  // out
};
struct PJRT_Event_Error_Args : PjrtArgs {
  PJRT_Event* event;
};
struct PJRT_Event_Await_Args : PjrtArgs {
  PJRT_Event* event;
};
// The callback owns the error.
using PJRT_Event_OnReadyCallback = void (*)(PJRT_Error* error, void* user_arg);
struct PJRT_Event_OnReady_Args : PjrtArgs {
  PJRT_Event* event;
  PJRT_Event_OnReadyCallback callback;
  void* user_arg;
};
struct PJRT_Event_Create_Args : PjrtArgs {
  PJRT_Event* event;  // out
};
struct PJRT_Event_Set_Args : PjrtArgs {
  PJRT_Event* event;
  PJRT_Error_Code error_code;
  const char* error_message;
  size_t error_message_size;
};

// ---- plugin and client
// ----------------------------------------------------------------------------------------------

struct PJRT_Plugin_Initialize_Args : PjrtArgs {};
struct PJRT_Plugin_Attributes_Args : PjrtArgs {
  const PJRT_NamedValue* attributes;  // out
  size_t num_attributes;              // out
};

struct PJRT_Client_Create_Args : PjrtArgs {
  const PJRT_NamedValue* create_options;
  size_t num_options;
  void* kv_get_callback;  // the key-value store of distributed JAX: not used
  void* kv_get_user_arg;
  void* kv_put_callback;
  void* kv_put_user_arg;
  PJRT_Client* client;  // out
  void* kv_try_get_callback;
  void* kv_try_get_user_arg;
};
struct PJRT_Client_Destroy_Args : PjrtArgs {
  PJRT_Client* client;
};
struct PJRT_Client_PlatformName_Args : PjrtArgs {
  PJRT_Client* client;
  const char* platform_name;  // out
  size_t platform_name_size;  // out
};
struct PJRT_Client_ProcessIndex_Args : PjrtArgs {
  PJRT_Client* client;
  int process_index;  // out
};
struct PJRT_Client_PlatformVersion_Args : PjrtArgs {
  PJRT_Client* client;
  const char* platform_version;  // out
  size_t platform_version_size;  // out
};
struct PJRT_Client_TopologyDescription_Args : PjrtArgs {
  PJRT_Client* client;
  PJRT_TopologyDescription* topology;  // out
};
struct PJRT_Client_Devices_Args : PjrtArgs {
  PJRT_Client* client;
  PJRT_Device* const* devices;  // out
  size_t num_devices;           // out
};
struct PJRT_Client_AddressableDevices_Args : PjrtArgs {
  PJRT_Client* client;
  PJRT_Device* const* addressable_devices;  // out
  size_t num_addressable_devices;           // out
};
struct PJRT_Client_LookupDevice_Args : PjrtArgs {
  PJRT_Client* client;
  int id;
  PJRT_Device* device;  // out
};
struct PJRT_Client_LookupAddressableDevice_Args : PjrtArgs {
  PJRT_Client* client;
  int local_hardware_id;
  PJRT_Device* addressable_device;  // out
};
struct PJRT_Client_AddressableMemories_Args : PjrtArgs {
  PJRT_Client* client;
  PJRT_Memory* const* addressable_memories;  // out
  size_t num_addressable_memories;           // out
};
struct PJRT_Client_DefaultDeviceAssignment_Args : PjrtArgs {
  PJRT_Client* client;
  int num_replicas;
  int num_partitions;
  size_t default_assignment_size;
  int* default_assignment;  // in and out
};
struct PJRT_Client_Compile_Args : PjrtArgs {
  PJRT_Client* client;
  const PJRT_Program* program;
  const char* compile_options;  // a serialized CompileOptionsProto
  size_t compile_options_size;
  PJRT_LoadedExecutable* executable;  // out
};
struct PJRT_Client_BufferFromHostBuffer_Args : PjrtArgs {
  PJRT_Client* client;
  const void* data;
  PJRT_Buffer_Type type;
  const int64_t* dims;
  size_t num_dims;
  const int64_t* byte_strides;  // null: row-major
  size_t num_byte_strides;
  int host_buffer_semantics;  // all are satisfied by copying before the call returns
  PJRT_Device* device;
  PJRT_Memory* memory;
  PJRT_Buffer_MemoryLayout* device_layout;
  PJRT_Event* done_with_host_buffer;  // out
  PJRT_Buffer* buffer;                // out
};

}  // namespace hloom::pjrt

#include "pjrt_abi_buffer.h"
#include "pjrt_abi_devices.h"
#include "pjrt_abi_execution.h"
