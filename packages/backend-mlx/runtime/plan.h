// Loops over small arrays, recorded once and replayed: on a CPU an op of a plan costs some ten nanoseconds, a tenth of what
// it costs to make its result an array. While a Recorder is active, ops give their work to it instead of doing it; all
// results have fixed memory that belongs to the plan.
#pragma once
#include <functional>
#include <optional>
#include <set>
#include <vector>

#include "call.h"

namespace hloom {

// Thrown while recording: the loop has to be interpreted.
struct NotPlannable {};

struct PlanStep {
  std::function<void()> run;
  const Instruction* instruction;  // for errors
};

using Registers = std::vector<std::optional<mx::array>>;

class Recorder {
 public:
  static constexpr size_t kMaxBytes = 8 << 20;
  static constexpr size_t kMaxSteps = 20'000;

  // The one of this thread, or nullptr.
  static Recorder*& active();

  void push(std::function<void()> run);
  // Memory for an array that is about to be a result.
  void give_memory(mx::array& a);
  // Keeps memory alive as long as the plan.
  void keep(const mx::array& a) { kept_.push_back(a); }
  // Whether an operand that is not used again may become the memory of a result: nobody else must see its elements.
  bool may_take(const mx::array& a) const;
  void pin(const mx::array& a) { pinned_.insert(a.data_shared_ptr().get()); }

  // Steps recorded by `f` alone.
  std::vector<PlanStep> collect(const std::function<void()>& f);

  const std::vector<mx::array>& kept() const { return kept_; }

  std::vector<const Registers*> frames;  // of the tapes being recorded, outermost first
  const Instruction* current = nullptr;

 private:
  std::vector<PlanStep> steps_;
  std::vector<mx::array> kept_;
  std::set<const void*> pinned_;
  size_t bytes_ = 0, count_ = 0;
};

// Copies an array into row-major memory.
struct Move {
  mx::array from;
  char* to;
  void run() const;
};

struct LoopPlan {
  std::vector<mx::array> slots;  // the state, row-major
  std::vector<PlanStep> condition, body;
  std::optional<mx::array> go;
  std::vector<Move> aside, back;  // after an iteration: what would be overwritten while it is still needed, then the new state
  std::vector<mx::array> kept;

  void run();
};

// Steps in order; an error names its instruction through `where`.
void run_steps(const std::vector<PlanStep>& steps);

// An exception of a step, with the instruction that it belongs to.
struct StepFailure {
  const Instruction* instruction;
  std::exception_ptr cause;
};

// The moves that make `results` the next `slots`, all as if at once.
void plan_moves(Recorder& recorder, const std::vector<mx::array>& results, LoopPlan& loop);

}  // namespace hloom
