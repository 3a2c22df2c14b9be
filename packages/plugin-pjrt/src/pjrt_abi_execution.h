// Executables and the table of functions; part of pjrt_abi.h, which includes it.
#pragma once

#include <array>
#include <string_view>

#include "pjrt_abi.h"

namespace hloom::pjrt {

// ---- executables
// ----------------------------------------------------------------------------------------------------

struct PJRT_Executable_Destroy_Args : PjrtArgs {
  PJRT_Executable* executable;
};
struct PJRT_Executable_Name_Args : PjrtArgs {
  PJRT_Executable* executable;
  const char* executable_name;  // out
  size_t executable_name_size;  // out
};
struct PJRT_Executable_NumReplicas_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_replicas;  // out
};
struct PJRT_Executable_NumPartitions_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_partitions;  // out
};
struct PJRT_Executable_NumOutputs_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_outputs;  // out
};
struct PJRT_Executable_SizeOfGeneratedCodeInBytes_Args : PjrtArgs {
  PJRT_Executable* executable;
  int64_t size_in_bytes;  // out
};
struct PJRT_Executable_Fingerprint_Args : PjrtArgs {
  PJRT_Executable* executable;
  const char* executable_fingerprint;  // out
  size_t executable_fingerprint_size;  // out
};
struct PJRT_Executable_GetCostAnalysis_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_properties;              // out
  const PJRT_NamedValue* properties;  // out
};
struct PJRT_Executable_GetCompiledMemoryStats_Args : PjrtArgs {
  PJRT_Executable* executable;
  int64_t generated_code_size_in_bytes;  // out, like all that follow
  int64_t argument_size_in_bytes;
  int64_t output_size_in_bytes;
  int64_t alias_size_in_bytes;
  int64_t temp_size_in_bytes;
  int64_t host_generated_code_size_in_bytes;
  int64_t host_argument_size_in_bytes;
  int64_t host_output_size_in_bytes;
  int64_t host_alias_size_in_bytes;
  int64_t host_temp_size_in_bytes;
  int64_t peak_memory_in_bytes;
  int64_t total_size_in_bytes;
};
struct PJRT_Executable_OutputElementTypes_Args : PjrtArgs {
  PJRT_Executable* executable;
  PJRT_Buffer_Type* output_types;  // out
  size_t num_output_types;         // out
};
struct PJRT_Executable_OutputDimensions_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_outputs;       // out
  const int64_t* dims;      // out: of all outputs, one after the other
  const size_t* dim_sizes;  // out: the rank of each
};
struct PJRT_Executable_OutputMemoryKinds_Args : PjrtArgs {
  PJRT_Executable* executable;
  size_t num_outputs;               // out
  const char* const* memory_kinds;  // out
  const size_t* memory_kind_sizes;  // out
};
struct PJRT_Executable_OptimizedProgram_Args : PjrtArgs {
  PJRT_Executable* executable;
  PJRT_Program* program;  // in and out: without `code`, only the size is wanted
};
struct PJRT_Executable_Serialize_Args : PjrtArgs {
  const PJRT_Executable* executable;
  const char* serialized_bytes;  // out
  size_t serialized_bytes_size;  // out
  PJRT_Bytes* serialized_executable;
  void (*serialized_executable_deleter)(PJRT_Bytes*);
};
struct PJRT_Executable_GetCompileOptions_Args : PjrtArgs {
  PJRT_Executable* executable;
  const char* serialized_bytes;  // out
  size_t serialized_bytes_size;  // out
  PJRT_Bytes* serialized_compile_options;
  void (*serialized_compile_options_deleter)(PJRT_Bytes*);
};
struct PJRT_Executable_DeserializeAndLoad_Args : PjrtArgs {
  PJRT_Client* client;
  const char* serialized_executable;
  size_t serialized_executable_size;
  PJRT_LoadedExecutable* loaded_executable;  // out
  const char* overridden_serialized_compile_options;
  size_t overridden_serialized_compile_options_size;
};

