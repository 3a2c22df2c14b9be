#include "executable.h"

#include <algorithm>
#include <span>

#include "buffer.h"
#include "compile_options.h"
#include "event.h"
#include "functions.h"

namespace hloom::pjrt {

PJRT_Executable::PJRT_Executable(std::shared_ptr<const Compiled> program)
    : compiled(std::move(program)), fingerprint(fingerprint_of(*compiled)) {
  static constexpr std::string_view kKind = "device";
  for (const TensorType& type : compiled->signature.outputs) {
    output_types.push_back(type.element->pjrt);
    output_dims.insert(output_dims.end(), type.dims.begin(), type.dims.end());
    output_ranks.push_back(type.dims.size());
    memory_kinds.push_back(kKind.data());
    memory_kind_sizes.push_back(kKind.size());
  }
}

namespace {

PJRT_LoadedExecutable* load(PJRT_Client* client, std::shared_ptr<Compiled> compiled) {
  auto program = client->runtime->load(compiled);
  std::string fingerprint = fingerprint_of(*compiled);
  return new PJRT_LoadedExecutable{client, std::move(compiled), std::move(program), std::move(fingerprint)};
}

}  // namespace

void client_compile(PJRT_Client_Compile_Args& args) {
  std::string_view format(args.program->format, args.program->format_size);
  if (format != "mlir") {
    throw Failure(kUnimplemented,
                  "hloom: programs must have the format \"mlir\", not \"" + std::string(format) + "\"");
  }
  std::string module(args.program->code, args.program->code_size);
  std::string options(args.compile_options, args.compile_options_size);
  check_compile_options(options);
  args.executable = load(
      args.client, args.client->host->compile(std::move(module), std::move(options), args.client->native));
}

// ---- executables
// ----------------------------------------------------------------------------------------------------

void executable_destroy(PJRT_Executable_Destroy_Args& args) { delete args.executable; }

void executable_name(PJRT_Executable_Name_Args& args) {
  give(args.executable->compiled->signature.name, args.executable_name, args.executable_name_size);
}

void executable_num_replicas(PJRT_Executable_NumReplicas_Args& args) { args.num_replicas = 1; }
void executable_num_partitions(PJRT_Executable_NumPartitions_Args& args) { args.num_partitions = 1; }

void executable_num_outputs(PJRT_Executable_NumOutputs_Args& args) {
  args.num_outputs = args.executable->output_types.size();
}

void executable_code_size(PJRT_Executable_SizeOfGeneratedCodeInBytes_Args& args) {
  args.size_in_bytes = static_cast<int64_t>(args.executable->compiled->program.size());
}

void executable_fingerprint(PJRT_Executable_Fingerprint_Args& args) {
  give(args.executable->fingerprint, args.executable_fingerprint, args.executable_fingerprint_size);
}

void executable_output_types(PJRT_Executable_OutputElementTypes_Args& args) {
  args.output_types = args.executable->output_types.data();
  args.num_output_types = args.executable->output_types.size();
}

void executable_output_dimensions(PJRT_Executable_OutputDimensions_Args& args) {
  args.num_outputs = args.executable->output_ranks.size();
  args.dims = args.executable->output_dims.data();
  args.dim_sizes = args.executable->output_ranks.data();
}

void executable_output_memory_kinds(PJRT_Executable_OutputMemoryKinds_Args& args) {
  args.num_outputs = args.executable->memory_kinds.size();
  args.memory_kinds = args.executable->memory_kinds.data();
  args.memory_kind_sizes = args.executable->memory_kind_sizes.data();
}

void executable_compile_options(PJRT_Executable_GetCompileOptions_Args& args) {
  give(args.executable->compiled->options, args.serialized_bytes, args.serialized_bytes_size);
  args.serialized_compile_options = nullptr;
  args.serialized_compile_options_deleter = [](PJRT_Bytes*) {};  // the bytes are the executable's
}

void executable_serialize(PJRT_Executable_Serialize_Args& args) {
  auto owner = new PJRT_Bytes{serialize(*args.executable->compiled, HLOOM_VERSION)};
  give(owner->bytes, args.serialized_bytes, args.serialized_bytes_size);
  args.serialized_executable = owner;
  args.serialized_executable_deleter = [](PJRT_Bytes* bytes) { delete bytes; };
}

void executable_deserialize(PJRT_Executable_DeserializeAndLoad_Args& args) {
  auto compiled = deserialize({args.serialized_executable, args.serialized_executable_size}, HLOOM_VERSION);
  if (compiled->backend != args.client->host->backend() || compiled->program.empty() == args.client->native) {
    throw Failure(kFailedPrecondition, "hloom: the executable is for the backend " + compiled->backend +
                                           ", this is " + args.client->host->backend());
  }
  args.loaded_executable = load(args.client, std::move(compiled));
}

namespace {
int64_t bytes_of(const std::vector<TensorType>& types) {
  int64_t bytes = 0;
  for (const TensorType& type : types) bytes += static_cast<int64_t>(type.bytes());
  return bytes;
}
}  // namespace

// Nothing is known: an empty answer is what JAX's users can handle, an error is not.
void executable_cost_analysis(PJRT_Executable_GetCostAnalysis_Args& args) {
  args.num_properties = 0;
  args.properties = nullptr;
}

// What the signature tells. Temporaries are the backend's business, and not known before it runs.
void executable_memory_stats(PJRT_Executable_GetCompiledMemoryStats_Args& args) {
  const Compiled& compiled = *args.executable->compiled;
  args.generated_code_size_in_bytes = static_cast<int64_t>(compiled.program.size());
  args.argument_size_in_bytes = bytes_of(compiled.signature.inputs);
  args.output_size_in_bytes = bytes_of(compiled.signature.outputs);
  args.alias_size_in_bytes = 0;
  args.temp_size_in_bytes = 0;
  int64_t total = args.argument_size_in_bytes + args.output_size_in_bytes;
  // Later versions of the struct have more.
  for (int64_t* field :
       {&args.host_generated_code_size_in_bytes, &args.host_argument_size_in_bytes,
        &args.host_output_size_in_bytes, &args.host_alias_size_in_bytes, &args.host_temp_size_in_bytes}) {
    if (knows(args, *field)) *field = 0;
  }
  if (knows(args, args.peak_memory_in_bytes)) args.peak_memory_in_bytes = total;
  if (knows(args, args.total_size_in_bytes)) args.total_size_in_bytes = total;
}

// ---- loaded executables
// ---------------------------------------------------------------------------------------------

void loaded_destroy(PJRT_LoadedExecutable_Destroy_Args& args) { delete args.executable; }

void loaded_executable(PJRT_LoadedExecutable_GetExecutable_Args& args) {
  args.executable = new PJRT_Executable(args.loaded_executable->compiled);
}

void loaded_devices(PJRT_LoadedExecutable_AddressableDevices_Args& args) {
  args.addressable_devices = args.executable->client->devices;
  args.num_addressable_devices = 1;
}

void loaded_device_assignment(PJRT_LoadedExecutable_GetDeviceAssignment_Args& args) {
  // xla.DeviceAssignmentProto { replica_count: 1, computation_count: 1, computation_devices {
  // replica_device_ids: 0 } }
  static constexpr std::string_view kOneDevice("\x08\x01\x10\x01\x1a\x03\x0a\x01\x00", 9);
  give(kOneDevice, args.serialized_bytes, args.serialized_bytes_size);
  args.serialized_device_assignment = nullptr;
  args.serialized_device_assignment_deleter = [](PJRT_Bytes*) {};
}

void loaded_delete(PJRT_LoadedExecutable_Delete_Args& args) { args.executable->deleted = true; }
void loaded_is_deleted(PJRT_LoadedExecutable_IsDeleted_Args& args) {
  args.is_deleted = args.executable->deleted;
}

void loaded_fingerprint(PJRT_LoadedExecutable_Fingerprint_Args& args) {
  give(args.executable->fingerprint, args.executable_fingerprint, args.executable_fingerprint_size);
}

// ---- execution
// ------------------------------------------------------------------------------------------------------

namespace {

// Ready when all of `buffers` are, with the first error among them.
SharedEvent when_all(const std::vector<SharedBuffer>& buffers) {
  if (buffers.empty()) return Event::ready();
  struct Count {
    std::atomic<size_t> left;
    SharedEvent event = std::make_shared<Event>();
  };
  auto count = std::make_shared<Count>();
  count->left = buffers.size();
  for (const SharedBuffer& buffer : buffers) {
    buffer->on_ready([count](const Error& error) {
      if (error) count->event->set(error);
      if (--count->left == 0) count->event->set();
    });
  }
  return count->event;
}

// Which inputs this execution consumes: those that the program declares, save those that the caller keeps.
std::vector<uint8_t> donations(const Signature& signature, const PJRT_ExecuteOptions* options,
                               size_t inputs) {
  std::vector<uint8_t> donated(inputs, 0);
  for (int64_t index : signature.donated) donated.at(index) = 1;
  if (!options) return donated;
  for (size_t i = 0; i < options->num_non_donatable_input_indices; i++) {
    int64_t index = options->non_donatable_input_indices[i];
    if (index >= 0 && index < static_cast<int64_t>(inputs)) donated[index] = 0;
  }
  return donated;
}

// One array cannot be given away twice, or given away and used, in one call. The words are XLA's.
void refuse_double_donation(std::span<PJRT_Buffer* const> arguments, const std::vector<uint8_t>& donated) {
  if (std::find(donated.begin(), donated.end(), 1) == donated.end()) return;
  std::vector<std::pair<PJRT_Buffer*, size_t>> sorted(arguments.size());
  for (size_t i = 0; i < arguments.size(); i++) sorted[i] = {arguments[i], i};
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 1; i < sorted.size(); i++) {
    auto [buffer, index] = sorted[i];
    auto [before, other] = sorted[i - 1];
    if (buffer != before || !(donated[index] || donated[other])) continue;
    throw Failure(kInvalidArgument,
                  donated[index] && donated[other]
                      ? "Attempt to donate the same buffer twice in Execute()"
                      : "Attempt to donate a buffer which is also used by the same call to Execute()");
  }
}

}  // namespace

