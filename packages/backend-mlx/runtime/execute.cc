#include "execute.h"

#include <cstring>

#include "eager.h"
#include "host.h"
#include "map/body.h"
#include "narrow.h"

namespace hloom {
namespace {

// MLX evaluates recursively deep graphs in bounded stack, but holds all of their memory: evaluate now and then.
constexpr int kMaxPending = 2000;

HloomError failure_text(std::exception_ptr cause) {
  try {
    std::rethrow_exception(cause);
  } catch (const Error& e) {
    return {e.code, e.what()};
  } catch (const std::bad_alloc&) {
    return {HLOOM_RESOURCE_EXHAUSTED, "out of memory"};
  } catch (const std::exception& e) {
    return {HLOOM_INTERNAL, e.what()};
  } catch (...) {
    return {HLOOM_INTERNAL, "unknown exception"};
  }
}

// An error that already names its op.
struct LocatedError : Error {
  using Error::Error;
};

}  // namespace

class Run {
 public:
  Run(Executable& executable, const Device& device) : executable_(executable), device_(device) {}

  std::vector<mx::array> tape(uint32_t index, std::vector<mx::array> inputs) {
    const Tape& tape = executable_.program.tapes[index];
    std::vector<std::optional<mx::array>> registers(tape.registers.size());
    for (size_t i = 0; i < inputs.size(); i++) registers[tape.inputs[i]] = std::move(inputs[i]);
    inputs.clear();
    Recorder* recorder = Recorder::active();
    Frame frame(recorder, registers);
    for (size_t i = 0; i < tape.instructions.size(); i++) {
      const Instruction& instruction = tape.instructions[i];
      if (recorder) recorder->current = &instruction;
      Executable::Step& step = executable_.steps_[index][i];
      Arrays results = instruction_results(step, instruction, take(instruction, registers));
      for (size_t r = 0; r < results.size(); r++) registers[instruction.results[r]] = std::move(results[r]);
      if (recorder) must_be_there(instruction, registers);
      else if (++pending_ >= kMaxPending) flush(registers);
    }
    std::vector<mx::array> out;
    for (uint32_t reg : tape.outputs) out.push_back(*registers[reg]);
    return out;
  }

 private:
  // Puts registers where the recorder sees what is still needed.
  struct Frame {
    Frame(Recorder* recorder, const Registers& registers) : recorder(recorder) {
      if (recorder) recorder->frames.push_back(&registers);
    }
    ~Frame() {
      if (recorder) recorder->frames.pop_back();
    }
    Recorder* recorder;
  };

  static void must_be_there(const Instruction& instruction, const Registers& registers) {
    for (uint32_t reg : instruction.results)
      if (!is_there(*registers[reg])) throw NotPlannable{};
  }

  std::vector<mx::array> take(const Instruction& instruction, std::vector<std::optional<mx::array>>& registers) {
    std::vector<mx::array> operands;
    operands.reserve(instruction.operands.size());
    for (uint32_t reg : instruction.operands) operands.push_back(*registers[reg]);
    for (size_t i = 0; i < instruction.operands.size(); i++)
      if (instruction.last_use[i]) registers[instruction.operands[i]].reset();
    return operands;
  }

  Arrays instruction_results(Executable::Step& step, const Instruction& instruction, std::vector<mx::array> operands) {
    try {
      if (!step.function) return control(instruction, std::move(operands), step.bound);
      Call call(step.bound, device_, std::move(operands));
      if (step.empty) return empties(call);
      bool leaves = instruction.opcode == Opcode::callback || instruction.opcode == Opcode::evaluate;
      if (leaves && Recorder::active()) throw NotPlannable{};
      bool kernel = step.bound.self && device_.cpu && !device_.compose;
      Arrays results = kernel ? run_body(call, step.bound.self) : instruction.opcode == Opcode::map && device_.compose ? map(step, call) : step.function(call);
      check(call, results);
      return results;
    } catch (const LocatedError&) {
      throw;
    } catch (const Error& e) {
      throw LocatedError(e.code, where(instruction) + e.what());
    } catch (const std::bad_alloc&) {
      throw LocatedError(HLOOM_RESOURCE_EXHAUSTED, where(instruction) + "out of memory");
    } catch (const std::exception& e) {
      throw LocatedError(HLOOM_INTERNAL, where(instruction) + e.what());
    }
  }

