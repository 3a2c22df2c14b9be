// Applies a body to whole arrays, block by block: one pass over memory for any chain of element-wise ops.
#include <cstring>

#include "../eager.h"
#include "../host.h"
#include "../parallel.h"
#include "../plan.h"
#include "program.h"

namespace hloom {
namespace {

// How the elements of one operand are found for a run of consecutive result elements.
struct Source {
  enum Mode : uint8_t { kScalar, kDirect, kStrided } mode;
  const char* data;
  size_t item;
  std::vector<int64_t> dims, steps;  // merged dimensions, for kStrided
};

Source source_of(const mx::array& a, HloomElement element, const mx::Shape& shape) {
  Source s{Source::kDirect, a.data<char>(), storage_bytes(element), {}, {}};
  if (a.size() == 1 || a.data_size() == 1) {
    s.mode = Source::kScalar;
  } else if (!a.flags().row_contiguous) {
    s.mode = Source::kStrided;
    for (size_t i = 0; i < shape.size(); i++) {
      if (shape[i] == 1) continue;
      int64_t step = a.strides()[i];
      if (!s.dims.empty() && s.steps.back() == step * shape[i]) {
        s.dims.back() *= shape[i];
        s.steps.back() = step;
      } else {
        s.dims.push_back(shape[i]);
        s.steps.push_back(step);
      }
    }
  }
  return s;
}

// Walks a strided operand in row-major order of the result.
class Walker {
 public:
  Walker(const Source& s, int64_t start) : s_(s), index_(s.dims.size()) {
    for (int d = int(s.dims.size()) - 1; d >= 0; d--) {
      index_[d] = start % s.dims[d];
      start /= s.dims[d];
      offset_ += index_[d] * s.steps[d];
    }
  }

  void copy(char* to, int64_t n) {
    int last = int(s_.dims.size()) - 1;
    int64_t inner = s_.dims[last], step = s_.steps[last];
    with_width(s_.item, [&](auto zero) {
      using T = decltype(zero);
      auto target = reinterpret_cast<T*>(to);
      auto source = reinterpret_cast<const T*>(s_.data);
      while (n > 0) {
        int64_t run = std::min(n, inner - index_[last]);
        const T* from = source + offset_;
        if (step == 1) std::memcpy(target, from, run * sizeof(T));
        else if (step == 0) std::fill_n(target, run, *from);
        else for (int64_t i = 0; i < run; i++) target[i] = from[i * step];
        target += run;
        n -= run;
        advance(run);
      }
    });
  }

 private:
  void advance(int64_t run) {
    int d = int(s_.dims.size()) - 1;
    index_[d] += run;
    offset_ += run * s_.steps[d];
    for (; d > 0 && index_[d] == s_.dims[d]; d--) {
      offset_ += s_.steps[d - 1] - s_.dims[d] * s_.steps[d];
      index_[d] = 0;
      index_[d - 1]++;
    }
  }
  const Source& s_;
  std::vector<int64_t> index_;
  int64_t offset_ = 0;
};

void run_range(const Body& body, const std::vector<Source>& sources, const std::vector<char*>& out, int64_t begin, int64_t end) {
  Interpreter interpreter(body, int(std::min<int64_t>(kBlock, end - begin)));
  std::vector<std::unique_ptr<Walker>> walkers(sources.size());
  for (size_t i = 0; i < sources.size(); i++) {
    if (sources[i].mode == Source::kScalar) interpreter.set_scalar(int(i), sources[i].data);
    if (sources[i].mode == Source::kStrided) walkers[i] = std::make_unique<Walker>(sources[i], begin);
  }
  std::vector<void*> targets(out.size());
  for (int64_t at = begin; at < end; at += kBlock) {
    int n = int(std::min<int64_t>(kBlock, end - at));
    for (size_t i = 0; i < sources.size(); i++) {
      if (walkers[i]) {
        walkers[i]->copy(static_cast<char*>(interpreter.staging(int(i))), n);
        interpreter.take_staged(int(i), n);
      } else if (sources[i].mode == Source::kDirect) {
        interpreter.set_block(int(i), sources[i].data + at * sources[i].item, n);
      }
    }
    for (size_t o = 0; o < out.size(); o++) targets[o] = out[o] + at * storage_bytes(body.outputs[o].element);
    interpreter.run(n, targets.data());
  }
}

// An input whose memory the output may overwrite: nobody else's, equally wide, and not read after the output is written.
int find_donor(const Body& body, const std::vector<mx::array>& inputs, const mx::array& out, const Body::Port& port, const std::vector<bool>& taken) {
  for (size_t i = 0; i < inputs.size(); i++) {
    auto& in = inputs[i];
    if (taken[i] || in.itemsize() != out.itemsize() || in.shape() != out.shape() || !in.flags().row_contiguous || !in.is_donatable()) continue;
    bool half = port.element == HLOOM_F16 || port.element == HLOOM_BF16;
    if (!half && (port.written < 0 || body.inputs[i].last_read > port.written)) continue;
    if (half && body.outputs.size() > 1) continue;
    return int(i);
  }
  return -1;
}

class Map : public KernelPrimitive {
 public:
  Map(mx::Stream stream, std::shared_ptr<const Body> body) : KernelPrimitive(stream), body_(std::move(body)) {}

