#include "event.h"

#include <utility>

namespace hloom::pjrt {

void Event::set(const Error& error) {
  std::vector<Callback> callbacks;
  {
    std::lock_guard lock(mutex_);
    if (ready_) return;
    ready_ = true;
    error_ = error;
    callbacks.swap(callbacks_);
  }
  changed_.notify_all();
  for (auto& callback : callbacks) callback(error);
}

bool Event::is_ready() const {
  std::lock_guard lock(mutex_);
  return ready_;
}

Error Event::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

Error Event::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_; });
  return error_;
}

void Event::on_ready(Callback callback) {
  {
    std::lock_guard lock(mutex_);
    if (!ready_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback(error_);  // never written again once ready
}

std::shared_ptr<Event> Event::ready(const Error& error) {
  auto event = std::make_shared<Event>();
  event->set(error);
  return event;
}

namespace {
void raise(const Error& error) {
  if (error) throw Failure(*error);
}
}  // namespace

void event_destroy(PJRT_Event_Destroy_Args& args) { delete args.event; }
void event_is_ready(PJRT_Event_IsReady_Args& args) { args.is_ready = args.event->event->is_ready(); }
void event_error(PJRT_Event_Error_Args& args) { raise(args.event->event->error()); }
void event_await(PJRT_Event_Await_Args& args) { raise(args.event->event->wait()); }

void event_on_ready(PJRT_Event_OnReady_Args& args) {
  auto callback = args.callback;
  auto user_arg = args.user_arg;
  args.event->event->on_ready([=](const Error& error) { callback(to_pjrt(error), user_arg); });
}

void event_create(PJRT_Event_Create_Args& args) { args.event = to_pjrt(std::make_shared<Event>()); }

void event_set(PJRT_Event_Set_Args& args) {
  args.event->event->set(args.error_code == kOk
                             ? nullptr
                             : make_error(args.error_code, {args.error_message, args.error_message_size}));
}

}  // namespace hloom::pjrt
