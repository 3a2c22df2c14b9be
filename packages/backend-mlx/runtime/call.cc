#include "call.h"

#include <limits>
#include <sstream>

namespace hloom {

const Param& Call::param(std::string_view name) const {
  auto& params = bound.instruction->info->params;
  for (size_t i = 0; i < params.size(); i++)
    if (params[i].first == name) return bound.instruction->params[i];
  throw Error(HLOOM_INTERNAL, bound.instruction->info->name + " has no parameter " + std::string(name));
}

std::vector<int> Call::ints(std::string_view name) const {
  auto& values = param(name).ints;
  std::vector<int> out;
  out.reserve(values.size());
  for (int64_t value : values) {
    if (value > INT32_MAX || value < INT32_MIN) invalid(std::string(name) + " is out of range");
    out.push_back(int(value));
  }
  return out;
}

int Call::axis(std::string_view name, int rank) const {
  int64_t axis = param(name).integer;
  if (axis < 0 || axis >= rank) invalid(std::string(name) + " " + std::to_string(axis) + " of rank " + std::to_string(rank));
  return int(axis);
}

std::vector<int> Call::axes(std::string_view name, int rank) const {
  std::vector<int> out = ints(name);
  std::vector<bool> seen(rank, false);
  for (int axis : out) {
    if (axis < 0 || axis >= rank || seen[axis]) invalid(std::string(name) + " are not distinct axes of rank " + std::to_string(rank));
    seen[axis] = true;
  }
  return out;
}

void Call::expect(const mx::Shape& shape, mx::Dtype dtype, int i) const {
  if (bound.shapes[i] == shape && bound.dtypes[i] == dtype) return;
  std::ostringstream message;
  message << "declared result " << i << " is " << bound.dtypes[i] << bound.shapes[i] << ", it must be " << dtype << shape;
  invalid(message.str());
}

mx::Dtype dtype_of(HloomElement element) {
  switch (element) {
    case HLOOM_I1: return mx::bool_;
    case HLOOM_I2: case HLOOM_I4: case HLOOM_I8: return mx::int8;
    case HLOOM_I16: return mx::int16;
    case HLOOM_I32: return mx::int32;
    case HLOOM_I64: return mx::int64;
    case HLOOM_UI16: return mx::uint16;
    case HLOOM_UI32: return mx::uint32;
    case HLOOM_UI64: return mx::uint64;
    case HLOOM_BF16: return mx::bfloat16;
    case HLOOM_F16: return mx::float16;
    case HLOOM_F32: return mx::float32;
    case HLOOM_F64: case HLOOM_C128: return mx::float64;
    case HLOOM_C64: return mx::complex64;
    default: return mx::uint8;
  }
}

mx::Shape shape_of(const Type& type) {
  mx::Shape out;
  for (int64_t dim : type.dims) out.push_back(int(dim));
  if (type.element == HLOOM_C128) out.push_back(2);
  return out;
}

mx::array zeros(const Call& c, int i) { return mx::zeros(c.shape(i), c.dtype(i)); }

mx::array scalar_like(double value, mx::Dtype dtype) { return mx::array(value, dtype); }

mx::Dtype unsigned_of(mx::Dtype t) {
  switch (bits_of(t)) {
    case 8: return mx::uint8;
    case 16: return mx::uint16;
    case 32: return mx::uint32;
    default: return mx::uint64;
  }
}

mx::Dtype signed_of(mx::Dtype t) {
  switch (bits_of(t)) {
    case 8: return mx::int8;
    case 16: return mx::int16;
    case 32: return mx::int32;
    default: return mx::int64;
  }
}

int bits_of(mx::Dtype t) { return int(mx::size_of(t)) * 8; }

namespace {
template <typename T>
mx::array limit(bool low, mx::Dtype t) {
  return mx::array(low ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max(), t);
}

mx::array extreme(mx::Dtype t, bool low) {
  if (is_float(t)) return mx::array(low ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity(), t);
  if (t == mx::bool_) return mx::array(!low);
  if (t == mx::int8) return limit<int8_t>(low, t);
  if (t == mx::int16) return limit<int16_t>(low, t);
  if (t == mx::int32) return limit<int32_t>(low, t);
  if (t == mx::int64) return limit<int64_t>(low, t);
  if (t == mx::uint8) return limit<uint8_t>(low, t);
  if (t == mx::uint16) return limit<uint16_t>(low, t);
  if (t == mx::uint32) return limit<uint32_t>(low, t);
  if (t == mx::uint64) return limit<uint64_t>(low, t);
  unimplemented("no ordering of complex numbers");
}
}  // namespace

mx::array lowest(mx::Dtype t) { return extreme(t, true); }
mx::array highest(mx::Dtype t) { return extreme(t, false); }

OpFunction op_function(Opcode opcode) {
  switch (opcode) {
#define OP(code, name, operands, results, params) \
  case Opcode::name: return ops::name;
#define CONTROL(...)
#include "ops.def"
#undef OP
#undef CONTROL
    default: return nullptr;
  }
}

}  // namespace hloom