  // A map where no kernels run: its body over whole arrays, on a GPU compiled to one kernel.
  Arrays map(Executable::Step& step, Call& call) {
    uint32_t body = uint32_t(call.bound.instruction->params[0].integer);
    auto apply = [this, body](const std::vector<mx::array>& operands) { return body_over_arrays(body, operands); };
    std::vector<mx::array> values;
    if (device_.cpu) {
      values = apply(call.in);  // MLX's compiler runs a C++ compiler for each kernel there
    } else {
      if (!step.compiled) step.compiled = mx::compile([&executable = executable_, device = device_, body](const std::vector<mx::array>& operands) { return Run(executable, device).body_over_arrays(body, operands); });
      values = step.compiled(call.in);
    }
    Arrays out;
    for (size_t i = 0; i < values.size(); i++) out.push_back(mx::broadcast_to(values[i], call.shape(int(i))));
    return out;
  }

  std::vector<mx::array> body_over_arrays(uint32_t index, const std::vector<mx::array>& inputs) {
    const Tape& tape = executable_.program.tapes[index];
    std::vector<std::optional<mx::array>> registers(tape.registers.size());
    for (size_t i = 0; i < inputs.size(); i++) registers[tape.inputs[i]] = inputs[i];
    for (size_t i = 0; i < tape.instructions.size(); i++) {
      const Instruction& instruction = tape.instructions[i];
      std::vector<mx::array> operands = take(instruction, registers), results;
      switch (instruction.opcode) {
        case Opcode::constant_: results = {*constant(instruction.params[0].integer).begin()}; break;
        case Opcode::call_: case Opcode::map: results = body_over_arrays(uint32_t(instruction.params[0].integer), operands); break;
        case Opcode::reshape: case Opcode::broadcast_in_dim: results = operands; break;  // of scalars
        case Opcode::view: {
          auto to = executable_.steps_[index][i].bound.dtypes[0];
          results = {operands[0].dtype() == to ? operands[0] : mx::view(operands[0], to)};
          break;
        }
        default: {
          Call call(executable_.steps_[index][i].bound, device_, std::move(operands));
          for (auto& a : executable_.steps_[index][i].function(call)) results.push_back(std::move(a));
        }
      }
      for (size_t r = 0; r < results.size(); r++) registers[instruction.results[r]] = std::move(results[r]);
    }
    std::vector<mx::array> out;
    for (uint32_t reg : tape.outputs) out.push_back(*registers[reg]);
    return out;
  }

  static Arrays empties(const Call& call) {
    Arrays out;
    for (size_t i = 0; i < call.bound.shapes.size(); i++) {
      out.push_back(unfilled(call.shape(int(i)), call.dtype(int(i))));
      out[i].set_data(allocate(0));
    }
    return out;
  }

  std::string where(const Instruction& instruction) const {
    return instruction.info->name + " at " + executable_.program.strings[instruction.location] + ": ";
  }

  static void check(const Call& call, const Arrays& results) {
    auto& bound = call.bound;
    if (results.size() != bound.shapes.size()) throw Error(HLOOM_INTERNAL, "wrong number of results");
    for (size_t i = 0; i < results.size(); i++) {
      if (results[i].shape() == bound.shapes[i] && results[i].dtype() == bound.dtypes[i]) continue;
      std::ostringstream message;
      message << "declared result " << i << " is " << bound.dtypes[i] << bound.shapes[i] << ", computed " << results[i].dtype() << results[i].shape();
      throw Error(HLOOM_INVALID_ARGUMENT, message.str());
    }
  }

  Arrays control(const Instruction& instruction, std::vector<mx::array> operands, const Bound& bound) {
    switch (instruction.opcode) {
      case Opcode::constant_: return constant(instruction.params[0].integer);
      case Opcode::call_: return arrays(tape(instruction.params[0].integer, std::move(operands)));
      case Opcode::while_: return loop(instruction, std::move(operands));
      default: return branch(instruction, std::move(operands), bound);
    }
  }

  Arrays constant(int64_t index) {
    auto& slot = executable_.constants_[index];
    const Constant& constant = executable_.program.constants[index];
    if (!slot) slot = from_host(executable_.program.types[constant.type], constant.bytes.data(), nullptr, constant.splat);
    if (Recorder* recorder = Recorder::active()) {
      if (!is_there(*slot)) slot->eval();
      recorder->pin(*slot);
    }
    return *slot;
  }

  // ---- plans ------------------------------------------------------------------------------------------------------

