// The C ABI of runtime/c_api.h for JavaScript: one class per handle, nothing more. src/native.ts gives it types.
#include <dlfcn.h>
#include <napi.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "c_api.h"

namespace {

std::atomic<const HloomRuntimeApi*> loaded{nullptr};  // one library per process
#define api (loaded.load(std::memory_order_relaxed))

// Per environment: a process may load the addon into several worker threads.
struct Constructors {
  Napi::FunctionReference buffer, program;
};

// Throws the error as a JavaScript exception that carries its code.
Napi::Error js_error(Napi::Env env, int code, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::Number::New(env, code));
  return error;
}

void check(Napi::Env env, HloomError* error) {
  if (!error) return;
  Napi::Error thrown = js_error(env, api->error_code(error), api->error_message(error));
  api->error_free(error);
  throw thrown;
}

Napi::Object js_type(Napi::Env env, HloomType type) {
  Napi::Object out = Napi::Object::New(env);
  Napi::Array shape = Napi::Array::New(env, type.rank);
  for (int32_t i = 0; i < type.rank; i++) shape[uint32_t(i)] = Napi::Number::New(env, double(type.dims[i]));
  out["element"] = Napi::Number::New(env, type.element);
  out["shape"] = shape;
  return out;
}

std::vector<int64_t> dims_of(const Napi::Array& shape) {
  std::vector<int64_t> out;
  for (uint32_t i = 0; i < shape.Length(); i++) out.push_back(shape.Get(i).As<Napi::Number>().Int64Value());
  return out;
}

// A runtime lives until everything made from it is gone: buffers and programs hold it.
struct RuntimeHandle {
  HloomRuntime* runtime;
  ~RuntimeHandle() { api->close(runtime); }
};

// ---- the reference evaluator: JavaScript that a device's thread calls and waits for -----------------------------------

struct Evaluation {
  const char* module;
  int32_t input_count, output_count;
  const HloomType *input_types, *output_types;
  const void* const* inputs;
  void* const* outputs;
  std::string failure;
  bool done = false;
};

struct Evaluator {
  std::mutex mutex;
  std::condition_variable answered;
  Napi::ThreadSafeFunction function;
  bool closed = true;  // no environment to call: not set yet, or ending
};

Evaluator& evaluator() {
  static auto* one = new Evaluator;  // device threads may outlive main
  return *one;
}

size_t bytes_of(const HloomType& type) {
  static constexpr uint8_t sizes[] = {0, 1, 1, 1, 1, 2, 4, 8, 1, 1, 1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 4, 8, 8, 16};
  size_t bytes = sizes[type.element];
  for (int32_t d = 0; d < type.rank; d++) bytes *= size_t(type.dims[d]);
  return bytes;
}

// (module: string, inputs: { element, shape, bytes }[]) => Uint8Array[], on the thread of JavaScript.
void evaluate_now(Napi::Env env, Napi::Function function, Evaluation* work) {
  std::string failure;
  try {
    Napi::HandleScope scope(env);
    Napi::Array inputs = Napi::Array::New(env, size_t(work->input_count));
    for (int32_t i = 0; i < work->input_count; i++) {
      Napi::Object input = js_type(env, work->input_types[i]);
      size_t size = bytes_of(work->input_types[i]);
      Napi::ArrayBuffer memory = Napi::ArrayBuffer::New(env, size);
      if (size > 0) std::memcpy(memory.Data(), work->inputs[i], size);
      input["bytes"] = Napi::Uint8Array::New(env, size, memory, 0);
      inputs[uint32_t(i)] = input;
    }
    Napi::Array outputs = function.Call({Napi::String::New(env, work->module), inputs}).As<Napi::Array>();
    for (int32_t i = 0; i < work->output_count; i++) {
      auto bytes = outputs.Get(uint32_t(i)).As<Napi::Uint8Array>();
      if (bytes.ByteLength() != bytes_of(work->output_types[i])) throw Napi::Error::New(env, "the evaluator gave a result of another size");
      if (bytes.ByteLength() > 0) std::memcpy(work->outputs[i], bytes.Data(), bytes.ByteLength());
    }
  } catch (const Napi::Error& error) {
    failure = error.Message();
  }
  std::lock_guard lock(evaluator().mutex);
  work->failure = failure;
  work->done = true;
  evaluator().answered.notify_all();
}

