// The seam between PJRT and whatever runs programs. Two implementations: runtime_native.cc replays Programs
// in this process, runtime_host.cc hands executions to the compile host.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "compile_options.h"
#include "error.h"
#include "event.h"
#include "tensor_type.h"

namespace hloom::pjrt {

// Of the program that runs, and of the one that JAX knows. They are the same for one process; a program of
// several processes runs as one, whose inputs and outputs are the parts that the processes have.
struct Signature {
  std::vector<TensorType> inputs;
  std::vector<TensorType> outputs;
  std::vector<int64_t> donated;  // inputs that an execution consumes
  std::string name;

  struct Part {
    int64_t argument, process;
  };
  int64_t arguments = 0;                        // of each process
  std::vector<Part> parts;                      // what each input is
  std::vector<std::vector<int64_t>> results;    // for each result and process: the output that it is
  std::vector<int64_t> consumed;                // arguments that an execution takes from JAX

  // Estimates, by the names that XLA gives them.
  std::vector<std::pair<std::string_view, int64_t>> cost;

  // Of a process, which has the same types as any other.
  const TensorType& result(size_t index) const { return outputs[results[index][0]]; }
};

// What the compile host made of a module. Plain data, so that it can be serialized.
struct Compiled {
  std::string backend;
  std::string signature_json;  // as the host wrote it; `signature` is its parsed form
  Signature signature;
  std::string module;   // the module's bytes; kept, so that a hosted program survives the death of its host
  std::string program;  // the Program's bytes; empty when the host runs it
  std::string options;  // JAX's serialized CompileOptionsProto
  Launch launch;        // what `options` say of processes and devices
  std::string hlo;      // xla.HloModuleProtoWithConfig with the shardings of several processes, or nothing
  // Where it lives in the host, if it does: valid for one generation (life) of the host.
  int64_t handle = 0;
  uint64_t generation = 0;
};

// A value on the device, perhaps not computed yet. Immutable.
class DeviceBuffer {
 public:
  virtual ~DeviceBuffer() = default;
  virtual const TensorType& type() const = 0;
  virtual bool is_ready() const = 0;
  // Calls back once, on any thread, with the error of the computation if it has one.
  virtual void on_ready(Event::Callback callback) = 0;
  // Where the value is in this process's memory, row-major, for as long as the buffer lives; null when it is not
  // there yet, or elsewhere.
  virtual const void* data() = 0;
  // Copies the value, row-major, into `target` (type().bytes() bytes), then calls back. Does not block.
  virtual void read(void* target, Event::Callback callback) = 0;
};

using SharedBuffer = std::shared_ptr<DeviceBuffer>;

class Program {
 public:
  virtual ~Program() = default;
  // Returns before the work is done. `donated[i]`: the caller gives up inputs[i].
  virtual std::vector<SharedBuffer> execute(std::span<const SharedBuffer> inputs,
                                            std::span<const uint8_t> donated) = 0;
};

struct MemoryStats {
  int64_t bytes_in_use = 0;
  int64_t peak_bytes_in_use = -1;  // -1: unknown
  int64_t bytes_limit = -1;
};

class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual std::string device_kind() const = 0;
  virtual MemoryStats memory_stats() = 0;
  // Whether values that are ready have `data()`.
  virtual bool is_host_memory() const = 0;
  // Copies the data before it returns.
  virtual SharedBuffer upload(const TensorType& type, const void* data, const int64_t* byte_strides) = 0;
  virtual std::shared_ptr<Program> load(const std::shared_ptr<Compiled>& compiled) = 0;
};

class HostProcess;

// `library`: the native runtime; `framework`: what it loads (libmlx), empty for the one beside it.
// `callback`: what programs call back (HloomCallback), or null.
std::unique_ptr<Runtime> open_native_runtime(const std::string& library, const std::string& framework,
                                             HloomCallback callback);
std::unique_ptr<Runtime> open_host_runtime(std::shared_ptr<HostProcess> host, const std::string& backend);

// Threads, locks and the host belong to the process that made them: after a fork nothing of the plugin works
// in the child. Throws there, instead of waiting for a thread that does not exist.
void require_same_process();
bool in_forked_child();

}  // namespace hloom::pjrt