  // Records the loop; its slots get the types of `state`.
  std::unique_ptr<LoopPlan> record_loop(Recorder& recorder, const Instruction& instruction, const std::vector<mx::array>& state) {
    auto loop = std::make_unique<LoopPlan>();
    for (auto& a : state) {
      loop->slots.push_back(unfilled(a.shape(), a.dtype()));
      recorder.give_memory(loop->slots.back());
    }
    loop->condition = recorder.collect([&] {
      // The condition must leave the state alone.
      Registers pins(loop->slots.begin(), loop->slots.end());
      Frame frame(&recorder, pins);
      loop->go = tape(instruction.params[0].integer, loop->slots)[0];
    });
    loop->body = recorder.collect([&] { plan_moves(recorder, tape(instruction.params[1].integer, loop->slots), *loop); });
    recorder.keep(*loop->go);
    return loop;
  }

  // A loop inside one that is recorded: its state comes from operands at each run.
  Arrays nested_loop(Recorder& recorder, const Instruction& instruction, const std::vector<mx::array>& state) {
    for (auto& a : state)
      if (!is_there(a)) throw NotPlannable{};
    std::shared_ptr<LoopPlan> loop = record_loop(recorder, instruction, state);
    recorder.current = &instruction;
    std::vector<Move> enter;
    for (size_t i = 0; i < state.size(); i++)
      if (state[i].size() > 0) enter.push_back({state[i], loop->slots[i].data<char>()});
    recorder.push([loop, enter = std::move(enter)] {
      for (auto& move : enter) move.run();
      loop->run();
    });
    return arrays(loop->slots);
  }

  // Every branch writes its results to the same memory.
  Arrays recorded_branch(Recorder& recorder, const Instruction& instruction, const mx::array& index, const std::vector<mx::array>& operands, const Bound& bound) {
    Arrays out;
    for (size_t i = 0; i < bound.shapes.size(); i++) {
      out.push_back(unfilled(bound.shapes[i], bound.dtypes[i]));
      recorder.give_memory(out[i]);
    }
    struct Branch {
      std::vector<PlanStep> steps;
      std::vector<Move> results;
    };
    auto branches = std::make_shared<std::vector<Branch>>();
    Registers pins(operands.begin(), operands.end());
    Frame frame(&recorder, pins);
    for (int64_t body : instruction.params[0].ints) {
      Branch branch;
      branch.steps = recorder.collect([&] {
        auto results = tape(uint32_t(body), operands);
        for (size_t i = 0; i < results.size(); i++)
          if (results[i].size() > 0) branch.results.push_back({results[i], out[i].data<char>()});
      });
      branches->push_back(std::move(branch));
    }
    for (auto& a : operands) recorder.keep(a);
    recorder.keep(index);
    recorder.current = &instruction;
    bool boolean = is_bool(index);
    const char* at = index.data<char>();
    recorder.push([branches, boolean, at] {
      int64_t last = int64_t(branches->size()) - 1, chosen = boolean ? int64_t(*at) : int64_t(*reinterpret_cast<const int32_t*>(at));
      auto& branch = (*branches)[chosen < 0 || chosen > last ? last : chosen];
      run_steps(branch.steps);
      for (auto& move : branch.results) move.run();
    });
    return out;
  }

  // The plan of a loop, made at its first run; nullptr when it is too large or has ops that MLX computes lazily.
  LoopPlan* plan_of(const Instruction& instruction, const std::vector<mx::array>& state) {
    if (!device_.cpu || device_.compose) return nullptr;
    auto [found, fresh] = executable_.plans_.try_emplace(&instruction, nullptr);
    if (!fresh) return found->second.get();
    Recorder recorder;
    struct Activation {
      explicit Activation(Recorder& recorder) { Recorder::active() = &recorder; }
      ~Activation() { Recorder::active() = nullptr; }
    } activation(recorder);
    try {
      found->second = record_loop(recorder, instruction, state);
      found->second->kept = recorder.kept();
    } catch (const NotPlannable&) {
    }
    return found->second.get();
  }

  Arrays run_plan(LoopPlan& plan, const Instruction& instruction, std::vector<mx::array> state) {
    mx::eval(state);
    for (size_t i = 0; i < state.size(); i++)
      if (state[i].size() > 0) Move{state[i], plan.slots[i].data<char>()}.run();
    try {
      plan.run();
    } catch (const StepFailure& failure) {
      HloomError error = failure_text(failure.cause);
      throw LocatedError(error.code, where(*failure.instruction) + error.message);
    }
    Arrays out;
    const Tape& body = executable_.program.tapes[instruction.params[1].integer];
    for (size_t i = 0; i < state.size(); i++) {
      if (body.inputs[i] == body.outputs[i]) {
        // Alive to the end of each iteration, so nothing has changed it.
        out.push_back(std::move(state[i]));
        continue;
      }
      out.push_back(unfilled(state[i].shape(), state[i].dtype()));
      out[i].set_data(allocate(out[i].nbytes()));
      std::memcpy(out[i].data<char>(), plan.slots[i].data<char>(), out[i].nbytes());
    }
    return out;
  }

