#include "client.h"

#include <cstdlib>
#include <span>

#include "callback.h"
#include "functions.h"

namespace hloom::pjrt {

namespace {

// An option of register_plugin, or the environment variable that stands in for it when the library is loaded
// without our Python package (PJRT_NAMES_AND_LIBRARY_PATHS).
std::string option(std::span<const PJRT_NamedValue> options, std::string_view name, const char* variable) {
  for (const PJRT_NamedValue& value : options) {
    if (value.type == kString && std::string_view(value.name, value.name_size) == name) {
      return std::string(value.string_value, value.value_size);
    }
  }
  const char* text = variable ? std::getenv(variable) : nullptr;
  return text ? text : "";
}

constexpr int kMostDevices = 1024;

// HLOOM_DEVICES: how many devices the runtime appears as.
int device_count(const std::string& text) {
  if (text.empty()) return 1;
  char* end = nullptr;
  long count = std::strtol(text.c_str(), &end, 10);
  if (*end != 0 || count < 1 || count > kMostDevices) {
    throw Failure(kInvalidArgument, "hloom: HLOOM_DEVICES is a number of devices from 1 to " +
                                        std::to_string(kMostDevices) + ", not \"" + text + "\"");
  }
  return static_cast<int>(count);
}

std::string or_else(std::string text, const char* fallback) { return text.empty() ? fallback : text; }

}  // namespace

void plugin_initialize(PJRT_Plugin_Initialize_Args&) {}

void plugin_attributes(PJRT_Plugin_Attributes_Args& args) {
  // jaxlib downgrades every program to this version of StableHLO: the newest that @hloom/ir reads.
  static constexpr int64_t kVersion[3] = {1, 17, 0};
  static constexpr std::string_view kName = "stablehlo_current_version";
  static const PJRT_NamedValue attributes[1] = {[] {
    PJRT_NamedValue value{};
    value.struct_size = sizeof value;
    value.type = kInt64List;
    value.int64_array_value = kVersion;
    value.value_size = 3;
    give(kName, value.name, value.name_size);
    return value;
  }()};
  args.attributes = attributes;
  args.num_attributes = 1;
}

void client_create(PJRT_Client_Create_Args& args) {
  std::span options(args.create_options, args.num_options);
  HostOptions host;
  host.node = option(options, "node", "HLOOM_NODE");
  host.problem = or_else(option(options, "node_problem", nullptr), "no Node was found; set HLOOM_NODE");
  host.script = option(options, "host", "HLOOM_HOST");
  host.backend = or_else(option(options, "backend", "HLOOM_BACKEND"), "mlx");
  std::string library = option(options, "runtime", "HLOOM_RUNTIME");

  std::string callback = option(options, "callback", nullptr);
  if (!callback.empty()) {
    auto address = static_cast<uintptr_t>(std::strtoull(callback.c_str(), nullptr, 10));
    host.callback = watched(reinterpret_cast<HloomCallback>(address));
  }

  auto client = std::make_unique<PJRT_Client>();
  client->host = std::make_shared<HostProcess>(host);
  client->native = !library.empty();
  client->runtime = client->native
                        ? open_native_runtime(library, option(options, "framework", "HLOOM_FRAMEWORK"), host.callback)
                        : open_host_runtime(client->host, host.backend);
  std::string kind = client->runtime->device_kind();
  client->version = "hloom " HLOOM_VERSION ", backend " + host.backend + " (" + kind + ")";
  client->topology.version = client->version;
  int count = device_count(option(options, "devices", "HLOOM_DEVICES"));
  for (int id = 0; id < count; id++) {
    auto& device = *client->owned.emplace_back(std::make_unique<PJRT_Device>(client.get(), id));
    device.description.kind = kind;
    client->devices.push_back(&device);
    client->memories.push_back(&device.memory);
    client->topology.descriptions.push_back(&device.description);
  }
  args.client = client.release();
}

void client_destroy(PJRT_Client_Destroy_Args& args) {
  // In a forked child locks and threads are the parent's, perhaps held at the moment of the fork: leave all
  // as it is.
  if (in_forked_child()) return;
  args.client->host->stop();
  delete args.client;
}

void client_platform_name(PJRT_Client_PlatformName_Args& args) {
  give(kPlatformName, args.platform_name, args.platform_name_size);
}

void client_process_index(PJRT_Client_ProcessIndex_Args& args) { args.process_index = 0; }

void client_platform_version(PJRT_Client_PlatformVersion_Args& args) {
  give(args.client->version, args.platform_version, args.platform_version_size);
}

void client_topology(PJRT_Client_TopologyDescription_Args& args) { args.topology = &args.client->topology; }

void client_devices(PJRT_Client_Devices_Args& args) {
  args.devices = args.client->devices.data();
  args.num_devices = args.client->devices.size();
}

void client_addressable_devices(PJRT_Client_AddressableDevices_Args& args) {
  args.addressable_devices = args.client->devices.data();
  args.num_addressable_devices = args.client->devices.size();
}

PJRT_Device* PJRT_Client::device(int64_t id) const {
  if (id >= 0 && id < static_cast<int64_t>(devices.size())) return devices[id];
  throw Failure(kInvalidArgument, "hloom: there is no device " + std::to_string(id) + "; there are " +
                                      std::to_string(devices.size()) + " (HLOOM_DEVICES)");
}

void client_lookup_device(PJRT_Client_LookupDevice_Args& args) {
  args.device = args.client->device(args.id);
}

void client_lookup_addressable_device(PJRT_Client_LookupAddressableDevice_Args& args) {
  args.addressable_device = args.client->device(args.local_hardware_id);
}

void client_addressable_memories(PJRT_Client_AddressableMemories_Args& args) {
  args.addressable_memories = args.client->memories.data();
  args.num_addressable_memories = args.client->memories.size();
}

void client_default_device_assignment(PJRT_Client_DefaultDeviceAssignment_Args& args) {
  int64_t processes = int64_t{args.num_replicas} * args.num_partitions;
  int64_t devices = static_cast<int64_t>(args.client->devices.size());
  if (processes < 1 || processes > devices) {
    throw Failure(kInvalidArgument, "hloom: " + std::to_string(args.num_replicas) + " × " +
                                        std::to_string(args.num_partitions) + " processes for " +
                                        std::to_string(devices) + " devices (HLOOM_DEVICES)");
  }
  if (args.default_assignment_size < static_cast<size_t>(processes)) {
    throw Failure(kFailedPrecondition, "hloom: the array for a device assignment is too small");
  }
  for (int64_t i = 0; i < processes; i++) args.default_assignment[i] = static_cast<int>(i);
}

void topology_create(PJRT_TopologyDescription_Create_Args&) {
  throw Failure(kUnimplemented,
                "hloom: topology not implemented: compiling needs a device");  // JAX knows these words
}

void topology_destroy(PJRT_TopologyDescription_Destroy_Args&) {}  // it is the client's

void topology_platform_name(PJRT_TopologyDescription_PlatformName_Args& args) {
  give(kPlatformName, args.platform_name, args.platform_name_size);
}

void topology_platform_version(PJRT_TopologyDescription_PlatformVersion_Args& args) {
  give(args.topology->version, args.platform_version, args.platform_version_size);
}

void topology_device_descriptions(PJRT_TopologyDescription_GetDeviceDescriptions_Args& args) {
  args.descriptions = args.topology->descriptions.data();
  args.num_descriptions = args.topology->descriptions.size();
}

void topology_serialize(PJRT_TopologyDescription_Serialize_Args& args) {
  give(args.topology->version, args.serialized_bytes, args.serialized_bytes_size);
  args.serialized_topology = nullptr;
  args.serialized_topology_deleter = [](PJRT_Bytes*) {};  // the bytes are the client's
}

void topology_attributes(PJRT_TopologyDescription_Attributes_Args& args) {
  args.attributes = nullptr;
  args.num_attributes = 0;
}

}  // namespace hloom::pjrt