int32_t evaluate(const char* module, int32_t input_count, const HloomType* input_types, const void* const* inputs, int32_t output_count, const HloomType* output_types,
                 void* const* outputs, char* message, size_t message_size) {
  Evaluation work{module, input_count, output_count, input_types, output_types, inputs, outputs, {}};
  auto& own = evaluator();
  std::unique_lock lock(own.mutex);
  if (own.closed || own.function.BlockingCall(&work, evaluate_now) != napi_ok) work.failure = "the JavaScript environment is gone", work.done = true;
  own.answered.wait(lock, [&] { return work.done || own.closed; });
  if (!work.done) work.failure = "the JavaScript environment ended";
  if (work.failure.empty()) return 0;
  std::snprintf(message, message_size, "%s", work.failure.c_str());
  return HLOOM_INTERNAL;
}

void set_evaluator(const Napi::CallbackInfo& info) {
  auto& own = evaluator();
  std::lock_guard lock(own.mutex);
  own.function = Napi::ThreadSafeFunction::New(info.Env(), info[0].As<Napi::Function>(), "hloom evaluate", 0, 1);
  own.function.Unref(info.Env());  // work that nobody waits for keeps no process alive
  own.closed = false;
  info.Env().AddCleanupHook([] {
    auto& own = evaluator();
    std::lock_guard lock(own.mutex);
    own.closed = true;
    own.answered.notify_all();
  });
  api->set_evaluator(evaluate);
}

class Buffer : public Napi::ObjectWrap<Buffer> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Buffer", {InstanceMethod<&Buffer::read>("read"), InstanceMethod<&Buffer::wait>("wait"), InstanceMethod<&Buffer::free>("free"),
                                       InstanceAccessor<&Buffer::type>("type"), InstanceAccessor<&Buffer::ready>("ready")});
  }

  static Napi::Object wrap(Napi::Env env, std::shared_ptr<RuntimeHandle> runtime, HloomBuffer* handle) {
    Napi::Object object = env.GetInstanceData<Constructors>()->buffer.New({});
    Buffer* self = Unwrap(object);
    self->runtime_ = std::move(runtime);
    self->handle_ = handle;
    return object;
  }

  explicit Buffer(const Napi::CallbackInfo& info) : ObjectWrap(info) {}
  ~Buffer() override { release(); }

  HloomBuffer* handle(Napi::Env env) const {
    if (!handle_) throw js_error(env, HLOOM_FAILED_PRECONDITION, "the buffer was freed");
    return handle_;
  }

 private:
  struct Reading {
    Napi::Promise::Deferred deferred;
    Napi::Reference<Napi::ArrayBuffer> memory;
    Napi::ThreadSafeFunction announce;
    std::shared_ptr<RuntimeHandle> runtime;
    int code = 0;
    std::string message;
  };

  // Promise of an ArrayBuffer with the value in the host layout.
  Napi::Value read(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    size_t size = info[0].As<Napi::Number>().Int64Value();
    HloomBuffer* buffer = handle(env);
    Napi::ArrayBuffer memory = Napi::ArrayBuffer::New(env, size);
    auto reading = new Reading{Napi::Promise::Deferred::New(env), Napi::Persistent(memory), {}, runtime_};
    reading->announce = Napi::ThreadSafeFunction::New(env, Napi::Function(), "hloom read", 0, 1);
    auto promise = reading->deferred.Promise();
    api->buffer_read(buffer, memory.Data(), size, &Buffer::done, reading);
    return promise;
  }

  // Promise of undefined, once the value is there.
  Napi::Value wait(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    HloomBuffer* buffer = handle(env);
    auto reading = new Reading{Napi::Promise::Deferred::New(env), {}, {}, runtime_};
    reading->announce = Napi::ThreadSafeFunction::New(env, Napi::Function(), "hloom wait", 0, 1);
    auto promise = reading->deferred.Promise();
    api->buffer_on_ready(buffer, &Buffer::done, reading);
    return promise;
  }

  // On any thread.
  static void done(const HloomError* error, void* context) {
    auto reading = static_cast<Reading*>(context);
    if (error) {
      reading->code = api->error_code(error);
      reading->message = api->error_message(error);
    }
    auto announce = reading->announce;
    announce.BlockingCall(reading, [](Napi::Env env, Napi::Function, Reading* reading) {
      Napi::HandleScope scope(env);
      if (reading->code) reading->deferred.Reject(js_error(env, reading->code, reading->message).Value());
      else reading->deferred.Resolve(reading->memory.IsEmpty() ? env.Undefined() : Napi::Value(reading->memory.Value()));
      delete reading;
    });
    announce.Release();
  }

  Napi::Value type(const Napi::CallbackInfo& info) { return js_type(info.Env(), api->buffer_type(handle(info.Env()))); }
  Napi::Value ready(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), api->buffer_is_ready(handle(info.Env())) != 0); }
  void free(const Napi::CallbackInfo&) { release(); }

  void release() {
    if (handle_) api->buffer_free(handle_);
    handle_ = nullptr;
    runtime_.reset();
  }

  std::shared_ptr<RuntimeHandle> runtime_;
  HloomBuffer* handle_ = nullptr;
};

