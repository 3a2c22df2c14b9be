// Executing: JAX's arrays, one list for each process, become the inputs of the one program that runs.
#include <algorithm>
#include <span>

#include "buffer.h"
#include "event.h"
#include "executable.h"
#include "functions.h"
#include "profiler.h"

namespace hloom::pjrt {

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

// Which arguments this execution consumes: those that the program declares, save those that the caller keeps.
std::vector<uint8_t> consumptions(const Signature& signature, const PJRT_ExecuteOptions* options,
                                  size_t arguments) {
  std::vector<uint8_t> consumed(arguments, 0);
  for (int64_t index : signature.consumed) consumed.at(index) = 1;
  if (!options) return consumed;
  for (size_t i = 0; i < options->num_non_donatable_input_indices; i++) {
    int64_t index = options->non_donatable_input_indices[i];
    if (index >= 0 && index < static_cast<int64_t>(arguments)) consumed[index] = 0;
  }
  return consumed;
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

void check_execution(const PJRT_LoadedExecutable_Execute_Args& args) {
  const PJRT_LoadedExecutable& executable = *args.executable;
  const Signature& signature = executable.compiled->signature;
  if (executable.deleted) throw Failure(kFailedPrecondition, "hloom: the executable was deleted");
  if (args.num_devices != executable.devices.size()) {
    throw Failure(kInvalidArgument, "hloom: program " + signature.name + " runs on " +
                                        std::to_string(executable.devices.size()) + " devices, not " +
                                        std::to_string(args.num_devices));
  }
  if (args.num_args != static_cast<size_t>(signature.arguments)) {
    throw Failure(kInvalidArgument, "hloom: program " + signature.name + " takes " +
                                        std::to_string(signature.arguments) + " arguments, not " +
                                        std::to_string(args.num_args));
  }
}

}  // namespace

void loaded_execute(PJRT_LoadedExecutable_Execute_Args& args) {
  require_same_process();
  check_execution(args);
  PJRT_LoadedExecutable& executable = *args.executable;
  const Signature& signature = executable.compiled->signature;
  std::vector<uint8_t> consumed = consumptions(signature, args.options, args.num_args);
  for (size_t process = 0; process < args.num_devices; process++)
    refuse_double_donation({args.argument_lists[process], args.num_args}, consumed);

  std::vector<SharedBuffer> inputs;
  inputs.reserve(signature.parts.size());
  std::vector<uint8_t> donated(signature.parts.size(), 0);
  for (const auto& [argument, process] : signature.parts)
    inputs.push_back(args.argument_lists[process][argument]->get());
  // A value that another array names too keeps its memory: two references are ours.
  for (int64_t index : signature.donated)
    donated[index] = consumed[signature.parts[index].argument] && inputs[index].use_count() <= 2;

  std::vector<SharedBuffer> outputs = executable.program->execute(inputs, donated);
  SharedEvent done = args.device_complete_events || is_profiling() ? when_all(outputs) : nullptr;
  if (is_profiling()) record_execution(signature.name, done);
  for (size_t process = 0; process < args.num_devices; process++) {
    for (size_t i = 0; i < args.num_args; i++)
      if (consumed[i]) args.argument_lists[process][i]->take();
    // A portable program runs where the caller says.
    PJRT_Device* device = args.execute_device ? args.execute_device : executable.devices[process];
    for (size_t i = 0; i < signature.results.size(); i++)
      args.output_lists[process][i] = new PJRT_Buffer(device, outputs[signature.results[i][process]]);
    if (args.device_complete_events) args.device_complete_events[process] = to_pjrt(done);
  }
}

// Contexts carry what custom calls exchange with their caller; hloom has no such calls, so they are empty.
struct PJRT_ExecuteContext {};
void context_create(PJRT_ExecuteContext_Create_Args& args) { args.context = new PJRT_ExecuteContext; }
void context_destroy(PJRT_ExecuteContext_Destroy_Args& args) { delete args.context; }

}  // namespace hloom::pjrt
