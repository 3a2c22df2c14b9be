#include "executable.h"

#include "compile_options.h"
#include "functions.h"

namespace hloom::pjrt {

PJRT_Executable::PJRT_Executable(std::shared_ptr<const Compiled> program)
    : compiled(std::move(program)), fingerprint(fingerprint_of(*compiled)) {
  static constexpr std::string_view kKind = "device";
  for (size_t i = 0; i < compiled->signature.results.size(); i++) {
    const TensorType& type = compiled->signature.result(i);
    output_types.push_back(type.element->pjrt);
    output_dims.insert(output_dims.end(), type.dims.begin(), type.dims.end());
    output_ranks.push_back(type.dims.size());
    memory_kinds.push_back(kKind.data());
    memory_kind_sizes.push_back(kKind.size());
  }
  for (const auto& [name, estimate] : compiled->signature.cost) {
    PJRT_NamedValue& value = cost.emplace_back();
    value.struct_size = sizeof value;
    value.type = kFloat;
    value.float_value = static_cast<float>(estimate);
    value.value_size = 1;
    give(name, value.name, value.name_size);
  }
}

PJRT_LoadedExecutable::PJRT_LoadedExecutable(PJRT_Client* owner, std::shared_ptr<Compiled> program_of)
    : client(owner), compiled(std::move(program_of)), fingerprint(fingerprint_of(*compiled)) {
  Launch launch = compiled->launch;
  for (int64_t i = 0; launch.devices.empty() && i < launch.processes(); i++) launch.devices.push_back(i);
  for (int64_t id : launch.devices) devices.push_back(client->device(id));
  assignment = device_assignment(launch);
  program = client->runtime->load(compiled);
}

void client_compile(PJRT_Client_Compile_Args& args) {
  std::string_view format(args.program->format, args.program->format_size);
  if (format != "mlir") {
    throw Failure(kUnimplemented,
                  "hloom: programs must have the format \"mlir\", not \"" + std::string(format) + "\"");
  }
  std::string module(args.program->code, args.program->code_size);
  std::string options(args.compile_options, args.compile_options_size);
  auto compiled = args.client->host->compile(std::move(module), std::move(options), args.client->native);
  args.executable = new PJRT_LoadedExecutable(args.client, std::move(compiled));
}

// ---- executables
// ----------------------------------------------------------------------------------------------------

void executable_destroy(PJRT_Executable_Destroy_Args& args) { delete args.executable; }

void executable_name(PJRT_Executable_Name_Args& args) {
  give(args.executable->compiled->signature.name, args.executable_name, args.executable_name_size);
}

void executable_num_replicas(PJRT_Executable_NumReplicas_Args& args) {
  args.num_replicas = args.executable->compiled->launch.replicas;
}

void executable_num_partitions(PJRT_Executable_NumPartitions_Args& args) {
  args.num_partitions = args.executable->compiled->launch.partitions;
}

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

// Asked for twice: for the size, then for the bytes.
void executable_optimized_program(PJRT_Executable_OptimizedProgram_Args& args) {
  const std::string& hlo = args.executable->compiled->hlo;
  if (hlo.empty()) {
    throw Failure(kUnimplemented, "hloom: XLA has no type for an argument or a result; see HLOOM_DUMP");
  }
  static constexpr std::string_view kFormat = "hlo_with_config";
  give(kFormat, args.program->format, args.program->format_size);
  if (args.program->code) {
    if (args.program->code_size < hlo.size()) {
      throw Failure(kInvalidArgument, "hloom: the array for the optimized program is too small");
    }
    hlo.copy(args.program->code, hlo.size());
  }
  args.program->code_size = hlo.size();
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
  if (knows(args, args.overridden_serialized_compile_options_size) &&
      args.overridden_serialized_compile_options_size > 0) {
    Launch launch = parse_compile_options(
        {args.overridden_serialized_compile_options, args.overridden_serialized_compile_options_size});
    if (launch.processes() != compiled->launch.processes()) {
      throw Failure(kInvalidArgument, "hloom: the executable was compiled for another number of devices");
    }
    compiled->launch = std::move(launch);
  }
  args.loaded_executable = new PJRT_LoadedExecutable(args.client, std::move(compiled));
}

namespace {
int64_t bytes_of(const std::vector<TensorType>& types) {
  int64_t bytes = 0;
  for (const TensorType& type : types) bytes += static_cast<int64_t>(type.bytes());
  return bytes;
}
}  // namespace

void executable_cost_analysis(PJRT_Executable_GetCostAnalysis_Args& args) {
  args.num_properties = args.executable->cost.size();
  args.properties = args.executable->cost.data();
}

// What the signature tells. Temporaries are the backend's business, and not known before it runs.
void executable_memory_stats(PJRT_Executable_GetCompiledMemoryStats_Args& args) {
  const Compiled& compiled = *args.executable->compiled;
  args.generated_code_size_in_bytes = static_cast<int64_t>(compiled.program.size());
  // Of one process; what processes share counts for each.
  args.argument_size_in_bytes = bytes_of(compiled.signature.inputs) / compiled.launch.processes();
  args.output_size_in_bytes = 0;
  for (size_t i = 0; i < compiled.signature.results.size(); i++) {
    args.output_size_in_bytes += static_cast<int64_t>(compiled.signature.result(i).bytes());
  }
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
  args.addressable_devices = args.executable->devices.data();
  args.num_addressable_devices = args.executable->devices.size();
}

void loaded_device_assignment(PJRT_LoadedExecutable_GetDeviceAssignment_Args& args) {
  give(args.executable->assignment, args.serialized_bytes, args.serialized_bytes_size);
  args.serialized_device_assignment = nullptr;
  args.serialized_device_assignment_deleter = [](PJRT_Bytes*) {};  // the bytes are the executable's
}

void loaded_delete(PJRT_LoadedExecutable_Delete_Args& args) { args.executable->deleted = true; }
void loaded_is_deleted(PJRT_LoadedExecutable_IsDeleted_Args& args) {
  args.is_deleted = args.executable->deleted;
}

void loaded_fingerprint(PJRT_LoadedExecutable_Fingerprint_Args& args) {
  give(args.executable->fingerprint, args.executable_fingerprint, args.executable_fingerprint_size);
}

}  // namespace hloom::pjrt
