// Windows: reduce_window and select_and_scatter on the CPU.
#include <algorithm>
#include <limits>

#include "../host.h"
#include "../parallel.h"
#include "../map/program.h"

namespace hloom::ops {
namespace {

struct Window {
  std::vector<int> size, strides, base_dilation, window_dilation, low, high;
  int64_t count = 1;  // positions in the window
};

Window window_of(Call& c, const mx::Shape& operand, const mx::Shape& result) {
  size_t rank = operand.size();
  bool dilated = c.bound.instruction->opcode != Opcode::select_and_scatter;
  std::vector<int> ones(rank, 1);
  Window w{c.ints("window"), c.ints("strides"), dilated ? c.ints("base_dilation") : ones, dilated ? c.ints("window_dilation") : ones, c.ints("low"), c.ints("high")};
  for (auto* v : {&w.size, &w.strides, &w.base_dilation, &w.window_dilation, &w.low, &w.high})
    if (v->size() != rank) invalid("window parameters need one entry per dimension");
  if (result.size() != rank) invalid("window result has another rank");
  for (size_t d = 0; d < rank; d++) {
    if (w.size[d] < 1 || w.strides[d] < 1 || w.base_dilation[d] < 1 || w.window_dilation[d] < 1) invalid("window sizes, strides and dilations must be positive");
    int64_t room = (operand[d] == 0 ? 0 : int64_t(operand[d] - 1) * w.base_dilation[d] + 1) + w.low[d] + w.high[d];
    int64_t extent = int64_t(w.size[d] - 1) * w.window_dilation[d] + 1;
    int64_t positions = extent > room ? 0 : (room - extent) / w.strides[d] + 1;
    if (positions != result[d]) invalid("window result has the wrong size");
    w.count *= w.size[d];
    if (w.count > INT32_MAX) invalid("window too large");
  }
  return w;
}

// Operand offset of window position k (by dimension) for the result position r, or -1 in the padding.
class Locator {
 public:
  Locator(const Window& w, const mx::Shape& operand, const mx::Shape& result) : w_(w), operand_(operand), result_(result), steps_(operand.size()), r_(operand.size()), k_(operand.size()) {
    int64_t step = 1;
    for (int d = int(operand.size()) - 1; d >= 0; d--) {
      steps_[d] = step;
      step *= operand[d];
    }
  }
  void set_result(int64_t index) { split(index, result_, r_); }
  void next_result() {
    for (int d = int(r_.size()) - 1; d >= 0; d--) {
      if (++r_[d] < result_[d]) return;
      r_[d] = 0;
    }
  }
  void set_window(int64_t index) {
    for (int d = int(k_.size()) - 1; d >= 0; d--) {
      k_[d] = index % w_.size[d];
      index /= w_.size[d];
    }
  }
  int64_t offset() const {
    int64_t at = 0;
    for (size_t d = 0; d < r_.size(); d++) {
      int64_t i = r_[d] * w_.strides[d] + k_[d] * w_.window_dilation[d] - w_.low[d];
      if (w_.base_dilation[d] != 1) {
        if (i < 0 || i % w_.base_dilation[d] != 0) return -1;
        i /= w_.base_dilation[d];
      }
      if (i < 0 || i >= operand_[d]) return -1;
      at += i * steps_[d];
    }
    return at;
  }