class Program : public Napi::ObjectWrap<Program> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Program", {InstanceMethod<&Program::execute>("execute"), InstanceMethod<&Program::free>("free"),
                                        InstanceAccessor<&Program::inputs>("inputs"), InstanceAccessor<&Program::outputs>("outputs")});
  }

  static Napi::Object wrap(Napi::Env env, std::shared_ptr<RuntimeHandle> runtime, HloomProgram* handle) {
    Napi::Object object = env.GetInstanceData<Constructors>()->program.New({});
    Program* self = Unwrap(object);
    self->runtime_ = std::move(runtime);
    self->handle_ = handle;
    return object;
  }

  explicit Program(const Napi::CallbackInfo& info) : ObjectWrap(info) {}
  ~Program() override { release(); }

 private:
  HloomProgram* handle(Napi::Env env) const {
    if (!handle_) throw js_error(env, HLOOM_FAILED_PRECONDITION, "the program was freed");
    return handle_;
  }

  // (inputs: Buffer[], donated: boolean[], device: number) => Buffer[]
  Napi::Value execute(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    HloomProgram* program = handle(env);
    auto list = info[0].As<Napi::Array>(), flags = info[1].As<Napi::Array>();
    std::vector<HloomBuffer*> inputs;
    std::vector<uint8_t> donated;
    for (uint32_t i = 0; i < list.Length(); i++) {
      inputs.push_back(Buffer::Unwrap(list.Get(i).As<Napi::Object>())->handle(env));
      donated.push_back(flags.Get(i).ToBoolean().Value());
    }
    std::vector<HloomBuffer*> outputs(api->program_output_count(program));
    check(env, api->execute(program, info[2].As<Napi::Number>().Int32Value(), inputs.data(), int32_t(inputs.size()), donated.data(),
                            outputs.data(), int32_t(outputs.size())));
    Napi::Array results = Napi::Array::New(env, outputs.size());
    for (uint32_t i = 0; i < outputs.size(); i++) results[i] = Buffer::wrap(env, runtime_, outputs[i]);
    return results;
  }

  Napi::Value inputs(const Napi::CallbackInfo& info) { return types(info.Env(), api->program_input_count, api->program_input); }
  Napi::Value outputs(const Napi::CallbackInfo& info) { return types(info.Env(), api->program_output_count, api->program_output); }

  Napi::Value types(Napi::Env env, int32_t (*count)(const HloomProgram*), HloomType (*type)(const HloomProgram*, int32_t)) {
    HloomProgram* program = handle(env);
    Napi::Array out = Napi::Array::New(env, count(program));
    for (int32_t i = 0; i < count(program); i++) out[uint32_t(i)] = js_type(env, type(program, i));
    return out;
  }

  void free(const Napi::CallbackInfo&) { release(); }

  void release() {
    if (handle_) api->program_free(handle_);
    handle_ = nullptr;
    runtime_.reset();
  }

  std::shared_ptr<RuntimeHandle> runtime_;
  HloomProgram* handle_ = nullptr;
};

