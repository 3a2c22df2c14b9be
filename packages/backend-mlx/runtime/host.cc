#include "host.h"

#include <unistd.h>

#include <cstring>

#include <mlx/allocator.h>
#include <mlx/backend/cpu/encoder.h>
#include <mlx/primitives.h>

#include "eager.h"
#include "plan.h"

namespace hloom {
namespace {

struct Operand {
  char* data;
  mx::Shape shape;
  mx::Strides strides;
  mx::Dtype dtype;
  int64_t size;
  bool row_major;
};

Operand operand(const mx::array& a) {
  auto data = const_cast<char*>(a.data<char>());
  return {data, a.shape(), a.strides(), a.dtype(), int64_t(a.size()), a.flags().row_contiguous || a.size() <= 1};
}

View view(const mx::array& a) {
  return {const_cast<char*>(a.data<char>()), a.shape(), a.dtype(), int64_t(a.size())};
}

// `start`: index of the operand that the first output begins as, when its memory could not be taken over; else -1.
void run(const HostFunction& function, const std::vector<Operand>& operands, Views out, int start) {
  Views in;
  std::vector<std::unique_ptr<char[]>> temporaries;
  for (auto& o : operands) {
    char* data = o.data;
    if (!o.row_major) {
      size_t item = mx::size_of(o.dtype);
      temporaries.emplace_back(new char[o.size * item]);
      data = temporaries.back().get();
      copy_row_major(o.data, o.shape, o.strides, item, data);
    }
    in.push_back({data, o.shape, o.dtype, o.size});
  }
  if (start >= 0) std::memcpy(out[0].data, in[start].data, in[start].size * mx::size_of(in[start].dtype));
  function(in, out);
}

// Memory for the outputs; whether the first one took over that of input `start`.
bool memory_for(int start, const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) {
  // The same shape, because the strides come along.
  bool taken = start >= 0 && inputs[start].is_donatable() && inputs[start].flags().row_contiguous && inputs[start].shape() == outputs[0].shape();
  for (size_t i = 0; i < outputs.size(); i++) {
    if (i == 0 && taken) outputs[0].copy_shared_buffer(inputs[start]);
    else outputs[i].set_data(allocate(outputs[i].nbytes()));
  }
  return taken;
}

std::vector<Operand> operands_of(const std::vector<mx::array>& inputs) {
  std::vector<Operand> out;
  out.reserve(inputs.size());
  for (auto& a : inputs) out.push_back(operand(a));
  return out;
}

Views views_of(const std::vector<mx::array>& arrays) {
  Views out;
  out.reserve(arrays.size());
  for (auto& a : arrays) out.push_back(view(a));
  return out;
}

class HostPrimitive : public KernelPrimitive {
 public:
  HostPrimitive(mx::Stream stream, HostOptions options, HostFunction function)
      : KernelPrimitive(stream), options_(options), function_(std::make_shared<const HostFunction>(std::move(function))) {}

  std::function<void()> plan(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    std::vector<Operand> operands = operands_of(inputs);
    bool taken = memory_for(options_.in_place, inputs, outputs);
    return [function = function_, operands = std::move(operands), out = views_of(outputs), start = taken ? -1 : options_.in_place] { run(*function, operands, out, start); };
  }

  const char* name() const override { return options_.name; }

 private:
  HostOptions options_;
  std::shared_ptr<const HostFunction> function_;
};

}  // namespace

void copy_row_major(const char* from, const mx::Shape& shape, const mx::Strides& strides, size_t item, char* to) {
  copy_strided(from, strides, to, row_major_strides(shape), shape, item);
}

namespace {

// Transposes in tiles: rows of the target are then written together, and lines of the source are used while in the cache.
template <typename T>
void copy_plane(const T* from, int64_t from_row, int64_t from_column, T* to, int64_t to_row, int64_t rows, int64_t columns) {
  constexpr int64_t tile = 32;
  for (int64_t i0 = 0; i0 < rows; i0 += tile)
    for (int64_t j0 = 0; j0 < columns; j0 += tile) {
      int64_t i1 = std::min(rows, i0 + tile), j1 = std::min(columns, j0 + tile);
      for (int64_t i = i0; i < i1; i++)
        for (int64_t j = j0; j < j1; j++) to[i * to_row + j] = from[i * from_row + j * from_column];
    }
}

}  // namespace

void copy_strided(const char* from, const mx::Strides& from_strides, char* to, const mx::Strides& to_strides, const mx::Shape& shape, size_t item) {
  // Dimensions that lie together in both are merged first: most arrays are then of rank 1 or 2.
  std::vector<int64_t> dims, a, b;
  for (size_t i = 0; i < shape.size(); i++) {
    if (shape[i] == 0) return;
    if (shape[i] == 1) continue;
    if (!dims.empty() && a.back() == from_strides[i] * shape[i] && b.back() == to_strides[i] * shape[i]) {
      dims.back() *= shape[i];
      a.back() = from_strides[i];
      b.back() = to_strides[i];
    } else {
      dims.push_back(shape[i]);
      a.push_back(from_strides[i]);
      b.push_back(to_strides[i]);
    }
  }
  if (dims.empty()) {
    std::memcpy(to, from, item);
    return;
  }
  int last = int(dims.size()) - 1;
  bool plane = last >= 1 && b[last] == 1 && a[last] != 1 && a[last] != 0 && a[last - 1] == 1;
  int outer = plane ? last - 1 : last;
  std::vector<int64_t> index(outer, 0);
  with_width(item, [&](auto zero) {
    using T = decltype(zero);
    const T* source = reinterpret_cast<const T*>(from);
    T* target = reinterpret_cast<T*>(to);
    for (;;) {
      int64_t n = dims[last], step = a[last], to_step = b[last];
      if (plane) copy_plane(source, a[last - 1], step, target, b[last - 1], dims[last - 1], n);
      else if (step == 1 && to_step == 1) std::memcpy(target, source, n * sizeof(T));
      else if (to_step == 1 && step == 0) std::fill_n(target, n, *source);
      else for (int64_t i = 0; i < n; i++) target[i * to_step] = source[i * step];
      int d = outer - 1;
      for (; d >= 0; d--) {
        source += a[d];
        target += b[d];
        if (++index[d] < dims[d]) break;
        source -= a[d] * dims[d];
        target -= b[d] * dims[d];
        index[d] = 0;
      }
      if (d < 0) return;
    }
  });
}

void fill(char* to, int64_t n, const char* element, size_t item) {
  with_width(item, [&](auto zero) {
    using T = decltype(zero);
    T value;
    std::memcpy(&value, element, sizeof(T));
    std::fill_n(reinterpret_cast<T*>(to), n, value);
  });
}

void KernelPrimitive::give_memory(mx::array& out) {
  if (Recorder* recorder = Recorder::active()) recorder->give_memory(out);
  else out.set_data(allocate(out.nbytes()));
}

mx::allocator::Data allocate(size_t bytes) {
  static const size_t limit = size_t(sysconf(_SC_PHYS_PAGES)) * size_t(sysconf(_SC_PAGE_SIZE));
  if (bytes > limit) throw Error(HLOOM_RESOURCE_EXHAUSTED, "a result needs " + std::to_string(bytes) + " bytes, the machine has " + std::to_string(limit));
  return mx::allocator::malloc(bytes);
}

void KernelPrimitive::eval_cpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) {
  // MLX keeps the inputs' memory alive until this task is done.
  mx::cpu::get_command_encoder(stream()).dispatch(plan(inputs, outputs));
}