void loaded_execute(PJRT_LoadedExecutable_Execute_Args& args) {
  require_same_process();
  PJRT_LoadedExecutable& executable = *args.executable;
  const Signature& signature = executable.compiled->signature;
  if (executable.deleted) throw Failure(kFailedPrecondition, "hloom: the executable was deleted");
  if (args.num_devices != 1) throw Failure(kInvalidArgument, "hloom: a program runs on one device");
  if (args.num_args != signature.inputs.size()) {
    throw Failure(kInvalidArgument, "hloom: program " + signature.name + " takes " +
                                        std::to_string(signature.inputs.size()) + " arguments, not " +
                                        std::to_string(args.num_args));
  }

  std::span arguments(args.argument_lists[0], args.num_args);
  std::vector<uint8_t> donated = donations(signature, args.options, args.num_args);
  refuse_double_donation(arguments, donated);
  std::vector<SharedBuffer> inputs;
  inputs.reserve(arguments.size());
  for (size_t i = 0; i < arguments.size(); i++) {
    inputs.push_back(arguments[i]->get());
  }
  // A value that another array names too keeps its memory: two references are ours.
  std::vector<uint8_t> consumed = donated;
  for (size_t i = 0; i < inputs.size(); i++) consumed[i] &= inputs[i].use_count() <= 2;

  std::vector<SharedBuffer> outputs = executable.program->execute(inputs, consumed);
  for (size_t i = 0; i < arguments.size(); i++) {
    if (donated[i]) arguments[i]->take();
  }
  if (args.device_complete_events) args.device_complete_events[0] = to_pjrt(when_all(outputs));
  for (size_t i = 0; i < outputs.size(); i++) {
    args.output_lists[0][i] = new PJRT_Buffer(executable.client, std::move(outputs[i]));
  }
}

// Contexts carry what custom calls exchange with their caller; hloom has no such calls, so they are empty.
struct PJRT_ExecuteContext {};
void context_create(PJRT_ExecuteContext_Create_Args& args) { args.context = new PJRT_ExecuteContext; }
void context_destroy(PJRT_ExecuteContext_Destroy_Args& args) { delete args.context; }

}  // namespace hloom::pjrt
