// The C ABI of c_api.h over Owner and Executable.
#include "c_api.h"

#include <cstdlib>
#include <cstring>

#include <mlx/memory.h>
#include <mlx/version.h>

#include "callback.h"
#include "device.h"

using hloom::Error;
using hloom::Executable;
using hloom::Owner;
using hloom::Type;
using hloom::Value;
namespace mx = mlx::core;

constexpr const char* kMlxVersion = "0.32.4";

struct HloomRuntime {
  std::vector<std::unique_ptr<Owner>> devices;
};

struct HloomProgram {
  HloomRuntime* runtime;
  std::shared_ptr<Executable> executable;
};

struct HloomBuffer {
  HloomRuntime* runtime;
  int32_t device;
  std::shared_ptr<Value> value;
};

namespace {

template <typename F>
HloomError* guarded(F f) noexcept {
  try {
    f();
    return nullptr;
  } catch (...) {
    return new HloomError(hloom::error_of(std::current_exception()));
  }
}

HloomType c_type(const Type& type) { return {type.element, int32_t(type.dims.size()), type.dims.data()}; }

Owner& owner(HloomRuntime* runtime, int32_t device) {
  if (device < 0 || size_t(device) >= runtime->devices.size()) hloom::invalid("no device " + std::to_string(device));
  return *runtime->devices[device];
}

HloomError* open(const char* library, HloomRuntime** out) {
  return guarded([&] {
    // MLX was linked when this library was loaded; its path is the loader's business (see native.ts).
    (void)library;
    if (std::strcmp(mx::version(), kMlxVersion) != 0)
      throw Error(HLOOM_FAILED_PRECONDITION, std::string("this runtime was built for MLX ") + kMlxVersion + " and found " + mx::version() + "; run `pnpm setup`");
    const char* wish = std::getenv("HLOOM_MLX_DEVICE");
    bool gpu = mx::is_available(mx::Device(mx::Device::gpu));
    if (wish && std::strcmp(wish, "cpu") == 0) gpu = false;
    else if (wish && std::strcmp(wish, "gpu") == 0 && !gpu) throw Error(HLOOM_UNAVAILABLE, "HLOOM_MLX_DEVICE=gpu, but MLX finds no GPU");
    else if (wish && std::strcmp(wish, "gpu") != 0) throw Error(HLOOM_INVALID_ARGUMENT, "HLOOM_MLX_DEVICE is cpu or gpu");
    mx::set_default_device(mx::Device(gpu ? mx::Device::gpu : mx::Device::cpu));
    auto runtime = std::make_unique<HloomRuntime>();
    runtime->devices.push_back(std::make_unique<Owner>(gpu));
    *out = runtime.release();
  });
}

void close(HloomRuntime* runtime) { delete runtime; }

int32_t device_count(HloomRuntime* runtime) { return int32_t(runtime->devices.size()); }

const char* device_kind(HloomRuntime* runtime, int32_t device) {
  return size_t(device) < runtime->devices.size() && runtime->devices[device]->gpu() ? "mlx gpu" : "mlx cpu";
}

HloomError* memory_stats(HloomRuntime* runtime, int32_t device, HloomMemoryStats* out) {
  return guarded([&] {
    owner(runtime, device);
    *out = {int64_t(mx::get_active_memory()), int64_t(mx::get_peak_memory()), int64_t(mx::get_memory_limit())};
  });
}

HloomError* program_load(HloomRuntime* runtime, const uint8_t* bytes, size_t size, HloomProgram** out) {
  return guarded([&] {
    auto executable = std::make_shared<Executable>(hloom::decode_program(bytes, size));
    *out = new HloomProgram{runtime, std::move(executable)};
  });
}

void program_free(HloomProgram* program) {
  if (!program) return;
  // Constants are MLX arrays: let the owner drop them, after the runs that still use them.
  program->runtime->devices[0]->post([executable = std::move(program->executable)] {});
  delete program;
}

const hloom::Tape& entry(const HloomProgram* program) { return program->executable->program.tapes[0]; }

int32_t program_input_count(const HloomProgram* program) { return int32_t(entry(program).inputs.size()); }
int32_t program_output_count(const HloomProgram* program) { return int32_t(entry(program).outputs.size()); }

HloomType program_input(const HloomProgram* program, int32_t index) {
  return c_type(program->executable->program.type_of(entry(program), entry(program).inputs.at(index)));
}

HloomType program_output(const HloomProgram* program, int32_t index) {
  return c_type(program->executable->program.type_of(entry(program), entry(program).outputs.at(index)));
}

HloomError* buffer_upload(HloomRuntime* runtime, int32_t device, HloomType type, const void* data, const int64_t* byte_strides, HloomBuffer** out) {
  return guarded([&] {
    owner(runtime, device);
    Type own{type.element, {type.dims, type.dims + type.rank}};
    if (hloom::element_bytes(type.element) == 0) hloom::invalid("unknown element type");
    for (int64_t dim : own.dims)
      if (dim < 0 || dim > INT32_MAX) hloom::invalid("MLX has 32-bit dimensions, got " + std::to_string(dim));
    auto value = std::make_shared<Value>(own);
    value->resolve(hloom::from_host(own, static_cast<const char*>(data), byte_strides), std::nullopt);
    *out = new HloomBuffer{runtime, device, std::move(value)};
  });
}

void buffer_free(HloomBuffer* buffer) { delete buffer; }
HloomType buffer_type(const HloomBuffer* buffer) { return c_type(buffer->value->type); }
int32_t buffer_device(const HloomBuffer* buffer) { return buffer->device; }
int32_t buffer_is_ready(const HloomBuffer* buffer) { return buffer->value->ready(); }

void buffer_on_ready(HloomBuffer* buffer, HloomReadyCallback callback, void* context) {
  buffer->value->on_ready(callback, context);
}

const void* buffer_data(const HloomBuffer* buffer) {
  return buffer->runtime->devices[buffer->device]->gpu() ? nullptr : buffer->value->data();
}

void buffer_read(HloomBuffer* buffer, void* data, size_t size, HloomReadyCallback callback, void* context) {
  Value::read(buffer->value, data, size, callback, context);
}

HloomError* execute(HloomProgram* program, int32_t device, HloomBuffer* const* inputs, int32_t input_count, const uint8_t* donated,
                    HloomBuffer** outputs, int32_t output_count) {
  return guarded([&] {
    Owner& device_owner = owner(program->runtime, device);
    auto& loaded = program->executable->program;
    const hloom::Tape& tape = entry(program);
    if (size_t(input_count) != tape.inputs.size() || size_t(output_count) != tape.outputs.size())
      hloom::invalid("the program has " + std::to_string(tape.inputs.size()) + " inputs and " + std::to_string(tape.outputs.size()) + " outputs, got " +
                     std::to_string(input_count) + " and " + std::to_string(output_count));
    std::vector<std::shared_ptr<Value>> arguments, results;
    std::vector<bool> gifts(input_count);
    for (int32_t i = 0; i < input_count; i++) {
      auto& want = loaded.type_of(tape, tape.inputs[i]);
      if (!(inputs[i]->value->type == want))
        hloom::invalid("input " + std::to_string(i) + " is " + type_text(inputs[i]->value->type) + ", the program takes " + type_text(want));
      arguments.push_back(inputs[i]->value);
      gifts[i] = donated && donated[i];
    }
    for (uint32_t reg : tape.outputs) results.push_back(std::make_shared<Value>(loaded.type_of(tape, reg)));
    for (int32_t i = 0; i < output_count; i++) outputs[i] = new HloomBuffer{program->runtime, device, results[i]};
    device_owner.execute(program->executable, std::move(arguments), std::move(gifts), std::move(results));
  });
}

constexpr HloomRuntimeApi kApi = {
    HLOOM_RUNTIME_ABI_VERSION, sizeof(HloomRuntimeApi),
    [](const HloomError* e) { return e->code; }, [](const HloomError* e) { return e->message.c_str(); }, [](HloomError* e) { delete e; },
    open, close, device_count, device_kind, memory_stats,
    program_load, program_free, program_input_count, program_output_count, program_input, program_output,
    buffer_upload, buffer_free, buffer_type, buffer_device, buffer_is_ready, buffer_on_ready, buffer_read,
    execute, hloom::set_callback, buffer_data, hloom::set_evaluator};

}  // namespace

extern "C" const HloomRuntimeApi* hloom_runtime_api(uint32_t abi_version) {
  return abi_version == HLOOM_RUNTIME_ABI_VERSION ? &kApi : nullptr;
}
