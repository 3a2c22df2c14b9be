#include "client.h"
#include "functions.h"

namespace hloom::pjrt {

void description_id(PJRT_DeviceDescription_Id_Args& args) {
  args.id = args.device_description->id;
}
void description_process_index(PJRT_DeviceDescription_ProcessIndex_Args& args) { args.process_index = 0; }

void description_attributes(PJRT_DeviceDescription_Attributes_Args& args) {
  args.attributes = nullptr;
  args.num_attributes = 0;
}

void description_kind(PJRT_DeviceDescription_Kind_Args& args) {
  give(args.device_description->kind, args.device_kind, args.device_kind_size);
}

void description_debug_string(PJRT_DeviceDescription_DebugString_Args& args) {
  give(args.device_description->debug_text, args.debug_string, args.debug_string_size);
}

void description_to_string(PJRT_DeviceDescription_ToString_Args& args) {
  give(args.device_description->text, args.to_string, args.to_string_size);
}

void device_description(PJRT_Device_GetDescription_Args& args) {
  args.device_description = &args.device->description;
}
void device_is_addressable(PJRT_Device_IsAddressable_Args& args) { args.is_addressable = true; }
void device_local_hardware_id(PJRT_Device_LocalHardwareId_Args& args) {
  args.local_hardware_id = args.device->description.id;
}

void device_memories(PJRT_Device_AddressableMemories_Args& args) {
  args.memories = args.device->memories;
  args.num_memories = 1;
}

void device_default_memory(PJRT_Device_DefaultMemory_Args& args) { args.memory = &args.device->memory; }

void device_memory_stats(PJRT_Device_MemoryStats_Args& args) {
  require_same_process();
  MemoryStats stats = args.device->client->runtime->memory_stats();
  args.bytes_in_use = stats.bytes_in_use;
  args.peak_bytes_in_use = stats.peak_bytes_in_use;
  args.peak_bytes_in_use_is_set = stats.peak_bytes_in_use >= 0;
  args.bytes_limit = stats.bytes_limit;
  args.bytes_limit_is_set = stats.bytes_limit >= 0;
  // jaxlib does not clear the flags of what we do not know.
  args.num_allocs_is_set = false;
  args.largest_alloc_size_is_set = false;
  args.bytes_reserved_is_set = false;
  args.peak_bytes_reserved_is_set = false;
  args.bytes_reservable_limit = stats.bytes_limit;
  args.bytes_reservable_limit_is_set = stats.bytes_limit >= 0;
  args.largest_free_block_bytes_is_set = false;
  args.pool_bytes_is_set = false;
  args.peak_pool_bytes_is_set = false;
}

void memory_id(PJRT_Memory_Id_Args& args) { args.id = args.memory->id; }
void memory_kind(PJRT_Memory_Kind_Args& args) { give(args.memory->kind, args.kind, args.kind_size); }
void memory_kind_id(PJRT_Memory_Kind_Id_Args& args) { args.kind_id = 0; }

void memory_debug_string(PJRT_Memory_DebugString_Args& args) {
  give(args.memory->text, args.debug_string, args.debug_string_size);
}

void memory_to_string(PJRT_Memory_ToString_Args& args) {
  give(args.memory->text, args.to_string, args.to_string_size);
}

void memory_devices(PJRT_Memory_AddressableByDevices_Args& args) {
  args.devices = args.memory->device->self;
  args.num_devices = 1;
}

}  // namespace hloom::pjrt
