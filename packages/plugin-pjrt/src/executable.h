#pragma once

#include <atomic>

#include "client.h"

namespace hloom::pjrt {

struct PJRT_Executable {
  explicit PJRT_Executable(std::shared_ptr<const Compiled> program);

  std::shared_ptr<const Compiled> compiled;
  std::string fingerprint;
  std::vector<PJRT_Buffer_Type> output_types;
  std::vector<int64_t> output_dims;
  std::vector<size_t> output_ranks;
  std::vector<const char*> memory_kinds;
  std::vector<size_t> memory_kind_sizes;
  std::vector<PJRT_NamedValue> cost;
};

struct PJRT_LoadedExecutable {
  PJRT_LoadedExecutable(PJRT_Client* client, std::shared_ptr<Compiled> compiled);

  PJRT_Client* client;
  std::shared_ptr<Compiled> compiled;
  std::vector<PJRT_Device*> devices;  // of each process
  std::string assignment;             // the same for JAX
  std::shared_ptr<Program> program;
  std::string fingerprint;
  std::atomic<bool> deleted{false};
};

// Bytes that the receiver frees.
struct PJRT_Bytes {
  std::string bytes;
};

std::string fingerprint_of(const Compiled& compiled);

// Executables as bytes: for jax.experimental.serialize_executable and JAX's persistent compilation cache.
std::string serialize(const Compiled& compiled, const std::string& version);
// Throws FAILED_PRECONDITION for bytes of another version or backend; JAX then compiles anew.
std::shared_ptr<Compiled> deserialize(std::string_view bytes, const std::string& version);

}  // namespace hloom::pjrt
