#include "plan.h"

#include <cstring>

#include "eager.h"
#include "host.h"

namespace hloom {

Recorder*& Recorder::active() {
  static thread_local Recorder* recorder = nullptr;
  return recorder;
}

void Recorder::push(std::function<void()> run) {
  if (++count_ > kMaxSteps) throw NotPlannable{};
  steps_.push_back({std::move(run), current});
}

void Recorder::give_memory(mx::array& a) {
  bytes_ += a.nbytes();
  if (bytes_ > kMaxBytes) throw NotPlannable{};
  a.set_data(allocate(a.nbytes()));
  // Replays start with what was there: let that be the same each time.
  std::memset(a.data<char>(), 0, a.nbytes());
  keep(a);
}

bool Recorder::may_take(const mx::array& a) const {
  const void* memory = a.data_shared_ptr().get();
  if (pinned_.count(memory) || !a.flags().row_contiguous) return false;
  for (auto* frame : frames)
    for (auto& reg : *frame)
      if (reg && is_there(*reg) && reg->data_shared_ptr().get() == memory) return false;
  return true;
}

std::vector<PlanStep> Recorder::collect(const std::function<void()>& f) {
  std::vector<PlanStep> outer;
  outer.swap(steps_);
  f();
  outer.swap(steps_);
  return outer;
}

void Move::run() const {
  if (from.flags().row_contiguous) std::memcpy(to, from.data<char>(), from.nbytes());
  else copy_row_major(from.data<char>(), from.shape(), from.strides(), from.itemsize(), to);
}

void run_steps(const std::vector<PlanStep>& steps) {
  for (auto& step : steps) {
    try {
      step.run();
    } catch (const StepFailure&) {
      throw;
    } catch (...) {
      throw StepFailure{step.instruction, std::current_exception()};
    }
  }
}

void LoopPlan::run() {
  for (;;) {
    run_steps(condition);
    if (!*go->data<bool>()) return;
    run_steps(body);
    for (auto& move : aside) move.run();
    for (auto& move : back) move.run();
  }
}

void plan_moves(Recorder& recorder, const std::vector<mx::array>& results, LoopPlan& loop) {
  for (size_t k = 0; k < results.size(); k++) {
    auto& slot = loop.slots[k];
    const mx::array& result = results[k];
    bool same = result.data<char>() == slot.data<char>() && result.flags().row_contiguous && result.size() == slot.size();
    if (same || result.size() == 0) continue;
    bool of_state = false;
    for (auto& other : loop.slots) of_state |= other.data_shared_ptr() == result.data_shared_ptr();
    char* to = const_cast<char*>(slot.data<char>());
    if (!of_state) {
      loop.back.push_back({result, to});
      continue;
    }
    mx::array aside = unfilled(slot.shape(), slot.dtype());
    recorder.give_memory(aside);
    loop.aside.push_back({result, aside.data<char>()});
    loop.back.push_back({aside, to});
  }
}

}  // namespace hloom
