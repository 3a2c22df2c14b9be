// What JAX asks of a compilation, in xla.CompileOptionsProto.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hloom::pjrt {

// The processes of a program, and where they run.
struct Launch {
  int64_t replicas = 1, partitions = 1;
  std::vector<int64_t> devices;  // of each process, replica-major; empty: whichever the caller names

  int64_t processes() const { return replicas * partitions; }
};

// Throws for options that mean nothing here. Options of XLA (xla_…) tune XLA and change no result, so they pass.
Launch parse_compile_options(std::string_view serialized);

// `launch` as an xla.DeviceAssignmentProto.
std::string device_assignment(const Launch& launch);

}  // namespace hloom::pjrt
