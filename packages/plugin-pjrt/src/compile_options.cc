#include "compile_options.h"

#include <algorithm>

#include "error.h"

namespace hloom::pjrt {

namespace {

// One field of a protobuf message: a number, or bytes.
struct Field {
  uint32_t id = 0;
  uint64_t number = 0;
  std::string_view bytes;
};

class Fields {
 public:
  explicit Fields(std::string_view message) : rest_(message) {}

  bool next(Field& field) {
    if (rest_.empty()) return false;
    uint64_t tag = varint();
    field = {static_cast<uint32_t>(tag >> 3), 0, {}};
    switch (tag & 7) {
      case 0:
        field.number = varint();
        break;
      case 1:
        field.bytes = take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.bytes = take(4);
        break;
      default:
        fail();
    }
    return true;
  }

  bool empty() const { return rest_.empty(); }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint64_t byte = static_cast<unsigned char>(take(1)[0]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }

 private:
  [[noreturn]] static void fail() { throw Failure(kInvalidArgument, "hloom: malformed compile options"); }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail();
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

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

void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

void append_number(std::string& bytes, uint32_t id, uint64_t value) {
  append_varint(bytes, id << 3);
  append_varint(bytes, value);
}

void append_bytes(std::string& bytes, uint32_t id, std::string_view value) {
  append_varint(bytes, id << 3 | 2);
  append_varint(bytes, value.size());
  bytes += value;
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