 private:
  static void split(int64_t index, const mx::Shape& shape, std::vector<int64_t>& out) {
    for (int d = int(shape.size()) - 1; d >= 0; d--) {
      out[d] = index % shape[d];
      index /= shape[d];
    }
  }
  const Window& w_;
  const mx::Shape &operand_, &result_;
  std::vector<int64_t> steps_, r_, k_;
};

struct Sum {
  template <typename T> static T identity() { return T(0); }
  template <typename T> static T run(T a, T b) {
    if constexpr (std::is_same_v<T, bool>) return a | b;
    else return T(a + b);
  }
};
struct Product {
  template <typename T> static T identity() { return T(1); }
  template <typename T> static T run(T a, T b) {
    if constexpr (std::is_same_v<T, bool>) return a & b;
    else return T(a * b);
  }
};
template <typename T>
T infinity() {
  if constexpr (std::is_floating_point_v<T>) return std::numeric_limits<T>::infinity();
  else return std::numeric_limits<T>::max();
}
struct Largest {
  template <typename T> static T identity() {
    if constexpr (std::is_floating_point_v<T>) return -infinity<T>();
    else return std::numeric_limits<T>::lowest();
  }
  template <typename T> static T run(T a, T b) { return a > b || a != a ? a : b; }
};
struct Smallest {
  template <typename T> static T identity() { return infinity<T>(); }
  template <typename T> static T run(T a, T b) { return a < b || a != a ? a : b; }
};

// What T accumulates in: halves in f32, signed integers unsigned (overflow wraps).
template <typename T, bool arithmetic>
using Accumulator = std::conditional_t<std::is_same_v<T, mx::float16_t> || std::is_same_v<T, mx::bfloat16_t>, float,
                                       std::conditional_t<arithmetic && std::is_same_v<T, int32_t>, uint32_t, std::conditional_t<arithmetic && std::is_same_v<T, int64_t>, uint64_t, T>>>;

template <typename F>
void reduce_windows(const Window& w, Views& in, Views& out) {
  constexpr bool arithmetic = std::is_same_v<F, Sum> || std::is_same_v<F, Product>;
  with_type(in[0].dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, mx::complex64_t> || std::is_same_v<F, Sum>) {
      using A = Accumulator<T, arithmetic>;
      parallel_ranges(out[0].size, std::max<int64_t>(1, 16384 / w.count), 1, [&](int64_t begin, int64_t end) {
        Locator at(w, in[0].shape, out[0].shape);
        at.set_result(begin);
        for (int64_t i = begin; i < end; i++, at.next_result()) {
          A sum = F::template identity<A>();
          for (int64_t k = 0; k < w.count; k++) {
            at.set_window(k);
            int64_t from = at.offset();
            if (from >= 0) sum = F::run(sum, A(in[0].template as<T>()[from]));
          }
          out[0].template as<T>()[i] = T(sum);
        }
      });
    }
  });
}

template <typename F>
Arrays windowed(Call& c) {
  if (is_complex(c.dtype()) && !std::is_same_v<F, Sum>) unimplemented("this window reduction of complex numbers");
  Window w = window_of(c, c.in[0].shape(), c.shape());
  c.expect(c.shape(), c.in[0].dtype());
  return host({"reduce_window"}, c, [w](Views& in, Views& out) { reduce_windows<F>(w, in, out); });
}

}  // namespace

Arrays window_sum(Call& c) { return windowed<Sum>(c); }
Arrays window_prod(Call& c) { return windowed<Product>(c); }
Arrays window_max(Call& c) { return windowed<Largest>(c); }
Arrays window_min(Call& c) { return windowed<Smallest>(c); }