struct PJRT_LoadedExecutable_Destroy_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
};
struct PJRT_LoadedExecutable_GetExecutable_Args : PjrtArgs {
  PJRT_LoadedExecutable* loaded_executable;
  PJRT_Executable* executable;  // out
};
struct PJRT_LoadedExecutable_AddressableDevices_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
  PJRT_Device* const* addressable_devices;  // out
  size_t num_addressable_devices;           // out
};
struct PJRT_LoadedExecutable_GetDeviceAssignment_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
  const char* serialized_bytes;  // out
  size_t serialized_bytes_size;  // out
  PJRT_Bytes* serialized_device_assignment;
  void (*serialized_device_assignment_deleter)(PJRT_Bytes*);
};
struct PJRT_LoadedExecutable_Delete_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
};
struct PJRT_LoadedExecutable_IsDeleted_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
  bool is_deleted;  // out
};
struct PJRT_LoadedExecutable_Fingerprint_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
  const char* executable_fingerprint;  // out
  size_t executable_fingerprint_size;  // out
};
struct PJRT_ExecuteOptions : PjrtArgs {
  void** send_callbacks;
  void** recv_callbacks;
  size_t num_send_ops;
  size_t num_recv_ops;
  int launch_id;
  const int64_t* non_donatable_input_indices;
  size_t num_non_donatable_input_indices;
  PJRT_ExecuteContext* context;
  const char* call_location;
  size_t num_tasks;
  int* task_ids;
  int64_t* incarnation_ids;
};
struct PJRT_LoadedExecutable_Execute_Args : PjrtArgs {
  PJRT_LoadedExecutable* executable;
  PJRT_ExecuteOptions* options;
  PJRT_Buffer* const* const* argument_lists;  // [num_devices][num_args]
  size_t num_devices;
  size_t num_args;
  PJRT_Buffer** const* output_lists;    // in and out: [num_devices][outputs], lists are the caller's
  PJRT_Event** device_complete_events;  // in and out: [num_devices], or null
  PJRT_Device* execute_device;
};
struct PJRT_ExecuteContext_Create_Args : PjrtArgs {
  PJRT_ExecuteContext* context;  // out
};
struct PJRT_ExecuteContext_Destroy_Args : PjrtArgs {
  PJRT_ExecuteContext* context;
};

// ---- the table
// ------------------------------------------------------------------------------------------------------

