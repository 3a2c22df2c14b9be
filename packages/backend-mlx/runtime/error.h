// Errors of the runtime: every failure is an exception inside, and a HloomError at the C ABI.
#pragma once
#include <stdexcept>
#include <string>

#include "c_api.h"

struct HloomError {
  HloomCode code;
  std::string message;
};

namespace hloom {

struct Error : std::runtime_error {
  HloomCode code;
  Error(HloomCode code, const std::string& message) : std::runtime_error(message), code(code) {}
};

[[noreturn]] inline void invalid(const std::string& message) { throw Error(HLOOM_INVALID_ARGUMENT, message); }
[[noreturn]] inline void unimplemented(const std::string& message) { throw Error(HLOOM_UNIMPLEMENTED, message); }

}  // namespace hloom
