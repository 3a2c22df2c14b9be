// GetPjrtApi: the only symbol that this library exports, and the table that it returns.
#include <string>
#include <utility>

#include "error.h"
#include "event.h"
#include "functions.h"
#include "profiler.h"

namespace hloom::pjrt {

namespace {

// The place of a function in the table, found by name while compiling; a name that does not exist does not
// compile.
struct Slot {
  size_t index;
  consteval Slot(const char* name) : index(find(name)) {}

 private:
  static consteval size_t find(std::string_view name) {
    for (size_t i = 0; i < kSlotNames.size(); i++) {
      if (kSlotNames[i] == name) return i;
    }
    throw "no such PJRT function";
  }
};

// The boundary to C: no exception passes it.
template <typename Args, void (*function)(Args&)>
PJRT_Error* guarded(Args* args) {
  try {
    function(*args);
    return nullptr;
  } catch (...) {
    return to_pjrt(current_error());
  }
}

template <auto function, typename Args>
PJRT_Function guard(void (*)(Args&)) {
  return reinterpret_cast<PJRT_Function>(&guarded<Args, function>);
}

template <auto function>
void set(PJRT_Api& api, Slot slot) {
  api.slots[slot.index] = guard<function>(function);
}

// What fills every other slot.
template <size_t index>
PJRT_Error* unimplemented(void*) {
  return to_pjrt(
      make_error(kUnimplemented, "hloom: " + std::string(kSlotNames[index]) + " is not implemented"));
}

template <size_t... index>
void fill_with_stubs(PJRT_Api& api, std::index_sequence<index...>) {
  ((api.slots[index] = reinterpret_cast<PJRT_Function>(&unimplemented<index>)), ...);
}

// The two functions that return nothing, since they are about errors themselves.
void set_plain(PJRT_Api& api, Slot slot, PJRT_Function function) { api.slots[slot.index] = function; }

PJRT_Api make_api() {
  PJRT_Api api{};
  api.struct_size = sizeof api;
  api.extension_start = profiler_extension();
  api.pjrt_api_version.struct_size = sizeof api.pjrt_api_version;
  api.pjrt_api_version.major_version = kApiMajor;
  api.pjrt_api_version.minor_version = kApiMinor;
  fill_with_stubs(api, std::make_index_sequence<kSlotNames.size()>());

  set_plain(api, "PJRT_Error_Destroy", reinterpret_cast<PJRT_Function>(&error_destroy));
  set_plain(api, "PJRT_Error_Message", reinterpret_cast<PJRT_Function>(&error_message));
  set<error_code>(api, "PJRT_Error_GetCode");
  set<event_destroy>(api, "PJRT_Event_Destroy");
  set<event_is_ready>(api, "PJRT_Event_IsReady");
  set<event_error>(api, "PJRT_Event_Error");
  set<event_await>(api, "PJRT_Event_Await");
  set<event_on_ready>(api, "PJRT_Event_OnReady");
  set<event_create>(api, "PJRT_Event_Create");
  set<event_set>(api, "PJRT_Event_Set");
  set<plugin_initialize>(api, "PJRT_Plugin_Initialize");
  set<plugin_attributes>(api, "PJRT_Plugin_Attributes");
  set<client_create>(api, "PJRT_Client_Create");
  set<client_destroy>(api, "PJRT_Client_Destroy");
  set<client_platform_name>(api, "PJRT_Client_PlatformName");
  set<client_process_index>(api, "PJRT_Client_ProcessIndex");
  set<client_platform_version>(api, "PJRT_Client_PlatformVersion");
  set<client_topology>(api, "PJRT_Client_TopologyDescription");
  set<client_devices>(api, "PJRT_Client_Devices");
  set<client_addressable_devices>(api, "PJRT_Client_AddressableDevices");
  set<client_lookup_device>(api, "PJRT_Client_LookupDevice");
  set<client_lookup_addressable_device>(api, "PJRT_Client_LookupAddressableDevice");
  set<client_addressable_memories>(api, "PJRT_Client_AddressableMemories");
  set<client_default_device_assignment>(api, "PJRT_Client_DefaultDeviceAssignment");
  set<topology_create>(api, "PJRT_TopologyDescription_Create");
  set<topology_destroy>(api, "PJRT_TopologyDescription_Destroy");
  set<topology_platform_name>(api, "PJRT_TopologyDescription_PlatformName");
  set<topology_platform_version>(api, "PJRT_TopologyDescription_PlatformVersion");
  set<topology_device_descriptions>(api, "PJRT_TopologyDescription_GetDeviceDescriptions");
  set<topology_serialize>(api, "PJRT_TopologyDescription_Serialize");
  set<topology_attributes>(api, "PJRT_TopologyDescription_Attributes");
  set<description_id>(api, "PJRT_DeviceDescription_Id");
  set<description_process_index>(api, "PJRT_DeviceDescription_ProcessIndex");
  set<description_attributes>(api, "PJRT_DeviceDescription_Attributes");
  set<description_kind>(api, "PJRT_DeviceDescription_Kind");
  set<description_debug_string>(api, "PJRT_DeviceDescription_DebugString");
  set<description_to_string>(api, "PJRT_DeviceDescription_ToString");
  set<device_description>(api, "PJRT_Device_GetDescription");
  set<device_is_addressable>(api, "PJRT_Device_IsAddressable");
  set<device_local_hardware_id>(api, "PJRT_Device_LocalHardwareId");
  set<device_memories>(api, "PJRT_Device_AddressableMemories");
  set<device_default_memory>(api, "PJRT_Device_DefaultMemory");
  set<device_memory_stats>(api, "PJRT_Device_MemoryStats");
  set<memory_id>(api, "PJRT_Memory_Id");
  set<memory_kind>(api, "PJRT_Memory_Kind");
  set<memory_kind_id>(api, "PJRT_Memory_Kind_Id");
  set<memory_debug_string>(api, "PJRT_Memory_DebugString");
  set<memory_to_string>(api, "PJRT_Memory_ToString");
  set<memory_devices>(api, "PJRT_Memory_AddressableByDevices");
  set<buffer_from_host>(api, "PJRT_Client_BufferFromHostBuffer");
  set<buffer_destroy>(api, "PJRT_Buffer_Destroy");
  set<buffer_element_type>(api, "PJRT_Buffer_ElementType");
  set<buffer_dimensions>(api, "PJRT_Buffer_Dimensions");
  set<buffer_unpadded_dimensions>(api, "PJRT_Buffer_UnpaddedDimensions");
  set<buffer_dynamic_dimensions>(api, "PJRT_Buffer_DynamicDimensionIndices");
  set<buffer_memory_layout>(api, "PJRT_Buffer_GetMemoryLayout");
  set<buffer_device_size>(api, "PJRT_Buffer_OnDeviceSizeInBytes");
  set<buffer_device>(api, "PJRT_Buffer_Device");
  set<buffer_memory>(api, "PJRT_Buffer_Memory");
  set<buffer_delete>(api, "PJRT_Buffer_Delete");
  set<buffer_is_deleted>(api, "PJRT_Buffer_IsDeleted");
  set<buffer_is_on_cpu>(api, "PJRT_Buffer_IsOnCpu");
  set<buffer_copy_to_device>(api, "PJRT_Buffer_CopyToDevice");
  set<buffer_copy_to_memory>(api, "PJRT_Buffer_CopyToMemory");
  set<buffer_to_host>(api, "PJRT_Buffer_ToHostBuffer");
  set<buffer_ready_event>(api, "PJRT_Buffer_ReadyEvent");
  set<buffer_unsafe_pointer>(api, "PJRT_Buffer_UnsafePointer");
  set<buffer_opaque_pointer>(api, "PJRT_Buffer_OpaqueDeviceMemoryDataPointer");
  set<buffer_decrease_references>(api, "PJRT_Buffer_DecreaseExternalReferenceCount");
  set<buffer_increase_references>(api, "PJRT_Buffer_IncreaseExternalReferenceCount");
  set<client_compile>(api, "PJRT_Client_Compile");
  set<executable_destroy>(api, "PJRT_Executable_Destroy");
  set<executable_name>(api, "PJRT_Executable_Name");
  set<executable_num_replicas>(api, "PJRT_Executable_NumReplicas");
  set<executable_num_partitions>(api, "PJRT_Executable_NumPartitions");
  set<executable_num_outputs>(api, "PJRT_Executable_NumOutputs");
  set<executable_code_size>(api, "PJRT_Executable_SizeOfGeneratedCodeInBytes");
  set<executable_fingerprint>(api, "PJRT_Executable_Fingerprint");
  set<executable_output_types>(api, "PJRT_Executable_OutputElementTypes");
  set<executable_output_dimensions>(api, "PJRT_Executable_OutputDimensions");
  set<executable_output_memory_kinds>(api, "PJRT_Executable_OutputMemoryKinds");
  set<executable_cost_analysis>(api, "PJRT_Executable_GetCostAnalysis");
  set<executable_memory_stats>(api, "PJRT_Executable_GetCompiledMemoryStats");
  set<executable_compile_options>(api, "PJRT_Executable_GetCompileOptions");
  set<executable_optimized_program>(api, "PJRT_Executable_OptimizedProgram");
  set<executable_serialize>(api, "PJRT_Executable_Serialize");
  set<executable_deserialize>(api, "PJRT_Executable_DeserializeAndLoad");
  set<loaded_destroy>(api, "PJRT_LoadedExecutable_Destroy");
  set<loaded_executable>(api, "PJRT_LoadedExecutable_GetExecutable");
  set<loaded_devices>(api, "PJRT_LoadedExecutable_AddressableDevices");
  set<loaded_device_assignment>(api, "PJRT_LoadedExecutable_GetDeviceAssignment");
  set<loaded_delete>(api, "PJRT_LoadedExecutable_Delete");
  set<loaded_is_deleted>(api, "PJRT_LoadedExecutable_IsDeleted");
  set<loaded_fingerprint>(api, "PJRT_LoadedExecutable_Fingerprint");
  set<loaded_execute>(api, "PJRT_LoadedExecutable_Execute");
  set<context_create>(api, "PJRT_ExecuteContext_Create");
  set<context_destroy>(api, "PJRT_ExecuteContext_Destroy");
  return api;
}

}  // namespace

}  // namespace hloom::pjrt

extern "C" __attribute__((visibility("default"))) const hloom::pjrt::PJRT_Api* GetPjrtApi() {
  static const hloom::pjrt::PJRT_Api api = hloom::pjrt::make_api();
  return &api;
}