  Arrays loop(const Instruction& instruction, std::vector<mx::array> state) {
    if (Recorder* recorder = Recorder::active()) return nested_loop(*recorder, instruction, state);
    if (LoopPlan* plan = plan_of(instruction, state)) return run_plan(*plan, instruction, std::move(state));
    for (;;) {
      mx::array go = tape(instruction.params[0].integer, state)[0];
      if (go.status() == mx::array::Status::unscheduled) {
        // The rest of the state too, when it is much: its graph would only grow.
        go.eval();
      }
      if (!go.item<bool>()) return arrays(std::move(state));
      state = tape(instruction.params[1].integer, std::move(state));
      if (pending_ >= kMaxPending / 2) {
        mx::eval(state);
        pending_ = 0;
      }
    }
  }

  Arrays branch(const Instruction& instruction, std::vector<mx::array> operands, const Bound& bound) {
    auto& branches = instruction.params[0].ints;
    mx::array index = operands[0];
    operands.erase(operands.begin());
    if (Recorder* recorder = Recorder::active()) return recorded_branch(*recorder, instruction, index, operands, bound);
    index.eval();
    int64_t last = int64_t(branches.size()) - 1;
    int64_t chosen = is_bool(index) ? int64_t(index.item<bool>()) : int64_t(index.item<int32_t>());
    if (chosen < 0 || chosen > last) chosen = last;
    return arrays(tape(branches[chosen], std::move(operands)));
  }

  static Arrays arrays(std::vector<mx::array> values) {
    Arrays out;
    for (auto& value : values) out.push_back(std::move(value));
    return out;
  }

  void flush(const std::vector<std::optional<mx::array>>& registers) {
    std::vector<mx::array> live;
    for (auto& reg : registers)
      if (reg && reg->status() == mx::array::Status::unscheduled) live.push_back(*reg);
    mx::eval(std::move(live));
    pending_ = 0;
  }

  Executable& executable_;
  const Device& device_;
  int pending_ = 0;
};

Bound Executable::bind(const Tape& tape, const Instruction& instruction) const {
  Bound bound{&program, &tape, &instruction, {}, {}, {}, nullptr};
  for (uint32_t reg : instruction.results) {
    bound.shapes.push_back(shape_of(program.type_of(tape, reg)));
    bound.dtypes.push_back(dtype_of(program.type_of(tape, reg).element));
  }
  if (op_function(instruction.opcode)) {
    for (uint32_t reg : instruction.operands)
      if (HloomElement e = program.type_of(tape, reg).element; is_narrow(e) && !moves_only(instruction.opcode))
        unimplemented(instruction.info->name + " of " + element_name(e) + ": programs widen such elements first");
    for (size_t p = 0; p < instruction.params.size(); p++)
      if (instruction.info->params[p].second == Kind::kTape) bound.bodies.push_back(compile_tape(program, uint32_t(instruction.params[p].integer)));
    bound.self = compile_instruction(program, tape, instruction);
    if (bound.self) check_body(program, tape, instruction, *bound.self);
    if (instruction.opcode == Opcode::map) check_body(program, tape, instruction, *bound.bodies[0]);
  }
  return bound;
}

Executable::Executable(Program decoded) : program(std::move(decoded)), constants_(program.constants.size()) {
  for (auto& type : program.types) dtype_of(type.element);
  for (auto& tape : program.tapes) {
    auto& steps = steps_.emplace_back();
    for (auto& instruction : tape.instructions) {
      Step step{op_function(instruction.opcode), bind(tape, instruction), {}, !instruction.results.empty()};
      for (uint32_t reg : instruction.results) step.empty &= program.type_of(tape, reg).count() == 0;
      steps.push_back(std::move(step));
    }
  }
}

std::vector<mx::array> Executable::run(std::vector<mx::array> inputs, const Device& device) {
  if (!device.cpu)
    for (auto& type : program.types)
      if (type.element == HLOOM_F64 || type.element == HLOOM_C128)
        unimplemented("f64 on a GPU, which MLX does not have; way out: HLOOM_F64=downcast computes in f32, HLOOM_MLX_DEVICE=cpu in f64 on the processor");
  return Run(*this, device).tape(0, std::move(inputs));
}

}  // namespace hloom
