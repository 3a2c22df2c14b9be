// Runs programs in the compile host: any backend, in any language that Node can load, is a device this way.
// Arrays live in a file that both processes have open; only small messages travel over the socket.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "arena.h"
#include "callback.h"
#include "descriptor.h"
#include "host_process.h"
#include "runtime.h"

namespace hloom::pjrt {

namespace {

// Numbers of arrays that died since the host was last told.
class Dropped {
 public:
  void add(uint64_t id) {
    std::lock_guard lock(mutex_);
    ids_.push_back(id);
  }
  std::vector<uint64_t> take() {
    std::lock_guard lock(mutex_);
    return std::move(ids_);
  }

 private:
  std::mutex mutex_;
  std::vector<uint64_t> ids_;
};

class HostedBuffer final : public DeviceBuffer, public std::enable_shared_from_this<HostedBuffer> {
 public:
  HostedBuffer(std::shared_ptr<Arena> arena, std::shared_ptr<Dropped> dropped, TensorType type)
      : region(std::move(arena), static_cast<int64_t>(type.bytes())),
        dropped_(std::move(dropped)),
        type_(std::move(type)) {}
  ~HostedBuffer() override {
    if (!in_forked_child()) dropped_->add(id);
  }

  const TensorType& type() const override { return type_; }

  bool is_ready() const override { return ready.is_ready(); }

  void on_ready(Event::Callback callback) override {
    require_same_process();
    ready.on_ready(std::move(callback));
  }

  const void* data() override {
    return ready.is_ready() && !ready.error() ? region.arena->at(region.offset, region.size) : nullptr;
  }

  void read(void* target, Event::Callback callback) override {
    require_same_process();
    ready.on_ready([self = shared_from_this(), target, callback = std::move(callback)](const Error& error) {
      callback(error ? error : self->copy_to(target));
    });
  }

  const uint64_t id = ++last_id_;  // never used twice
  const Region region;
  Event ready;

 private:
  static inline std::atomic<uint64_t> last_id_{0};

  Error copy_to(void* target) const {
    if (read_at(region.arena->file(), target, type_.bytes(), region.offset)) return nullptr;
    return make_error(kInternal, "hloom: cannot read an array from shared memory");
  }

