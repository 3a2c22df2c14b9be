// What an op function gets and gives: operands, parameters by name, declared result types.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mlx/mlx.h>

#include "error.h"
#include "program.h"

namespace hloom {

namespace mx = mlx::core;

// Results of an op; most have one.
struct Arrays : std::vector<mx::array> {
  using std::vector<mx::array>::vector;
  Arrays(mx::array a) { push_back(std::move(a)); }
};

class Body;  // an element-wise tape, ready for the block interpreter (map/body.h)

// Everything about an instruction that is found once, at load.
struct Bound {
  const Program* program;
  const Tape* tape;
  const Instruction* instruction;
  std::vector<mx::Shape> shapes;   // of the results
  std::vector<mx::Dtype> dtypes;
  std::vector<std::shared_ptr<const Body>> bodies;  // one per tape parameter that is a body, in order
  std::shared_ptr<const Body> self;                 // this instruction as a body, when it is element-wise
};

struct Device {
  bool cpu;      // own kernels may run
  bool compose;  // build from MLX ops even where a kernel exists (always so on a GPU)
};

class Call {
 public:
  Call(const Bound& bound, const Device& device, std::vector<mx::array> operands)
      : in(std::move(operands)), bound(bound), device(device) {}

  std::vector<mx::array> in;
  const Bound& bound;
  const Device& device;

  const Param& param(std::string_view name) const;
  int integer(std::string_view name) const { return int(param(name).integer); }
  double real(std::string_view name) const { return param(name).real; }
  const std::string& text(std::string_view name) const { return param(name).text; }
  std::vector<int> ints(std::string_view name) const;
  // A non-negative axis of a rank-`rank` array; throws otherwise.
  int axis(std::string_view name, int rank) const;
  std::vector<int> axes(std::string_view name, int rank) const;

  const mx::Shape& shape(int i = 0) const { return bound.shapes[i]; }
  mx::Dtype dtype(int i = 0) const { return bound.dtypes[i]; }
  HloomElement element(int i = 0) const { return program().type_of(*bound.tape, bound.instruction->results[i]).element; }
  HloomElement operand_element(int i) const { return program().type_of(*bound.tape, bound.instruction->operands[i]).element; }
  // Throws unless the declared type of result i is this. Own kernels write as many elements as are declared: they must ask.
  void expect(const mx::Shape& shape, mx::Dtype dtype, int i = 0) const;
  const Program& program() const { return *bound.program; }
};

// How an element is stored: MLX has no types below 8 bits and no f8, so those live in int8 and uint8, and no complex<f64>,
// which is f64 with a last dimension of 2 for the parts.
mx::Dtype dtype_of(HloomElement element);
mx::Shape shape_of(const Type& type);

inline bool is_bool(const mx::array& a) { return a.dtype() == mx::bool_; }
inline bool is_float(mx::Dtype t) { return mx::issubdtype(t, mx::floating); }
inline bool is_complex(mx::Dtype t) { return mx::issubdtype(t, mx::complexfloating); }
inline bool is_unsigned(mx::Dtype t) { return mx::issubdtype(t, mx::unsignedinteger); }
inline bool is_half(mx::Dtype t) { return t == mx::float16 || t == mx::bfloat16; }
inline bool is_integer(mx::Dtype t) { return mx::issubdtype(t, mx::integer); }

// Linear algebra and f64 exist on the CPU only, on every backend of MLX.
inline mx::StreamOrDevice cpu_stream() { return mx::Device(mx::Device::cpu); }

mx::array zeros(const Call& c, int i = 0);
mx::array scalar_like(double value, mx::Dtype dtype);
mx::Dtype unsigned_of(mx::Dtype t);
mx::Dtype signed_of(mx::Dtype t);
int bits_of(mx::Dtype t);
// The identity of max (lowest value) or of min (highest), infinities for floats.
mx::array lowest(mx::Dtype t);
mx::array highest(mx::Dtype t);

namespace ops {
#define OP(code, name, operands, results, params) Arrays name(Call& c);
#define CONTROL(...)
#include "ops.def"
#undef OP
#undef CONTROL
}  // namespace ops

using OpFunction = Arrays (*)(Call&);
OpFunction op_function(Opcode opcode);

}  // namespace hloom
