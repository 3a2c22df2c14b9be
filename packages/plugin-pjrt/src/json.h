// The little JSON that the compile host's frames need. Numbers are integers: nothing in the protocol is
// fractional.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hloom::pjrt {

class Json {
 public:
  // Throws Failure(INTERNAL) on anything malformed or nested too deeply.
  static Json parse(std::string_view text);

  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  int64_t number = 0;  // also 0 or 1 for booleans
  std::string string;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  // The member, or a null value.
  const Json& operator[](std::string_view key) const;
  bool is_null() const { return kind == Kind::kNull; }
};

// `text` as a JSON string, with its quotes.
std::string quoted(std::string_view text);

}  // namespace hloom::pjrt