  std::shared_ptr<Dropped> dropped_;
  TensorType type_;
};

using SharedHosted = std::shared_ptr<HostedBuffer>;

// One thread that takes jobs in order: a program's inputs are ready when its turn comes, because whatever
// makes them came earlier.
class Worker {
 public:
  Worker() : queue_(std::make_shared<Queue>()), thread_([queue = queue_] { queue->run(); }) {}
  ~Worker() {
    if (in_forked_child()) {
      thread_.detach();  // it runs in the parent only
      return;
    }
    queue_->stop();
    // The last job may hold the last reference to us; then this is the thread itself, which ends by itself.
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

  void add(std::function<void()> job) { queue_->add(std::move(job)); }

 private:
  class Queue {
   public:
    void add(std::function<void()> job) {
      {
        std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
      }
      changed_.notify_one();
    }

    void stop() {
      {
        std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      changed_.notify_one();
    }

    void run() {
      std::unique_lock lock(mutex_);
      for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        job = nullptr;  // what it holds is freed outside the lock
        lock.lock();
      }
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;
    bool stopping_ = false;
  };

  std::shared_ptr<Queue> queue_;
  std::thread thread_;
};

// What programs share with their runtime.
struct Hosted {
  std::shared_ptr<HostProcess> host;
  std::shared_ptr<Arena> arena;
  std::shared_ptr<Dropped> dropped = std::make_shared<Dropped>();
  Worker worker;
};

class HostedProgram final : public Program, public std::enable_shared_from_this<HostedProgram> {
 public:
  HostedProgram(std::shared_ptr<Hosted> hosted, std::shared_ptr<Compiled> compiled)
      : hosted_(std::move(hosted)), compiled_(std::move(compiled)) {}

  ~HostedProgram() override {
    if (in_forked_child()) return;
    // In the queue, behind the executions under way; a host that is gone has freed everything already.
    hosted_->worker.add(
        [host = hosted_->host, handle = compiled_->handle, generation = compiled_->generation] {
          try {
            host->call_in(generation, "{\"request\":\"free\",\"handle\":" + std::to_string(handle) + "}",
                          "freeing a program");
          } catch (const Failure&) {
          }
        });
  }

  std::vector<SharedBuffer> execute(std::span<const SharedBuffer> inputs,
                                    std::span<const uint8_t> donated) override {
    require_no_callback("run a program on a backend that lives in the compile host");
    Job job;
    for (size_t i = 0; i < inputs.size(); i++) {
      job.inputs.push_back(std::static_pointer_cast<HostedBuffer>(inputs[i]));
    }
    for (const TensorType& type : compiled_->signature.outputs) {
      job.outputs.push_back(std::make_shared<HostedBuffer>(hosted_->arena, hosted_->dropped, type));
    }
    // What the program consumes and the caller keeps goes without its number, so that the host takes a copy.
    job.kept.assign(inputs.size(), 0);
    for (int64_t index : compiled_->signature.donated) job.kept[index] = !donated[index];

    std::vector<SharedBuffer> buffers(job.outputs.begin(), job.outputs.end());
    hosted_->worker.add([self = shared_from_this(), job = std::move(job)] {
      Error error = self->run(job);
      for (const SharedHosted& output : job.outputs) output->ready.set(error);
    });
    return buffers;
  }

 private:
  struct Job {
    std::vector<SharedHosted> inputs, outputs;
    std::vector<uint8_t> kept;
  };

  Error run(const Job& job) {
    for (const SharedHosted& input : job.inputs) {
      if (Error error = input->ready.error()) return error;
    }
    try {
      if (!call(job)) {
        // The host that compiled this is gone: compile again in its successor.
        auto again = hosted_->host->compile(compiled_->module, compiled_->options, false);
        compiled_->handle = again->handle;
        compiled_->generation = again->generation;
        if (!call(job)) {
          throw Failure(kUnavailable, "hloom: the compile host died before it could run a program");
        }
      }
      return nullptr;
    } catch (...) {
      return current_error();
    }
  }

  bool call(const Job& job) {
    std::string header =
        "{\"request\":\"execute\",\"handle\":" + std::to_string(compiled_->handle) + ",\"inputs\":[";
    for (size_t i = 0; i < job.inputs.size(); i++) append(header, *job.inputs[i], i, job.kept[i]);
    header += "],\"outputs\":[";
    for (size_t i = 0; i < job.outputs.size(); i++) append(header, *job.outputs[i], i, false);
    header += "],\"dropped\":[";
    std::vector<uint64_t> dropped = hosted_->dropped->take();
    for (uint64_t id : dropped) {
      if (header.back() != '[') header += ',';
      header += std::to_string(id);
    }
    return hosted_->host->call_in(compiled_->generation, header + "]}", "running a program");
  }

  static void append(std::string& header, const HostedBuffer& buffer, size_t position, bool kept) {
    if (position > 0) header += ',';
    header += '[' + std::to_string(kept ? 0 : buffer.id) + ',' + std::to_string(buffer.region.offset) + ']';
  }

  std::shared_ptr<Hosted> hosted_;
  std::shared_ptr<Compiled> compiled_;
};

class HostRuntime final : public Runtime {
 public:
  HostRuntime(std::shared_ptr<HostProcess> host, std::string backend) : backend_(std::move(backend)) {
    hosted_ = std::make_shared<Hosted>();
    hosted_->arena = std::make_shared<Arena>(host->memory_descriptor());
    hosted_->host = std::move(host);
  }

  std::string device_kind() const override { return backend_; }

  bool is_host_memory() const override { return hosted_->arena->is_mapped(); }

  MemoryStats memory_stats() override { return {hosted_->arena->in_use(), hosted_->arena->peak(), -1}; }

  SharedBuffer upload(const TensorType& type, const void* data, const int64_t* byte_strides) override {
    auto buffer = std::make_shared<HostedBuffer>(hosted_->arena, hosted_->dropped, type);
    std::string packed;
    if (!is_row_major(type, byte_strides)) {
      packed.resize(type.bytes());
      pack(type, data, byte_strides, packed.data());
      data = packed.data();
    }
    if (!write_at(hosted_->arena->file(), data, type.bytes(), buffer->region.offset)) {
      throw Failure(kResourceExhausted, "hloom: no shared memory left for an array of " +
                                            std::to_string(type.bytes()) + " bytes");
    }
    buffer->ready.set();
    return buffer;
  }

  std::shared_ptr<Program> load(const std::shared_ptr<Compiled>& compiled) override {
    return std::make_shared<HostedProgram>(hosted_, compiled);
  }

 private:
  std::string backend_;
  std::shared_ptr<Hosted> hosted_;
};

}  // namespace

std::unique_ptr<Runtime> open_host_runtime(std::shared_ptr<HostProcess> host, const std::string& backend) {
  return std::make_unique<HostRuntime>(std::move(host), backend);
}

}  // namespace hloom::pjrt
