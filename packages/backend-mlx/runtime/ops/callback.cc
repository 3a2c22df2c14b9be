// Calls out of the program, into the host process. They happen when the executor comes to them: in order, each once, whether or
// not somebody uses the results.
#include "../callback.h"

#include <atomic>

#include <mlx/allocator.h>

#include "../call.h"

namespace hloom {

namespace {

std::atomic<HloomCallback> registered{nullptr};
std::atomic<HloomEvaluator> registered_evaluator{nullptr};

// Row-major operands and room for the results, as the host sees them. `call` has the rest of HloomCallback's parameters.
template <typename F>
Arrays call_out(Call& c, F call) {
  auto& tape = *c.bound.tape;
  auto& program = c.program();
  auto type_at = [&](uint32_t reg) -> HloomType {
    auto& type = program.type_of(tape, reg);
    return {type.element, int32_t(type.dims.size()), type.dims.data()};
  };
  std::vector<HloomType> input_types, output_types;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (auto& a : c.in) a = mx::contiguous(a);
  mx::eval(c.in);
  for (size_t i = 0; i < c.in.size(); i++) {
    input_types.push_back(type_at(c.bound.instruction->operands[i]));
    inputs.push_back(c.in[i].data<char>());
  }
  Arrays results;
  for (size_t i = 0; i < c.bound.shapes.size(); i++) {
    size_t bytes = mx::size_of(c.dtype(int(i)));
    for (int n : c.shape(int(i))) bytes *= size_t(n);
    results.push_back(mx::array(mx::allocator::malloc(bytes), c.shape(int(i)), c.dtype(int(i))));
    output_types.push_back(type_at(c.bound.instruction->results[i]));
    outputs.push_back(results.back().data<char>());
  }
  std::string message(16384, '\0');
  int32_t code = call(int32_t(inputs.size()), input_types.data(), inputs.data(), int32_t(outputs.size()), output_types.data(), outputs.data(), message.data(), message.size());
  if (code != 0) throw Error(HloomCode(code), message.c_str());
  return results;
}

}  // namespace

void set_callback(HloomCallback callback) { registered = callback; }
HloomCallback callback() { return registered; }
void set_evaluator(HloomEvaluator evaluator) { registered_evaluator = evaluator; }
HloomEvaluator evaluator() { return registered_evaluator; }

namespace ops {

Arrays callback(Call& c) {
  HloomCallback function = hloom::callback();
  if (!function) throw Error(HLOOM_FAILED_PRECONDITION, "the program calls a function of Python, and runs outside of it");
  int64_t id = c.param("id").integer;
  return call_out(c, [&](auto... rest) { return function(id, rest...); });
}

// An operation that MLX does not have, by the reference evaluator of the host process.
Arrays evaluate(Call& c) {
  HloomEvaluator function = hloom::evaluator();
  if (!function) throw Error(HLOOM_FAILED_PRECONDITION, "the program needs the reference evaluator, which only Node has");
  const std::string& module = c.text("module");
  return call_out(c, [&](auto... rest) { return function(module.c_str(), rest...); });
}

}  // namespace ops
}  // namespace hloom
