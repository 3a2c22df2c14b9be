// The objects behind PJRT's opaque handles. One client per process, one device, one memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "host_process.h"
#include "pjrt_abi.h"
#include "runtime.h"

namespace hloom::pjrt {

struct PJRT_DeviceDescription {
  std::string kind;
  std::string text = "HloomDevice(id=0)";
  std::string debug_text = "hloom:0";
};

struct PJRT_Memory {
  std::string kind = "device";
  std::string text = "HloomMemory(id=0)";
  PJRT_Device* device = nullptr;
};

struct PJRT_Device {
  PJRT_Client* client = nullptr;
  PJRT_DeviceDescription description;
  PJRT_Memory memory;
  PJRT_Memory* memories[1] = {&memory};
};

struct PJRT_TopologyDescription {
  std::string version;
  PJRT_DeviceDescription* descriptions[1] = {nullptr};
};

struct PJRT_Client {
  std::shared_ptr<HostProcess> host;
  std::unique_ptr<Runtime> runtime;
  bool native = false;  // programs run in this process
  std::string version;  // "hloom 0.1.0, backend mlx (mlx cpu)"; part of JAX's cache key
  PJRT_Device device;
  PJRT_Device* devices[1] = {&device};
  PJRT_TopologyDescription topology;
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