  std::function<void()> plan(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    std::vector<Source> sources;
    for (size_t i = 0; i < inputs.size(); i++) sources.push_back(source_of(inputs[i], body_->inputs[i].element, outputs[0].shape()));
    std::vector<char*> out;
    std::vector<bool> taken(inputs.size(), false);
    for (size_t o = 0; o < outputs.size(); o++) {
      int donor = find_donor(*body_, inputs, outputs[o], body_->outputs[o], taken);
      if (donor >= 0) {
        outputs[o].copy_shared_buffer(inputs[donor]);
        taken[donor] = true;
      } else {
        give_memory(outputs[o]);
      }
      out.push_back(outputs[o].data<char>());
    }
    int64_t size = int64_t(outputs[0].size());
    return [body = body_, sources = std::move(sources), out = std::move(out), size] {
      // About a microsecond of work per step and block: worth a second thread from some hundred of those.
      int64_t grain = std::max<int64_t>(1, 256 / std::max<size_t>(1, body->steps.size())) * kBlock;
      parallel_ranges(size, grain, kBlock, [&](int64_t begin, int64_t end) { run_range(*body, sources, out, begin, end); });
    };
  }

  const char* name() const override { return "Map"; }

 private:
  std::shared_ptr<const Body> body_;
};

// One block, everything there: no plan, no primitive.
bool run_small(Call& c, const Body& body, Arrays& out) {
  int64_t n = 1;
  for (int dim : c.shape()) n *= dim;
  if (n > kBlock || !all_there(c.in)) return false;
  for (auto& a : c.in)
    if (a.size() != 1 && !a.flags().row_contiguous) return false;
  Interpreter interpreter(body, int(n));
  for (size_t i = 0; i < c.in.size(); i++) {
    if (c.in[i].size() == 1 && n > 1) interpreter.set_scalar(int(i), c.in[i].data<char>());
    else interpreter.set_block(int(i), c.in[i].data<char>(), int(n));
  }
  std::vector<bool> taken(c.in.size(), false);
  std::vector<void*> targets;
  for (size_t o = 0; o < body.outputs.size(); o++) {
    out.push_back(unfilled(c.shape(int(o)), c.dtype(int(o))));
    int donor = find_donor(body, c.in, out[o], body.outputs[o], taken);
    if (donor >= 0) {
      out[o].copy_shared_buffer(c.in[donor]);
      taken[donor] = true;
    } else {
      out[o].set_data(allocate(out[o].nbytes()));
    }
    targets.push_back(out[o].data<char>());
  }
  interpreter.run(int(n), targets.data());
  return true;
}

// The same for a plan: pointers are set once, only scalars are spread anew at each replay.
bool record_small(Call& c, const std::shared_ptr<const Body>& body, Arrays& out) {
  Recorder& recorder = *Recorder::active();
  int64_t n = 1;
  for (int dim : c.shape()) n *= dim;
  if (n > kBlock || !all_there(c.in)) return false;
  for (auto& a : c.in)
    if (a.size() != 1 && !a.flags().row_contiguous) return false;
  auto interpreter = std::make_shared<Interpreter>(*body, int(n));
  std::vector<std::pair<int, const char*>> anew;
  for (size_t i = 0; i < c.in.size(); i++) {
    bool is_half_input = body->inputs[i].element == HLOOM_F16 || body->inputs[i].element == HLOOM_BF16;
    bool spread = c.in[i].size() == 1 && n > 1;
    if (spread || is_half_input) anew.emplace_back(spread ? int(i) : -1 - int(i), c.in[i].data<char>());
    else interpreter->set_block(int(i), c.in[i].data<char>(), int(n));
    recorder.keep(c.in[i]);
  }
  std::vector<void*> targets;
  for (size_t o = 0; o < body->outputs.size(); o++) {
    out.push_back(unfilled(c.shape(int(o)), c.dtype(int(o))));
    recorder.give_memory(out[o]);
    targets.push_back(out[o].data<char>());
  }
  recorder.push([interpreter, body, anew = std::move(anew), targets = std::move(targets), n = int(n)] {
    for (auto [input, data] : anew) {
      if (input >= 0) interpreter->set_scalar(input, data);
      else interpreter->set_block(-1 - input, data, n);
    }
    interpreter->run(n, targets.data());
  });
  return true;
}

}  // namespace

void check_body(const Program& program, const Tape& tape, const Instruction& in, const Body& body) {
  if (body.inputs.size() != in.operands.size() || body.outputs.size() != in.results.size() || in.results.empty()) invalid("program: a body has another number of operands or results than its " + in.info->name);
  const Type& shape = program.type_of(tape, in.results[0]);
  for (size_t i = 0; i < in.operands.size(); i++) {
    const Type& type = program.type_of(tape, in.operands[i]);
    if ((!type.dims.empty() && type.dims != shape.dims) || type.element != body.inputs[i].element) invalid("program: an operand of " + in.info->name + " is " + type_text(type) + ", which does not fit " + type_text(shape));
  }
  for (size_t i = 0; i < in.results.size(); i++) {
    const Type& type = program.type_of(tape, in.results[i]);
    if (type.dims != shape.dims || type.element != body.outputs[i].element) invalid("program: results of " + in.info->name + " differ");
  }
}

Arrays run_body(Call& c, const std::shared_ptr<const Body>& body) {
  Arrays out;
  if (Recorder::active() ? record_small(c, body, out) : run_small(c, *body, out)) return out;
  return apply(std::make_shared<Map>(mx::default_stream(mx::Device::cpu), body), std::move(c.in), c.bound.shapes, c.bound.dtypes);
}

mx::array cast(const Call& c, const mx::array& a, mx::Dtype to) {
  if (a.dtype() == to) return a;
  if (!eager(c)) return mx::astype(a, to);
  return apply(std::make_shared<Map>(mx::default_stream(mx::Device::cpu), conversion(a.dtype(), to)), {a}, {a.shape()}, {to})[0];
}

namespace ops {
// On a GPU too: bodies have no MLX form. The lowering makes `map` only for devices whose kernels run it.
Arrays map(Call& c) { return run_body(c, c.bound.bodies[0]); }
}  // namespace ops

}  // namespace hloom
