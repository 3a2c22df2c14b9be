#include "parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace hloom {
namespace {

class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; i++) std::thread([this] { work(); }).detach();  // live as long as the process
  }

  // Runs job(0..parts-1); the caller helps.
  void run(int parts, const std::function<void(int)>& job) {
    std::lock_guard one_at_a_time(entry_);
    {
      std::lock_guard lock(mutex_);
      job_ = &job;
      next_ = 0;
      parts_ = parts;
      pending_ = parts;
      failure_ = nullptr;
    }
    wake_.notify_all();
    help();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return pending_ == 0; });
    job_ = nullptr;
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void help() {
    for (;;) {
      const std::function<void(int)>* job;
      int part;
      {
        std::lock_guard lock(mutex_);
        if (!job_ || next_ >= parts_) return;
        job = job_;
        part = next_++;
      }
      std::exception_ptr failure;
      try {
        (*job)(part);
      } catch (...) {
        failure = std::current_exception();
      }
      std::lock_guard lock(mutex_);
      if (failure) failure_ = failure;
      if (--pending_ == 0) done_.notify_all();
    }
  }

  void work() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return job_ && next_ < parts_; });
      }
      help();
    }
  }

  std::mutex entry_, mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* job_ = nullptr;
  int next_ = 0, parts_ = 0, pending_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

int thread_count() {
  static const int count = [] {
    const char* wish = std::getenv("HLOOM_MLX_THREADS");
    int n = wish ? std::atoi(wish) : int(std::thread::hardware_concurrency());
    return std::clamp(n, 1, 64);
  }();
  return count;
}

void run_parts(int parts, const std::function<void(int)>& job) {
  static Pool* pool = new Pool(thread_count() - 1);  // never destroyed: its threads may outlive main
  pool->run(parts, job);
}

}  // namespace hloom
