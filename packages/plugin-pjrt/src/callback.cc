#include "callback.h"

#include <string>

#include "error.h"

namespace hloom::pjrt {

namespace {

thread_local int depth = 0;
HloomCallback function = nullptr;

int32_t call(int64_t id, int32_t input_count, const HloomType* input_types, const void* const* inputs,
             int32_t output_count, const HloomType* output_types, void* const* outputs, char* message,
             size_t message_size) {
  depth++;
  int32_t code = function(id, input_count, input_types, inputs, output_count, output_types, outputs, message,
                          message_size);
  depth--;
  return code;
}

}  // namespace

HloomCallback watched(HloomCallback callback) {
  function = callback;
  return callback ? &call : nullptr;
}

bool in_callback() { return depth > 0; }

void require_no_callback(const char* what) {
  if (!in_callback()) return;
  throw Failure(kFailedPrecondition, std::string("hloom: a callback cannot ") + what +
                                         ": the device waits for the callback to return. Compute on the CPU "
                                         "there (jax.default_device) or with numpy.");
}

}  // namespace hloom::pjrt
