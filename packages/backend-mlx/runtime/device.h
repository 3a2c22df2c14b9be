// Buffers, and the thread that owns a device: work is posted to it, results are announced through Value.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "execute.h"

namespace hloom {

// The future of an array. Its state only ever goes from pending to ready.
class Value {
 public:
  explicit Value(Type type) : type(std::move(type)) {}
  const Type type;

  bool ready() const;
  void wait() const;
  // `array` or `error`, the other absent. Calls everyone who waits.
  void resolve(std::optional<mx::array> array, std::optional<HloomError> error);
  // Calls back now when ready.
  void on_ready(HloomReadyCallback callback, void* context);
  // Where the value is, when it is there and lies as a read would copy it; else nullptr.
  const void* data() const;
  // Copies the value once it is there, then calls back.
  static void read(std::shared_ptr<Value> self, void* data, size_t size, HloomReadyCallback callback, void* context);

  // Owner thread: the array that will be there; later work may use it before it is.
  void issue(const mx::array& array);
  // Owner thread: the array, which a donated value gives away; or the error that it carries.
  std::optional<mx::array> input(bool donated, std::optional<HloomError>& failure);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ready_ = false, issued_ = false;
  std::optional<mx::array> array_;
  std::optional<HloomError> error_;
  std::vector<std::function<void(const HloomError*)>> waiters_;
};

// Waits for arrays that a GPU computes and announces them, so that the owner can go on building.
class Waiter {
 public:
  Waiter();
  ~Waiter();  // after everything has been announced
  void announce(std::vector<mx::array> arrays, std::vector<std::shared_ptr<Value>> values);

 private:
  struct Batch {
    std::vector<mx::array> arrays;
    std::vector<std::shared_ptr<Value>> values;
  };
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Batch> batches_;
  bool closing_ = false;
  std::thread thread_;
};

class Owner {
 public:
  explicit Owner(bool gpu);
  ~Owner();  // finishes what was posted
  void post(std::function<void()> job);
  const Device& device() const { return device_; }
  bool gpu() const { return !device_.cpu; }

  // From the owner's own thread, where a program's callback asks for another one, it runs at once.
  void execute(std::shared_ptr<Executable> executable, std::vector<std::shared_ptr<Value>> inputs, std::vector<bool> donated,
               std::vector<std::shared_ptr<Value>> outputs);

 private:
  void loop();
  void execute_now(Executable& executable, std::vector<std::shared_ptr<Value>>& inputs, const std::vector<bool>& donated,
                   std::vector<std::shared_ptr<Value>>& outputs);

  Device device_;
  std::unique_ptr<Waiter> waiter_;  // of a GPU
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::atomic<int> waiting_{0};  // jobs_.size(), to look at without the lock
  bool closing_ = false;
  std::thread thread_;
};

HloomError error_of(std::exception_ptr failure);

}  // namespace hloom
