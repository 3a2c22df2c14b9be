// What JAX asks of a compilation, in xla.CompileOptionsProto.
#pragma once

#include <string_view>

namespace hloom::pjrt {

// Throws for requests that we cannot honour: several devices, options that mean nothing here. Options of XLA
// (xla_…) tune XLA and change no result, so they pass.
void check_compile_options(std::string_view serialized);

}  // namespace hloom::pjrt
