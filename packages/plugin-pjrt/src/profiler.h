// What jax.profiler.trace shows of hloom: compilations by stage, and executions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "event.h"
#include "pjrt_abi.h"

namespace hloom::pjrt {

// Nanoseconds of the system's clock, which JAX's own events have too.
int64_t now();

// Whether somebody is watching. Cheap.
bool is_profiling();

// Something that happened on a line of the trace, "compile" for example.
void record(std::string_view line, std::string_view name, int64_t begin, int64_t end);

// The execution of a program that was dispatched just now and is over when `done` is ready.
void record_execution(const std::string& name, const SharedEvent& done);

// The link of the chain of extensions; null-terminated.
PJRT_Extension_Base* profiler_extension();

}  // namespace hloom::pjrt
