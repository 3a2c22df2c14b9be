#include "buffer.h"

#include <array>
#include <atomic>
#include <chrono>

#include "callback.h"
#include "event.h"
#include "functions.h"

namespace hloom::pjrt {

namespace {

// Only row-major host layouts: jaxlib asks for no other, and a refusal beats a wrong answer.
void require_row_major(const PJRT_Buffer_MemoryLayout* layout, const TensorType& type) {
  if (!layout) return;
  bool row_major = true;
  if (layout->type == kTiled) {
    const auto& tiled = layout->tiled;
    for (size_t i = 0; i < tiled.minor_to_major_size; i++) {
      row_major &= tiled.minor_to_major[i] == static_cast<int64_t>(tiled.minor_to_major_size - 1 - i);
    }
    row_major &= tiled.num_tiles == 0;
  } else {
    row_major = is_row_major(type, layout->strides.byte_strides);
  }
  if (!row_major)
    throw Failure(kUnimplemented, "hloom: arrays are copied to the host in row-major layout only");
}

// Small programs are done sooner than a sleeping thread is woken: whoever is about to wait looks for a moment first.
void linger(const DeviceBuffer& value) {
  if (!value.is_ready()) require_no_callback("wait for a value that is not there yet");
  constexpr auto kMoment = std::chrono::microseconds(30);
  for (auto end = std::chrono::steady_clock::now() + kMoment;
       !value.is_ready() && std::chrono::steady_clock::now() < end;) {
    for (int i = 0; i < 32; i++) std::atomic_signal_fence(std::memory_order_seq_cst);
  }
}

PJRT_Device* device_of(const PJRT_Client_BufferFromHostBuffer_Args& args) {
  if (args.memory) return args.memory->device;
  return args.device ? args.device : args.client->device(0);
}

}  // namespace

void buffer_from_host(PJRT_Client_BufferFromHostBuffer_Args& args) {
  require_same_process();
  TensorType type{&element_of(args.type), std::vector<int64_t>(args.dims, args.dims + args.num_dims)};
  const int64_t* strides = args.num_byte_strides > 0 ? args.byte_strides : nullptr;
  SharedBuffer value = args.client->runtime->upload(type, args.data, strides);
  args.buffer = new PJRT_Buffer(device_of(args), std::move(value));
  args.done_with_host_buffer = to_pjrt(Event::ready());  // the upload made its own copy
}

void buffer_destroy(PJRT_Buffer_Destroy_Args& args) { delete args.buffer; }
void buffer_element_type(PJRT_Buffer_ElementType_Args& args) { args.type = args.buffer->type.element->pjrt; }

void buffer_dimensions(PJRT_Buffer_Dimensions_Args& args) {
  args.dims = args.buffer->type.dims.data();
  args.num_dims = args.buffer->type.dims.size();
}

void buffer_unpadded_dimensions(PJRT_Buffer_UnpaddedDimensions_Args& args) {
  args.unpadded_dims = args.buffer->type.dims.data();
  args.num_dims = args.buffer->type.dims.size();
}

void buffer_dynamic_dimensions(PJRT_Buffer_DynamicDimensionIndices_Args& args) {
  args.dynamic_dim_indices = nullptr;
  args.num_dynamic_dims = 0;
}

void buffer_memory_layout(PJRT_Buffer_GetMemoryLayout_Args& args) {
  // Row-major, whatever the rank: one shared table, read from its end.
  static constexpr size_t kMaxRank = 64;
  static const auto descending = [] {
    std::array<int64_t, kMaxRank> table{};
    for (size_t i = 0; i < kMaxRank; i++) table[i] = static_cast<int64_t>(kMaxRank - 1 - i);
    return table;
  }();
  size_t rank = args.buffer->type.dims.size();
  if (rank > kMaxRank)
    throw Failure(kUnimplemented, "hloom: the layout of an array of more than 64 dimensions");
  PJRT_Buffer_MemoryLayout& layout = args.layout;
  layout.struct_size = sizeof layout;
  layout.extension_start = nullptr;
  layout.type = kTiled;
  layout.tiled = {};
  layout.tiled.struct_size = sizeof layout.tiled;
  layout.tiled.minor_to_major = descending.data() + (kMaxRank - rank);
  layout.tiled.minor_to_major_size = rank;
}

void buffer_device_size(PJRT_Buffer_OnDeviceSizeInBytes_Args& args) {
  args.on_device_size_in_bytes = args.buffer->type.bytes();
}

void buffer_device(PJRT_Buffer_Device_Args& args) { args.device = args.buffer->device; }
void buffer_memory(PJRT_Buffer_Memory_Args& args) { args.memory = &args.buffer->device->memory; }
void buffer_delete(PJRT_Buffer_Delete_Args& args) { args.buffer->take(); }
void buffer_is_deleted(PJRT_Buffer_IsDeleted_Args& args) { args.is_deleted = args.buffer->is_deleted(); }
void buffer_is_on_cpu(PJRT_Buffer_IsOnCpu_Args& args) {
  args.is_on_cpu = args.buffer->device->client->runtime->is_host_memory();
}

// Devices share their runtime, and values do not change: a copy is another name for the value.
void buffer_copy_to_device(PJRT_Buffer_CopyToDevice_Args& args) {
  args.dst_buffer = new PJRT_Buffer(args.dst_device, args.buffer->get());
}

void buffer_copy_to_memory(PJRT_Buffer_CopyToMemory_Args& args) {
  args.dst_buffer = new PJRT_Buffer(args.dst_memory->device, args.buffer->get());
}

// Called with Python's lock held: it starts the copy and never waits for the value.
void buffer_to_host(PJRT_Buffer_ToHostBuffer_Args& args) {
  const TensorType& type = args.src->type;
  require_row_major(args.host_layout, type);
  if (!args.dst) {
    args.dst_size = type.bytes();
    return;
  }
  if (args.dst_size < type.bytes()) {
    throw Failure(kInvalidArgument, "hloom: an array of " + std::to_string(type.bytes()) +
                                        " bytes does not fit in a host buffer of " +
                                        std::to_string(args.dst_size));
  }
  SharedBuffer value = args.src->get();
  if (!value->is_ready()) require_no_callback("wait for a value that is not there yet");
  auto event = std::make_shared<Event>();
  value->read(args.dst, [event](const Error& error) { event->set(error); });
  args.event = to_pjrt(event);
}

// jaxlib aborts the process when this fails, so a deleted array gets an event that failed.
void buffer_ready_event(PJRT_Buffer_ReadyEvent_Args& args) {
  auto event = std::make_shared<Event>();
  try {
    linger(*args.buffer->get());
    args.buffer->get()->on_ready([event](const Error& error) { event->set(error); });
  } catch (...) {
    event->set(current_error());
  }
  args.event = to_pjrt(event);
}

const void* PJRT_Buffer::data() {
  SharedBuffer held;
  {
    std::lock_guard lock(mutex);
    held = shared.empty() ? value : shared.back();
  }
  if (!held) get();  // throws
  linger(*held);
  auto ready = std::make_shared<Event>();
  held->on_ready([ready](const Error& error) { ready->set(error); });
  if (Error error = ready->wait()) throw Failure(*error);
  if (const void* data = held->data()) return data;
  throw Failure(kUnimplemented, "hloom: the memory of this array is not the host's");
}

void buffer_unsafe_pointer(PJRT_Buffer_UnsafePointer_Args& args) {
  args.buffer_pointer = reinterpret_cast<uintptr_t>(args.buffer->data());
}

void buffer_opaque_pointer(PJRT_Buffer_OpaqueDeviceMemoryDataPointer_Args& args) {
  args.device_memory_ptr = const_cast<void*>(args.buffer->data());
}

void buffer_increase_references(PJRT_Buffer_IncreaseExternalReferenceCount_Args& args) {
  args.buffer->share();
}

void buffer_decrease_references(PJRT_Buffer_DecreaseExternalReferenceCount_Args& args) {
  args.buffer->unshare();
}

}  // namespace hloom::pjrt
