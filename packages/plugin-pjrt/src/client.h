// The objects behind PJRT's opaque handles. One client per process; HLOOM_DEVICES
// devices, each with one memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host_process.h"
#include "pjrt_abi.h"
#include "runtime.h"

namespace hloom::pjrt {

struct PJRT_DeviceDescription {
  explicit PJRT_DeviceDescription(int number)
      : id(number),
        text("HloomDevice(id=" + std::to_string(number) + ")"),
        debug_text("hloom:" + std::to_string(number)) {}

  int id;
  std::string kind;
  std::string text;
  std::string debug_text;
};

struct PJRT_Memory {
  int id = 0;
  std::string kind = "device";
  std::string text;
  PJRT_Device* device = nullptr;
};

// All devices of a client share one runtime: they are names for places, and a copy between two copies nothing.
struct PJRT_Device {
  PJRT_Device(PJRT_Client* owner, int number) : client(owner), description(number) {
    memory.id = number;
    memory.text = "HloomMemory(id=" + std::to_string(number) + ")";
    memory.device = this;
    self[0] = this;
  }
  PJRT_Device(const PJRT_Device&) = delete;

  PJRT_Client* client;
  PJRT_DeviceDescription description;
  PJRT_Memory memory;
  PJRT_Memory* memories[1] = {&memory};
  PJRT_Device* self[1];  // the devices that can address its memory
};

struct PJRT_TopologyDescription {
  std::string version;
  std::vector<PJRT_DeviceDescription*> descriptions;
};

struct PJRT_Client {
  std::shared_ptr<HostProcess> host;
  std::unique_ptr<Runtime> runtime;
  bool native = false;  // programs run in this process
  std::string version;  // "hloom 0.1.0, backend mlx (mlx cpu)"; part of JAX's cache key
  std::vector<std::unique_ptr<PJRT_Device>> owned;
  std::vector<PJRT_Device*> devices;  // by number
  std::vector<PJRT_Memory*> memories;
  PJRT_TopologyDescription topology;

  // Throws INVALID_ARGUMENT when there is none.
  PJRT_Device* device(int64_t id) const;
};

// The platform's name as JAX knows it.
inline constexpr std::string_view kPlatformName = "hloom";

// Gives a string to JAX through a pair of out fields.
template <typename Size>
void give(std::string_view text, const char*& data, Size& size) {
  data = text.data();
  size = text.size();
}

}  // namespace hloom::pjrt
