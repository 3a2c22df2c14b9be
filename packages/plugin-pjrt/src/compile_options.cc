#include "compile_options.h"

#include <algorithm>

#include "error.h"
#include "protobuf.h"

namespace hloom::pjrt {

namespace {

// Numbers of xla/pjrt/proto/compile_options.proto and of xla/xla_data.proto.
namespace options {
constexpr uint32_t kExecutableBuildOptions = 3, kEnvOptionOverrides = 7;
}
namespace build_options {
constexpr uint32_t kNumReplicas = 4, kNumPartitions = 5, kDeviceAssignment = 9;
}
namespace assignment {
constexpr uint32_t kReplicaCount = 1, kComputationCount = 2, kComputationDevices = 3, kReplicaDeviceIds = 1;
}
constexpr uint32_t kMapKey = 1;

// Device ids of one partition, by replica: packed, or one field each.
std::vector<int64_t> parse_computation_devices(std::string_view message) {
  std::vector<int64_t> ids;
  Field field;
  for (Fields fields(message); fields.next(field);) {
    if (field.id != assignment::kReplicaDeviceIds) continue;
    if (field.bytes.empty()) ids.push_back(static_cast<int64_t>(field.number));
    for (Fields packed(field.bytes); !packed.empty();) ids.push_back(static_cast<int64_t>(packed.varint()));
  }
  return ids;
}

std::vector<int64_t> parse_device_assignment(std::string_view message) {
  std::vector<std::vector<int64_t>> partitions;
  Field field;
  for (Fields fields(message); fields.next(field);) {
    if (field.id == assignment::kComputationDevices)
      partitions.push_back(parse_computation_devices(field.bytes));
  }
  std::vector<int64_t> devices;
  for (size_t replica = 0; !partitions.empty() && replica < partitions[0].size(); replica++) {
    for (const auto& ids : partitions) devices.push_back(ids.at(replica));
  }
  return devices;
}

Launch parse_build_options(std::string_view message) {
  Launch launch;
  Field field;
  for (Fields fields(message); fields.next(field);) {
    if (field.id == build_options::kNumReplicas) launch.replicas = static_cast<int64_t>(field.number);
    if (field.id == build_options::kNumPartitions) launch.partitions = static_cast<int64_t>(field.number);
    if (field.id == build_options::kDeviceAssignment) launch.devices = parse_device_assignment(field.bytes);
  }
  return launch;
}

void check_override(std::string_view message) {
  Field field;
  for (Fields fields(message); fields.next(field);) {
    if (field.id == kMapKey && !field.bytes.starts_with("xla_")) {
      throw Failure(kInvalidArgument, "No such compile option: '" + std::string(field.bytes) + "'");
    }
  }
}

}  // namespace

Launch parse_compile_options(std::string_view serialized) {
  Launch launch;
  Field field;
  for (Fields fields(serialized); fields.next(field);) {
    if (field.id == options::kExecutableBuildOptions) launch = parse_build_options(field.bytes);
    if (field.id == options::kEnvOptionOverrides) check_override(field.bytes);
  }
  launch.replicas = std::max<int64_t>(1, launch.replicas);
  launch.partitions = std::max<int64_t>(1, launch.partitions);
  if (!launch.devices.empty() && launch.devices.size() != static_cast<size_t>(launch.processes())) {
    throw Failure(kInvalidArgument, "hloom: a device assignment of " + std::to_string(launch.devices.size()) +
                                        " devices for " + std::to_string(launch.processes()) + " processes");
  }
  return launch;
}

std::string device_assignment(const Launch& launch) {
  std::string bytes;
  append_number(bytes, assignment::kReplicaCount, launch.replicas);
  append_number(bytes, assignment::kComputationCount, launch.partitions);
  for (int64_t partition = 0; partition < launch.partitions; partition++) {
    std::string ids, computation;
    for (int64_t replica = 0; replica < launch.replicas; replica++)
      append_varint(ids, launch.devices.at(replica * launch.partitions + partition));
    append_bytes(computation, assignment::kReplicaDeviceIds, ids);
    append_bytes(bytes, assignment::kComputationDevices, computation);
  }
  return bytes;
}

}  // namespace hloom::pjrt