void KernelPrimitive::eval_gpu(const std::vector<mx::array>&, std::vector<mx::array>&) {
  throw Error(HLOOM_INTERNAL, std::string(name()) + " has no GPU kernel");
}

bool all_there(const std::vector<mx::array>& inputs) {
  for (auto& a : inputs)
    if (!is_there(a)) return false;
  return true;
}

mx::array unfilled(const mx::Shape& shape, mx::Dtype dtype) {
  mx::array out(shape, dtype, nullptr, {});
  out.set_status(mx::array::Status::available);
  return out;
}

Arrays apply(std::shared_ptr<KernelPrimitive> primitive, std::vector<mx::array> inputs, std::vector<mx::Shape> shapes, std::vector<mx::Dtype> dtypes) {
  Arrays out;
  if (Recorder* recorder = Recorder::active()) {
    if (!all_there(inputs)) throw NotPlannable{};
    for (size_t i = 0; i < shapes.size(); i++) out.push_back(unfilled(shapes[i], dtypes[i]));
    for (auto& a : inputs) recorder->keep(a);
    recorder->push([primitive, work = primitive->plan(inputs, out)] { work(); });
  } else if (all_there(inputs)) {
    for (size_t i = 0; i < shapes.size(); i++) out.push_back(unfilled(shapes[i], dtypes[i]));
    primitive->plan(inputs, out)();
  } else if (shapes.size() == 1) {
    out.push_back(mx::array(std::move(shapes[0]), dtypes[0], std::move(primitive), std::move(inputs)));
  } else {
    for (auto& a : mx::array::make_arrays(std::move(shapes), dtypes, primitive, inputs)) out.push_back(std::move(a));
  }
  return out;
}

namespace {

Arrays record(Recorder& recorder, HostOptions options, const std::vector<mx::array>& inputs, const std::vector<mx::Shape>& shapes, const std::vector<mx::Dtype>& dtypes, HostFunction function) {
  if (!all_there(inputs)) throw NotPlannable{};
  Arrays out;
  int start = options.in_place;
  for (size_t i = 0; i < shapes.size(); i++) {
    out.push_back(unfilled(shapes[i], dtypes[i]));
    bool sole = i == 0 && start >= 0 && inputs[start].shape() == shapes[0];
    for (int j = 0; sole && j < int(inputs.size()); j++) sole = j == start || inputs[j].data_shared_ptr() != inputs[start].data_shared_ptr();
    if (sole && recorder.may_take(inputs[start])) {
      out[0].copy_shared_buffer(inputs[start]);
      start = -1;
    } else {
      recorder.give_memory(out[i]);
    }
  }
  for (auto& a : inputs) recorder.keep(a);
  recorder.push([function = std::move(function), operands = operands_of(inputs), views = views_of(out), start] { run(function, operands, views, start); });
  return out;
}

}  // namespace

Arrays host(HostOptions options, std::vector<mx::array> inputs, std::vector<mx::Shape> shapes, std::vector<mx::Dtype> dtypes, HostFunction function) {
  if (Recorder* recorder = Recorder::active()) return record(*recorder, options, inputs, shapes, dtypes, std::move(function));
  if (!all_there(inputs))
    return apply(std::make_shared<HostPrimitive>(mx::default_stream(mx::Device::cpu), options, std::move(function)), std::move(inputs), std::move(shapes), std::move(dtypes));
  Arrays out;
  for (size_t i = 0; i < shapes.size(); i++) out.push_back(unfilled(shapes[i], dtypes[i]));
  std::vector<Operand> operands = operands_of(inputs);
  bool taken = memory_for(options.in_place, inputs, out);
  run(function, operands, views_of(out), taken ? -1 : options.in_place);
  return out;
}

Arrays host(HostOptions options, Call& c, HostFunction function) {
  return host(options, std::move(c.in), c.bound.shapes, c.bound.dtypes, std::move(function));
}

}  // namespace hloom
