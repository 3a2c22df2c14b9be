// Index operands: known on the host, or computed.
#pragma once
#include <optional>

#include "../call.h"

namespace hloom {

// The value of an integer array of one element that has been computed already: then a slice needs no device read.
std::optional<int64_t> known_index(const mx::array& a);

// min(max(index, 0), limit) as i32, for any integer type.
mx::array clamp_index(const mx::array& index, int limit);

}  // namespace hloom