// Names of the functions in the order of their slots. The table is append-only: newer versions only make it
// longer.
inline constexpr auto kSlotNames = std::to_array<std::string_view>({
    "PJRT_Error_Destroy",
    "PJRT_Error_Message",
    "PJRT_Error_GetCode",
    "PJRT_Plugin_Initialize",
    "PJRT_Plugin_Attributes",
    "PJRT_Event_Destroy",
    "PJRT_Event_IsReady",
    "PJRT_Event_Error",
    "PJRT_Event_Await",
    "PJRT_Event_OnReady",
    "PJRT_Client_Create",
    "PJRT_Client_Destroy",
    "PJRT_Client_PlatformName",
    "PJRT_Client_ProcessIndex",
    "PJRT_Client_PlatformVersion",
    "PJRT_Client_Devices",
    "PJRT_Client_AddressableDevices",
    "PJRT_Client_LookupDevice",
    "PJRT_Client_LookupAddressableDevice",
    "PJRT_Client_AddressableMemories",
    "PJRT_Client_Compile",
    "PJRT_Client_DefaultDeviceAssignment",
    "PJRT_Client_BufferFromHostBuffer",
    "PJRT_DeviceDescription_Id",
    "PJRT_DeviceDescription_ProcessIndex",
    "PJRT_DeviceDescription_Attributes",
    "PJRT_DeviceDescription_Kind",
    "PJRT_DeviceDescription_DebugString",
    "PJRT_DeviceDescription_ToString",
    "PJRT_Device_GetDescription",
    "PJRT_Device_IsAddressable",
    "PJRT_Device_LocalHardwareId",
    "PJRT_Device_AddressableMemories",
    "PJRT_Device_DefaultMemory",
    "PJRT_Device_MemoryStats",
    "PJRT_Memory_Id",
    "PJRT_Memory_Kind",
    "PJRT_Memory_DebugString",
    "PJRT_Memory_ToString",
    "PJRT_Memory_AddressableByDevices",
    "PJRT_Executable_Destroy",
    "PJRT_Executable_Name",
    "PJRT_Executable_NumReplicas",
    "PJRT_Executable_NumPartitions",
    "PJRT_Executable_NumOutputs",
    "PJRT_Executable_SizeOfGeneratedCodeInBytes",
    "PJRT_Executable_GetCostAnalysis",
    "PJRT_Executable_OutputMemoryKinds",
    "PJRT_Executable_OptimizedProgram",
    "PJRT_Executable_Serialize",
    "PJRT_LoadedExecutable_Destroy",
    "PJRT_LoadedExecutable_GetExecutable",
    "PJRT_LoadedExecutable_AddressableDevices",
    "PJRT_LoadedExecutable_Delete",
    "PJRT_LoadedExecutable_IsDeleted",
    "PJRT_LoadedExecutable_Execute",
    "PJRT_Executable_DeserializeAndLoad",
    "PJRT_LoadedExecutable_Fingerprint",
    "PJRT_Buffer_Destroy",
    "PJRT_Buffer_ElementType",
    "PJRT_Buffer_Dimensions",
    "PJRT_Buffer_UnpaddedDimensions",
    "PJRT_Buffer_DynamicDimensionIndices",
    "PJRT_Buffer_GetMemoryLayout",
    "PJRT_Buffer_OnDeviceSizeInBytes",
    "PJRT_Buffer_Device",
    "PJRT_Buffer_Memory",
    "PJRT_Buffer_Delete",
    "PJRT_Buffer_IsDeleted",
    "PJRT_Buffer_CopyToDevice",
    "PJRT_Buffer_ToHostBuffer",
    "PJRT_Buffer_IsOnCpu",
    "PJRT_Buffer_ReadyEvent",
    "PJRT_Buffer_UnsafePointer",
    "PJRT_Buffer_IncreaseExternalReferenceCount",
    "PJRT_Buffer_DecreaseExternalReferenceCount",
    "PJRT_Buffer_OpaqueDeviceMemoryDataPointer",
    "PJRT_CopyToDeviceStream_Destroy",
    "PJRT_CopyToDeviceStream_AddChunk",
    "PJRT_CopyToDeviceStream_TotalBytes",
    "PJRT_CopyToDeviceStream_GranuleSize",
    "PJRT_CopyToDeviceStream_CurrentBytes",
    "PJRT_TopologyDescription_Create",
    "PJRT_TopologyDescription_Destroy",
    "PJRT_TopologyDescription_PlatformName",
    "PJRT_TopologyDescription_PlatformVersion",
    "PJRT_TopologyDescription_GetDeviceDescriptions",
    "PJRT_TopologyDescription_Serialize",
    "PJRT_TopologyDescription_Attributes",
    "PJRT_Compile",
    "PJRT_Executable_OutputElementTypes",
    "PJRT_Executable_OutputDimensions",
    "PJRT_Buffer_CopyToMemory",
    "PJRT_Client_CreateViewOfDeviceBuffer",
    "PJRT_Executable_Fingerprint",
    "PJRT_Client_TopologyDescription",
    "PJRT_Executable_GetCompiledMemoryStats",
    "PJRT_Memory_Kind_Id",
    "PJRT_ExecuteContext_Create",
    "PJRT_ExecuteContext_Destroy",
    "PJRT_Buffer_CopyRawToHost",
    "PJRT_AsyncHostToDeviceTransferManager_Destroy",
    "PJRT_AsyncHostToDeviceTransferManager_TransferData",
    "PJRT_Client_CreateBuffersForAsyncHostToDevice",
    "PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer",
    "PJRT_AsyncHostToDeviceTransferManager_Device",
    "PJRT_AsyncHostToDeviceTransferManager_BufferCount",
    "PJRT_AsyncHostToDeviceTransferManager_BufferSize",
    "PJRT_AsyncHostToDeviceTransferManager_SetBufferError",
    "PJRT_AsyncHostToDeviceTransferManager_AddMetadata",
    "PJRT_Client_DmaMap",
    "PJRT_Client_DmaUnmap",
    "PJRT_Client_CreateUninitializedBuffer",
    "PJRT_Client_UpdateGlobalProcessInfo",
    "PJRT_TopologyDescription_Deserialize",
    "PJRT_Client_CreateAliasBuffer",
    "PJRT_Client_FulfillAliasBuffer",
    "PJRT_LoadedExecutable_GetDeviceAssignment",
    "PJRT_Client_CreateErrorBuffer",
    "PJRT_AsyncHostToDeviceTransferManager_TransferLiteral",
    "PJRT_Buffer_CopyRawToHostFuture",
    "PJRT_Device_PoisonExecution",
    "PJRT_Device_CreateAsyncTrackingEvent",
    "PJRT_AsyncTrackingEvent_Destroy",
    "PJRT_Executable_GetCompileOptions",
    "PJRT_Buffer_DonateWithControlDependency",
    "PJRT_Event_Create",
    "PJRT_Event_Set",
});

// All slots have one type here; api.cc checks each function against its Args struct when it fills the table.
using PJRT_Function = void (*)();

struct PJRT_Api : PjrtArgs {
  PJRT_Api_Version pjrt_api_version;
  PJRT_Function slots[kSlotNames.size()];
};

// Whether the caller's struct is long enough to have `field`.
template <typename Args, typename Field>
bool knows(const Args& args, const Field& field) {
  auto end = reinterpret_cast<const char*>(&field + 1) - reinterpret_cast<const char*>(&args);
  return static_cast<size_t>(end) <= args.struct_size;
}

}  // namespace hloom::pjrt
