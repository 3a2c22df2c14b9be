#include "compile_options.h"

#include <cstdint>
#include <string>

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

 private:
  [[noreturn]] static void fail() { throw Failure(kInvalidArgument, "hloom: malformed compile options"); }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      uint64_t byte = static_cast<unsigned char>(take(1)[0]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail();
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

// Numbers of xla/pjrt/proto/compile_options.proto.
constexpr uint32_t kExecutableBuildOptions = 3, kEnvOptionOverrides = 7;
constexpr uint32_t kNumReplicas = 4, kNumPartitions = 5;
constexpr uint32_t kMapKey = 1;

void check_build_options(std::string_view message) {
  Field field;
  for (Fields fields(message); fields.next(field);) {
    if ((field.id == kNumReplicas || field.id == kNumPartitions) && field.number > 1) {
      throw Failure(kUnimplemented, "hloom: the program is for " + std::to_string(field.number) +
                                        " devices, and there is one");
    }
  }
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

void check_compile_options(std::string_view serialized) {
  Field field;
  for (Fields fields(serialized); fields.next(field);) {
    if (field.id == kExecutableBuildOptions) check_build_options(field.bytes);
    if (field.id == kEnvOptionOverrides) check_override(field.bytes);
  }
}

}  // namespace hloom::pjrt
