// Own kernels on the CPU: one MLX primitive that runs a function over plain row-major memory.
#pragma once
#include <mlx/allocator.h>
#include <mlx/primitives.h>

#include "call.h"

namespace hloom {

// A primitive that computes on the CPU: at once when its inputs are there already, else as a node of MLX's graph.
class KernelPrimitive : public mx::Primitive {
 public:
  using Primitive::Primitive;
  // Gives the outputs their memory and returns the work. Inputs have been computed or will have been by then.
  virtual std::function<void()> plan(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) = 0;
  void eval_cpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override;
  void eval_gpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override;

 protected:
  static void give_memory(mx::array& out);
};

// Memory for `bytes`; RESOURCE_EXHAUSTED when the machine does not have so much, before the kernel kills the process for it.
mx::allocator::Data allocate(size_t bytes);

bool all_there(const std::vector<mx::array>& inputs);

// An array that is there as soon as it gets memory.
mx::array unfilled(const mx::Shape& shape, mx::Dtype dtype);

Arrays apply(std::shared_ptr<KernelPrimitive> primitive, std::vector<mx::array> inputs, std::vector<mx::Shape> shapes,
             std::vector<mx::Dtype> dtypes);

struct View {
  char* data;
  mx::Shape shape;
  mx::Dtype dtype;
  int64_t size;
  template <typename T>
  T* as() const { return reinterpret_cast<T*>(data); }
};

using Views = std::vector<View>;
// Runs once per evaluation, on the CPU stream's thread or on the owner thread. Inputs are row-major.
using HostFunction = std::function<void(Views& in, Views& out)>;

struct HostOptions {
  const char* name;
  // Index of the input whose value the first output starts with: its memory is taken over when nobody else holds it.
  int in_place = -1;
};

Arrays host(HostOptions options, std::vector<mx::array> inputs, std::vector<mx::Shape> shapes,
            std::vector<mx::Dtype> dtypes, HostFunction function);

// The declared results of the call.
Arrays host(HostOptions options, Call& c, HostFunction function);

// Copies a strided array to row-major memory.
void copy_row_major(const char* from, const mx::Shape& shape, const mx::Strides& strides, size_t item, char* to);

// Copies between strided arrays of one shape; strides are in elements and may be negative.
void copy_strided(const char* from, const mx::Strides& from_strides, char* to, const mx::Strides& to_strides, const mx::Shape& shape, size_t item);

void fill(char* to, int64_t n, const char* element, size_t item);

// Calls f with a value of the C++ type that the dtype stores: f16 and bf16 as MLX's classes.
template <typename F>
decltype(auto) with_type(mx::Dtype t, F&& f) {
  switch (t) {
    case mx::bool_: return f(bool{});
    case mx::uint8: return f(uint8_t{});
    case mx::uint16: return f(uint16_t{});
    case mx::uint32: return f(uint32_t{});
    case mx::uint64: return f(uint64_t{});
    case mx::int8: return f(int8_t{});
    case mx::int16: return f(int16_t{});
    case mx::int32: return f(int32_t{});
    case mx::int64: return f(int64_t{});
    case mx::float16: return f(mx::float16_t{});
    case mx::bfloat16: return f(mx::bfloat16_t{});
    case mx::float32: return f(float{});
    case mx::float64: return f(double{});
    default: return f(mx::complex64_t{});
  }
}

// The same by width only, for ops that move bits.
template <typename F>
decltype(auto) with_width(size_t bytes, F&& f) {
  switch (bytes) {
    case 1: return f(uint8_t{});
    case 2: return f(uint16_t{});
    case 4: return f(uint32_t{});
    default: return f(uint64_t{});
  }
}

}  // namespace hloom
