// Replays Programs in this process, through a library with the C ABI of backend-mlx/runtime/c_api.h.
#include <dlfcn.h>

#include <atomic>
#include <string>

#include "runtime.h"

namespace hloom::pjrt {

namespace {

// The open runtime; everything made from it keeps it alive, so it closes after its last buffer and program.
struct Session {
  const HloomRuntimeApi* api = nullptr;
  HloomRuntime* runtime = nullptr;

  ~Session() {
    // In a forked child the runtime's threads do not exist: closing would wait for them forever.
    if (runtime && !in_forked_child()) api->close(runtime);
  }

  Error take(HloomError* error) const {
    if (!error) return nullptr;
    Error taken = copy(error);
    api->error_free(error);
    return taken;
  }

  Error copy(const HloomError* error) const {
    if (!error) return nullptr;
    return make_error(static_cast<PJRT_Error_Code>(api->error_code(error)), api->error_message(error));
  }

  void check(HloomError* error) const {
    if (Error taken = take(error)) throw Failure(*taken);
  }
};

using SharedSession = std::shared_ptr<Session>;

TensorType from_native(const HloomType& type) {
  return {&element_of(type.element), std::vector<int64_t>(type.dims, type.dims + type.rank)};
}

HloomType to_native(const TensorType& type) {
  return {type.element->native, static_cast<int32_t>(type.dims.size()), type.dims.data()};
}

// Owns the runtime's buffer. Callbacks under way hold this and not the NativeBuffer, whose reference count
// tells whether a value may be donated.
struct Handle {
  SharedSession session;
  HloomBuffer* buffer;

  Handle(SharedSession owner, HloomBuffer* owned) : session(std::move(owner)), buffer(owned) {}
  ~Handle() {
    if (!in_forked_child()) session->api->buffer_free(buffer);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

class NativeBuffer final : public DeviceBuffer {
 public:
  NativeBuffer(SharedSession session, HloomBuffer* buffer, TensorType type)
      : handle_(std::make_shared<Handle>(std::move(session), buffer)), type_(std::move(type)) {}

  const TensorType& type() const override { return type_; }
  const Handle& handle() const { return *handle_; }

  bool is_ready() const override { return handle_->session->api->buffer_is_ready(handle_->buffer) != 0; }

  void on_ready(Event::Callback callback) override {
    require_same_process();
    handle_->session->api->buffer_on_ready(handle_->buffer, &finish,
                                           new Pending{handle_, std::move(callback)});
  }

  const void* data() override { return handle_->session->api->buffer_data(handle_->buffer); }

  void read(void* target, Event::Callback callback) override {
    require_same_process();
    auto pending = new Pending{handle_, std::move(callback)};
    handle_->session->api->buffer_read(handle_->buffer, target, type_.bytes(), &finish, pending);
  }

 private:
  struct Pending {
    std::shared_ptr<Handle> handle;
    Event::Callback callback;
  };

  static void finish(const HloomError* error, void* context) {
    std::unique_ptr<Pending> pending(static_cast<Pending*>(context));
    pending->callback(pending->handle->session->copy(error));
  }

  std::shared_ptr<Handle> handle_;
  TensorType type_;
};

class NativeProgram final : public Program {
 public:
  NativeProgram(SharedSession session, const Compiled& compiled) : session_(std::move(session)) {
    auto bytes = reinterpret_cast<const uint8_t*>(compiled.program.data());
    session_->check(
        session_->api->program_load(session_->runtime, bytes, compiled.program.size(), &program_));
    for (int32_t i = 0; i < session_->api->program_output_count(program_); i++) {
      outputs_.push_back(from_native(session_->api->program_output(program_, i)));
    }
  }
  ~NativeProgram() override {
    if (!in_forked_child()) session_->api->program_free(program_);
  }

  std::vector<SharedBuffer> execute(std::span<const SharedBuffer> inputs,
                                    std::span<const uint8_t> donated) override {
    std::vector<HloomBuffer*> arguments(inputs.size());
    for (size_t i = 0; i < inputs.size(); i++) {
      const Handle& handle = static_cast<const NativeBuffer&>(*inputs[i]).handle();
      if (handle.session != session_) {
        throw Failure(kInvalidArgument,
                      "hloom: argument " + std::to_string(i) + " belongs to another client");
      }
      arguments[i] = handle.buffer;
    }
    std::vector<HloomBuffer*> results(outputs_.size());
    session_->check(session_->api->execute(program_, 0, arguments.data(),
                                           static_cast<int32_t>(arguments.size()), donated.data(),
                                           results.data(), static_cast<int32_t>(results.size())));
    std::vector<SharedBuffer> buffers;
    buffers.reserve(results.size());
    for (size_t i = 0; i < results.size(); i++) {
      buffers.push_back(std::make_shared<NativeBuffer>(session_, results[i], outputs_[i]));
    }
    return buffers;
  }

 private:
  SharedSession session_;
  HloomProgram* program_ = nullptr;
  std::vector<TensorType> outputs_;
};

class NativeRuntime final : public Runtime {
 public:
  explicit NativeRuntime(SharedSession session) : session_(std::move(session)) {}

  std::string device_kind() const override { return session_->api->device_kind(session_->runtime, 0); }

  bool is_host_memory() const override {
    // A GPU's kind says so, whatever the framework.
    return std::string_view(session_->api->device_kind(session_->runtime, 0)).ends_with("cpu");
  }

  MemoryStats memory_stats() override {
    HloomMemoryStats stats{-1, -1, -1};
    session_->check(session_->api->memory_stats(session_->runtime, 0, &stats));
    return {stats.bytes_in_use < 0 ? 0 : stats.bytes_in_use, stats.peak_bytes_in_use, stats.bytes_limit};
  }

  SharedBuffer upload(const TensorType& type, const void* data, const int64_t* byte_strides) override {
    HloomBuffer* buffer = nullptr;
    session_->check(
        session_->api->buffer_upload(session_->runtime, 0, to_native(type), data, byte_strides, &buffer));
    return std::make_shared<NativeBuffer>(session_, buffer, type);
  }

  std::shared_ptr<Program> load(const std::shared_ptr<Compiled>& compiled) override {
    return std::make_shared<NativeProgram>(session_, *compiled);
  }

 private:
  SharedSession session_;
};

}  // namespace

std::unique_ptr<Runtime> open_native_runtime(const std::string& library, const std::string& framework,
                                             HloomCallback callback) {
  // Never closed: threads of the framework may outlive the client, and their code must stay mapped.
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    throw Failure(kFailedPrecondition, std::string("hloom: cannot load the runtime: ") + ::dlerror());
  using Entry = const HloomRuntimeApi* (*)(uint32_t);
  auto entry = reinterpret_cast<Entry>(::dlsym(handle, "hloom_runtime_api"));
  const HloomRuntimeApi* api = entry ? entry(HLOOM_RUNTIME_ABI_VERSION) : nullptr;
  if (!api || api->struct_size < sizeof(HloomRuntimeApi)) {
    throw Failure(kFailedPrecondition, "hloom: " + library + " is not a runtime of ABI version " +
                                           std::to_string(HLOOM_RUNTIME_ABI_VERSION) +
                                           "; the plugin and the runtime must come from the same release");
  }
  auto session = std::make_shared<Session>();
  session->api = api;
  session->check(api->open(framework.empty() ? nullptr : framework.c_str(), &session->runtime));
  api->set_callback(callback);
  return std::make_unique<NativeRuntime>(std::move(session));
}

}  // namespace hloom::pjrt
