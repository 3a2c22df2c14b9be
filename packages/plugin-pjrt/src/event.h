// A one-shot event: something that becomes ready, or fails, once.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "error.h"

namespace hloom::pjrt {

class Event {
 public:
  using Callback = std::function<void(const Error&)>;

  // The first call counts; callbacks run on the calling thread, outside the lock.
  void set(const Error& error = nullptr);
  bool is_ready() const;
  // Null until the event is ready, and after success.
  Error error() const;
  Error wait() const;
  // Runs at once when the event is ready already.
  void on_ready(Callback callback);

  static std::shared_ptr<Event> ready(const Error& error = nullptr);

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ready_ = false;
  Error error_;
  std::vector<Callback> callbacks_;
};

using SharedEvent = std::shared_ptr<Event>;

struct PJRT_Event {
  SharedEvent event;
};

inline PJRT_Event* to_pjrt(SharedEvent event) { return new PJRT_Event{std::move(event)}; }

void event_destroy(PJRT_Event_Destroy_Args& args);
void event_is_ready(PJRT_Event_IsReady_Args& args);
void event_error(PJRT_Event_Error_Args& args);
void event_await(PJRT_Event_Await_Args& args);
void event_on_ready(PJRT_Event_OnReady_Args& args);
void event_create(PJRT_Event_Create_Args& args);
void event_set(PJRT_Event_Set_Args& args);

}  // namespace hloom::pjrt
