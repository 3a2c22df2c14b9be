// Failures inside the plugin. Functions throw Failure; the boundary (api.cc) turns it into a PJRT_Error, and
// anything that outlives a call (poisoned buffers, events) holds an Error.
#pragma once

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>

#include "pjrt_abi.h"

namespace hloom::pjrt {

class Failure : public std::runtime_error {
 public:
  Failure(PJRT_Error_Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  PJRT_Error_Code code() const { return code_; }

 private:
  PJRT_Error_Code code_;
};

// Null means success. Shared, because one failed computation poisons many values.
using Error = std::shared_ptr<const Failure>;

inline Error make_error(PJRT_Error_Code code, const std::string& message) {
  return std::make_shared<const Failure>(code, message);
}

// What the exception being handled means to JAX. Call inside a catch block.
Error current_error();

// The opaque handle, owned by whoever receives it; null for success.
PJRT_Error* to_pjrt(const Error& error);

struct PJRT_Error {
  Error error;
};

void error_destroy(PJRT_Error_Destroy_Args* args);
void error_message(PJRT_Error_Message_Args* args);
void error_code(PJRT_Error_GetCode_Args& args);

}  // namespace hloom::pjrt
