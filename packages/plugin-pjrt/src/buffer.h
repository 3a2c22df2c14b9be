#pragma once

#include <mutex>

#include "client.h"

namespace hloom::pjrt {

struct PJRT_Buffer {
  PJRT_Buffer(PJRT_Device* owner, SharedBuffer buffer)
      : device(owner), type(buffer->type()), value(std::move(buffer)) {}

  PJRT_Device* const device;
  const TensorType type;  // outlives the value: JAX asks deleted arrays for their shape

  // Throws when the array was deleted or donated, in the words of XLA, which programs and tests look for.
  SharedBuffer get() const {
    std::lock_guard lock(mutex);
    if (!value) throw Failure(kInvalidArgument, "Invalid buffer passed: buffer has been deleted or donated.");
    return value;
  }
  // Lets go of the value, for good.
  SharedBuffer take() {
    std::lock_guard lock(mutex);
    return std::move(value);
  }
  // Python holds on to the memory: the value stays whoever deletes or donates the array.
  void share() {
    std::lock_guard lock(mutex);
    if (!value) throw Failure(kInvalidArgument, "Invalid buffer passed: buffer has been deleted or donated.");
    shared.push_back(value);
  }
  void unshare() {
    std::lock_guard lock(mutex);
    if (!shared.empty()) shared.pop_back();
  }
  // Where the value is. Waits for it; throws its error, or UNIMPLEMENTED when it is not in host memory.
  const void* data();

  bool is_deleted() const {
    std::lock_guard lock(mutex);
    return !value;
  }

 private:
  mutable std::mutex mutex;
  SharedBuffer value;
  std::vector<SharedBuffer> shared;
};

}  // namespace hloom::pjrt