class Runtime : public Napi::ObjectWrap<Runtime> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Runtime", {InstanceMethod<&Runtime::load>("load"), InstanceMethod<&Runtime::upload>("upload"),
                                        InstanceMethod<&Runtime::stats>("stats"), InstanceMethod<&Runtime::close>("close"),
                                        InstanceMethod<&Runtime::kind>("kind"), InstanceAccessor<&Runtime::devices>("devices")});
  }

  // (path of the runtime library)
  explicit Runtime(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    Napi::Env env = info.Env();
    std::string path = info[0].As<Napi::String>();
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) throw js_error(env, HLOOM_NOT_FOUND, dlerror());
    auto get = reinterpret_cast<const HloomRuntimeApi* (*)(uint32_t)>(dlsym(library, "hloom_runtime_api"));
    const HloomRuntimeApi* found = get ? get(HLOOM_RUNTIME_ABI_VERSION) : nullptr;
    if (!found) throw js_error(env, HLOOM_FAILED_PRECONDITION, path + " does not speak version " + std::to_string(HLOOM_RUNTIME_ABI_VERSION) + " of the runtime ABI");
    loaded = found;
    HloomRuntime* runtime = nullptr;
    check(env, api->open(nullptr, &runtime));
    runtime_ = std::shared_ptr<RuntimeHandle>(new RuntimeHandle{runtime});
  }

 private:
  HloomRuntime* handle(Napi::Env env) const {
    if (!runtime_) throw js_error(env, HLOOM_FAILED_PRECONDITION, "the runtime was closed");
    return runtime_->runtime;
  }

  Napi::Value load(const Napi::CallbackInfo& info) {
    auto bytes = info[0].As<Napi::Uint8Array>();
    HloomProgram* program = nullptr;
    check(info.Env(), api->program_load(handle(info.Env()), bytes.Data(), bytes.ByteLength(), &program));
    return Program::wrap(info.Env(), runtime_, program);
  }

  // (element: number, shape: number[], bytes: Uint8Array, device: number) => Buffer
  Napi::Value upload(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    auto dims = dims_of(info[1].As<Napi::Array>());
    auto bytes = info[2].As<Napi::Uint8Array>();
    HloomType type{HloomElement(info[0].As<Napi::Number>().Int32Value()), int32_t(dims.size()), dims.data()};
    HloomBuffer* buffer = nullptr;
    check(env, api->buffer_upload(handle(env), info[3].As<Napi::Number>().Int32Value(), type, bytes.Data(), nullptr, &buffer));
    return Buffer::wrap(env, runtime_, buffer);
  }

  Napi::Value stats(const Napi::CallbackInfo& info) {
    HloomMemoryStats stats;
    check(info.Env(), api->memory_stats(handle(info.Env()), info[0].As<Napi::Number>().Int32Value(), &stats));
    Napi::Object out = Napi::Object::New(info.Env());
    out["bytesInUse"] = Napi::Number::New(info.Env(), double(stats.bytes_in_use));
    out["peakBytesInUse"] = Napi::Number::New(info.Env(), double(stats.peak_bytes_in_use));
    out["bytesLimit"] = Napi::Number::New(info.Env(), double(stats.bytes_limit));
    return out;
  }

  Napi::Value kind(const Napi::CallbackInfo& info) {
    return Napi::String::New(info.Env(), api->device_kind(handle(info.Env()), info[0].As<Napi::Number>().Int32Value()));
  }
  Napi::Value devices(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), api->device_count(handle(info.Env()))); }
  void close(const Napi::CallbackInfo&) { runtime_.reset(); }

  std::shared_ptr<RuntimeHandle> runtime_;
};

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto constructors = new Constructors;
  constructors->buffer = Napi::Persistent(Buffer::define(env));
  constructors->program = Napi::Persistent(Program::define(env));
  env.SetInstanceData(constructors);
  exports["Runtime"] = Runtime::define(env);
  exports["setEvaluator"] = Napi::Function::New(env, set_evaluator);
  return exports;
}

}  // namespace

NODE_API_MODULE(hloom, init)
