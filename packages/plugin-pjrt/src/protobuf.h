// Just enough of protobuf's encoding to read what JAX says and to write what it asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "error.h"

namespace hloom::pjrt {

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
  [[noreturn]] static void fail() { throw Failure(kInvalidArgument, "hloom: malformed protobuf message"); }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail();
    std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

inline void append_varint(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<char>(value | 0x80));
  bytes.push_back(static_cast<char>(value));
}

inline void append_number(std::string& bytes, uint32_t id, uint64_t value) {
  append_varint(bytes, id << 3);
  append_varint(bytes, value);
}

inline void append_bytes(std::string& bytes, uint32_t id, std::string_view value) {
  append_varint(bytes, id << 3 | 2);
  append_varint(bytes, value.size());
  bytes += value;
}

}  // namespace hloom::pjrt
