// Replays tapes: registers are MLX arrays, instructions extend MLX's lazy graph, control flow happens here.
// Everything in this file runs on the device's owner thread, because MLX's streams belong to threads.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "call.h"
#include "plan.h"

namespace hloom {

// A Program with everything found that does not depend on values. Made on any thread.
class Executable {
 public:
  explicit Executable(Program decoded);

  const Program program;

  // Owner thread only. `inputs` are consumed: what nobody else holds may become the memory of a result.
  std::vector<mx::array> run(std::vector<mx::array> inputs, const Device& device);

 private:
  friend class Run;
  struct Step {
    OpFunction function = nullptr;  // null for control ops
    Bound bound;
    std::function<std::vector<mx::array>(const std::vector<mx::array>&)> compiled;  // of a map, on a GPU
    bool empty = false;  // all results have no elements: nothing to compute
  };
  Bound bind(const Tape& tape, const Instruction& instruction) const;

  std::vector<std::vector<Step>> steps_;  // per tape and instruction
  std::vector<std::optional<mx::array>> constants_;
  // Of while instructions; nullptr where there can be none.
  std::map<const Instruction*, std::unique_ptr<LoopPlan>> plans_;
};

// How `upload` and constants bring host data to the device.
mx::array from_host(const Type& type, const char* data, const int64_t* byte_strides, bool splat = false);

}  // namespace hloom