// Vectorized over result positions: one application of the body per window position and block.
Arrays reduce_window(Call& c) {
  size_t n = c.bound.shapes.size();
  auto& body = c.bound.bodies[0];
  if (n == 0 || c.in.size() != 2 * n || body->inputs.size() != 2 * n || body->outputs.size() != n) invalid("reduce_window needs an initial value per operand and a body of twice as many");
  for (size_t i = 0; i < n; i++) {
    if (c.in[i].shape() != c.in[0].shape() || c.shape(int(i)) != c.shape() || c.in[n + i].size() != 1) invalid("reduce_window operands differ in shape");
    if (c.in[i].dtype() != c.dtype(int(i)) || c.in[n + i].dtype() != c.dtype(int(i)) || dtype_of(body->outputs[i].element) != c.dtype(int(i)) ||
        dtype_of(body->inputs[i].element) != c.dtype(int(i)) || dtype_of(body->inputs[n + i].element) != c.dtype(int(i)))
      invalid("reduce_window types differ from its body's");
  }
  Window w = window_of(c, c.in[0].shape(), c.shape());
  return host({"reduce_window"}, c, [w, n, body](Views& in, Views& out) {
    parallel_ranges(out[0].size, std::max<int64_t>(kBlock, 65536 / w.count), kBlock, [&](int64_t begin, int64_t end) {
      Interpreter interpreter(*body);
      Locator at(w, in[0].shape, out[0].shape);
      std::vector<void*> targets(n);
      for (int64_t start = begin; start < end; start += kBlock) {
        int length = int(std::min<int64_t>(kBlock, end - start));
        for (size_t o = 0; o < n; o++) {
          size_t item = mx::size_of(out[o].dtype);
          targets[o] = out[o].data + start * item;
          for (int i = 0; i < length; i++) std::copy_n(in[n + o].data, item, static_cast<char*>(targets[o]) + i * item);
        }
        std::vector<int64_t> offsets(length);
        for (int64_t k = 0; k < w.count; k++) {
          at.set_result(start);
          at.set_window(k);
          for (int i = 0; i < length; i++, at.next_result()) offsets[i] = at.offset();
          for (size_t o = 0; o < n; o++) {
            interpreter.set_block(int(o), targets[o], length);
            with_width(mx::size_of(out[o].dtype), [&](auto zero) {
              using T = decltype(zero);
              auto staged = static_cast<T*>(interpreter.staging(int(n + o)));
              for (int i = 0; i < length; i++) staged[i] = offsets[i] < 0 ? *in[n + o].as<T>() : in[o].as<T>()[offsets[i]];
            });
            interpreter.take_staged(int(n + o), length);
          }
          interpreter.run_copied(length, targets.data());
        }
      }
    });
  });
}

Arrays select_and_scatter(Call& c) {
  auto &select = c.bound.bodies[0], &scatter = c.bound.bodies[1];
  Window w = window_of(c, c.in[0].shape(), c.in[1].shape());
  auto t = c.dtype();
  if (c.in[0].shape() != c.shape() || c.in[0].dtype() != t || c.in[1].dtype() != t || c.in[2].dtype() != t || c.in[2].size() != 1) invalid("select_and_scatter types differ");
  auto binary = [&](const Body& b, mx::Dtype result) {
    return b.inputs.size() == 2 && b.outputs.size() == 1 && dtype_of(b.inputs[0].element) == t && dtype_of(b.inputs[1].element) == t && dtype_of(b.outputs[0].element) == result;
  };
  if (!binary(*select, mx::bool_) || !binary(*scatter, t)) invalid("select_and_scatter bodies take two elements");
  return host({"select_and_scatter"}, c, [w, select, scatter](Views& in, Views& out) {
    size_t item = mx::size_of(in[0].dtype);
    with_width(item, [&](auto zero) {
      using T = decltype(zero);
      std::fill_n(out[0].as<T>(), out[0].size, *in[2].as<T>());
      Interpreter choose(*select), combine(*scatter);
      Locator at(w, in[0].shape, in[1].shape);
      T best[kBlock], candidate[kBlock];
      bool keep[kBlock];
      int64_t chosen[kBlock], offsets[kBlock];
      for (int64_t start = 0; start < in[1].size; start += kBlock) {
        int n = int(std::min<int64_t>(kBlock, in[1].size - start));
        std::fill_n(chosen, n, -1);
        for (int64_t k = 0; k < w.count; k++) {
          at.set_result(start);
          at.set_window(k);
          for (int i = 0; i < n; i++, at.next_result()) {
            offsets[i] = at.offset();
            candidate[i] = offsets[i] < 0 ? T(0) : in[0].as<T>()[offsets[i]];
            if (chosen[i] < 0) best[i] = candidate[i];
          }
          choose.set_block(0, best, n);
          choose.set_block(1, candidate, n);
          void* target = keep;
          choose.run(n, &target);
          for (int i = 0; i < n; i++)
            if (offsets[i] >= 0 && (chosen[i] < 0 || !keep[i])) chosen[i] = offsets[i], best[i] = candidate[i];
        }
        for (int i = 0; i < n; i++) {
          if (chosen[i] < 0) continue;
          T* place = out[0].as<T>() + chosen[i];
          T held = *place;
          combine.set_block(0, &held, 1);
          combine.set_block(1, in[1].as<T>() + start + i, 1);
          void* target = place;
          combine.run(1, &target);
        }
      }
    });
  });
}

}  // namespace hloom::ops
