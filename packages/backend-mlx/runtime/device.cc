#include "device.h"

#include <cstring>

#include "map/body.h"

namespace hloom {

namespace {

constexpr int kSpins = 400;  // some ten microseconds

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

HloomError error_of(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& e) {
    return {e.code, e.what()};
  } catch (const std::bad_alloc&) {
    return {HLOOM_RESOURCE_EXHAUSTED, "out of memory"};
  } catch (const std::exception& e) {
    bool memory = std::strstr(e.what(), "[malloc") || std::strstr(e.what(), "allocate");
    return {memory ? HLOOM_RESOURCE_EXHAUSTED : HLOOM_INTERNAL, e.what()};
  } catch (...) {
    return {HLOOM_INTERNAL, "unknown exception"};
  }
}

bool Value::ready() const {
  std::lock_guard lock(mutex_);
  return ready_;
}

void Value::resolve(std::optional<mx::array> result, std::optional<HloomError> failure) {
  std::vector<std::function<void(const HloomError*)>> waiters;
  {
    std::lock_guard lock(mutex_);
    // A donated array is gone by the time it is announced.
    if (!issued_ || !result) array_ = std::move(result);
    error_ = std::move(failure);
    ready_ = true;
    waiters.swap(waiters_);
  }
  changed_.notify_all();
  for (auto& waiter : waiters) waiter(error_ ? &*error_ : nullptr);
}

void Value::issue(const mx::array& array) {
  std::lock_guard lock(mutex_);
  array_ = array;
  issued_ = true;
}

std::optional<mx::array> Value::input(bool donated, std::optional<HloomError>& failure) {
  std::lock_guard lock(mutex_);
  failure = error_;
  return donated ? std::exchange(array_, std::nullopt) : array_;
}

void Value::on_ready(HloomReadyCallback callback, void* context) {
  {
    std::lock_guard lock(mutex_);
    if (!ready_) {
      waiters_.push_back([=](const HloomError* failure) { callback(failure, context); });
      return;
    }
  }
  callback(error_ ? &*error_ : nullptr, context);
}

const void* Value::data() const {
  std::lock_guard lock(mutex_);
  if (!ready_ || !array_ || !array_->flags().row_contiguous) return nullptr;
  return array_->nbytes() == size_t(type.count()) * element_bytes(type.element) ? array_->data<char>() : nullptr;
}

void Value::read(std::shared_ptr<Value> self, void* data, size_t size, HloomReadyCallback callback, void* context) {
  // Holds no reference while waiting in itself: whoever resolves a value holds one.
  Value* value = self.get();
  auto copy = [value, data, size, callback, context](const HloomError* failure) {
    if (failure) return callback(failure, context);
    HloomError problem{HLOOM_INVALID_ARGUMENT, ""};
    try {
      std::optional<mx::array> held;
      {
        std::lock_guard lock(value->mutex_);
        held = value->array_;
      }
      if (!held) problem.message = "the buffer was donated to a computation";
      else if (held->nbytes() != size) problem.message = "a read of " + std::to_string(size) + " bytes from " + type_text(value->type);
      else if (size > 0) std::memcpy(data, held->data<char>(), size);
    } catch (...) {
      problem = error_of(std::current_exception());
    }
    callback(problem.message.empty() ? nullptr : &problem, context);
  };
  {
    std::lock_guard lock(value->mutex_);
    if (!value->ready_) {
      value->waiters_.push_back(copy);
      return;
    }
  }
  copy(value->error_ ? &*value->error_ : nullptr);
}

namespace {
// Jobs run in order, so an input is pending only for a program that runs inside of another one.
HloomError missing_input(size_t i, bool ready) {
  std::string input = "input " + std::to_string(i);
  if (ready) return {HLOOM_INVALID_ARGUMENT, input + " was donated to an earlier computation"};
  return {HLOOM_FAILED_PRECONDITION, input + " is computed by a program that waits for the callback which needs it"};
}
}  // namespace

void Value::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_; });
}

Owner::Owner(bool gpu) : device_{!gpu, gpu || std::getenv("HLOOM_MLX_COMPOSE") != nullptr} {
  // HLOOM_MLX_ASYNC: the GPU's way of waiting, to test it where there is none.
  if (gpu || std::getenv("HLOOM_MLX_ASYNC")) waiter_ = std::make_unique<Waiter>();
  thread_ = std::thread([this] { loop(); });
}

Waiter::Waiter() : thread_([this] { loop(); }) {}

Waiter::~Waiter() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Waiter::announce(std::vector<mx::array> arrays, std::vector<std::shared_ptr<Value>> values) {
  {
    std::lock_guard lock(mutex_);
    batches_.push_back({std::move(arrays), std::move(values)});
  }
  wake_.notify_one();
}

void Waiter::loop() {
  for (;;) {
    Batch batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !batches_.empty(); });
      if (batches_.empty()) return;
      batch = std::move(batches_.front());
      batches_.pop_front();
    }
    for (size_t i = 0; i < batch.values.size(); i++) {
      try {
        batch.arrays[i].wait();
        batch.values[i]->resolve(std::move(batch.arrays[i]), std::nullopt);
      } catch (...) {
        batch.values[i]->resolve(std::nullopt, error_of(std::current_exception()));
      }
    }
  }
}

Owner::~Owner() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Owner::post(std::function<void()> job) {
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    waiting_.fetch_add(1, std::memory_order_relaxed);
  }
  wake_.notify_one();
}

void Owner::loop() {
  for (;;) {
    std::function<void()> job;
    // Callers of small programs come back at once: to sleep and be woken would take longer than their programs do.
    for (int i = 0; i < kSpins && waiting_.load(std::memory_order_relaxed) == 0; i++) pause();
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
    job();
  }
}

void Owner::execute(std::shared_ptr<Executable> executable, std::vector<std::shared_ptr<Value>> inputs, std::vector<bool> donated,
                    std::vector<std::shared_ptr<Value>> outputs) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    execute_now(*executable, inputs, donated, outputs);
    for (auto& output : outputs) output->wait();
    return;
  }
  post([this, executable = std::move(executable), inputs = std::move(inputs), donated = std::move(donated), outputs = std::move(outputs)]() mutable {
    execute_now(*executable, inputs, donated, outputs);
  });
}

void Owner::execute_now(Executable& executable, std::vector<std::shared_ptr<Value>>& inputs, const std::vector<bool>& donated,
                        std::vector<std::shared_ptr<Value>>& outputs) {
  std::vector<mx::array> results;
  std::optional<HloomError> failure;
  try {
    std::vector<mx::array> arguments;
    for (size_t i = 0; i < inputs.size() && !failure; i++) {
      auto value = inputs[i]->input(donated[i], failure);
      if (value) arguments.push_back(std::move(*value));
      else if (!failure) failure = missing_input(i, inputs[i]->ready());
    }
    if (!failure) {
      for (auto& a : executable.run(std::move(arguments), device_)) results.push_back(mx::contiguous(a));
      if (waiter_) mx::async_eval(results);
      else mx::eval(results);
    }
  } catch (...) {
    failure = error_of(std::current_exception());
  }
  if (waiter_ && !failure) {
    for (size_t i = 0; i < outputs.size(); i++) outputs[i]->issue(results[i]);
    waiter_->announce(std::move(results), std::move(outputs));
    return;
  }
  for (size_t i = 0; i < outputs.size(); i++) {
    if (failure) outputs[i]->resolve(std::nullopt, failure);
    else outputs[i]->resolve(std::move(results[i]), std::nullopt);
  }
}

}  // namespace hloom
