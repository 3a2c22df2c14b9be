// From instructions to kernels: picks one per op and type, keeps halves in f32 and rounds them after each op.
#include <cstring>
#include <map>

#include "../narrow.h"
#include "narrow_kernels.h"
#include "program.h"

namespace hloom {

namespace base {
Kernel arithmetic_kernel(Opcode, Machine);
Kernel vector_kernel(Opcode);
Kernel transcendental_kernel(Opcode, Machine);
Kernel compare_kernel(Direction, bool, Machine);
Kernel convert_kernel(Machine, Machine);
Kernel half_kernel(Half);
Kernel predicate_kernel(Opcode, Machine);
}  // namespace base
#ifdef HLOOM_HAVE_V3
namespace v3 {
Kernel arithmetic_kernel(Opcode, Machine);
Kernel vector_kernel(Opcode);
Kernel transcendental_kernel(Opcode, Machine);
Kernel compare_kernel(Direction, bool, Machine);
Kernel convert_kernel(Machine, Machine);
Kernel half_kernel(Half);
Kernel predicate_kernel(Opcode, Machine);
}  // namespace v3
namespace v4 {
Kernel arithmetic_kernel(Opcode, Machine);
Kernel vector_kernel(Opcode);
}  // namespace v4
#endif

const KernelSet& kernels() {
#define HLOOM_SET(ns, wide) {wide::arithmetic_kernel, wide::vector_kernel, ns::transcendental_kernel, ns::compare_kernel, ns::convert_kernel, ns::half_kernel, ns::predicate_kernel}
  static const KernelSet set = [] {
#ifdef HLOOM_HAVE_V3
    bool v3_fits = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    bool v4_fits = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (v3_fits && v4_fits) return KernelSet HLOOM_SET(v3, v4);
    if (v3_fits) return KernelSet HLOOM_SET(v3, v3);
#endif
    return KernelSet HLOOM_SET(base, base);
  }();
  return set;
}

size_t storage_bytes(HloomElement element) { return element_bytes(element); }

namespace {

bool is_half_element(HloomElement e) { return e == HLOOM_F16 || e == HLOOM_BF16; }

// nullopt for types that have no arithmetic here.
std::optional<Machine> machine_of(HloomElement e) {
  switch (e) {
    case HLOOM_I1: return Machine::kBool;
    case HLOOM_I2: case HLOOM_I4: case HLOOM_I8: return Machine::kI8;
    case HLOOM_I16: return Machine::kI16;
    case HLOOM_I32: return Machine::kI32;
    case HLOOM_I64: return Machine::kI64;
    case HLOOM_UI8: return Machine::kU8;
    case HLOOM_UI16: return Machine::kU16;
    case HLOOM_UI32: return Machine::kU32;
    case HLOOM_UI64: return Machine::kU64;
    case HLOOM_BF16: case HLOOM_F16: case HLOOM_F32: return Machine::kF32;
    case HLOOM_F64: return Machine::kF64;
    case HLOOM_C64: return Machine::kC64;
    case HLOOM_C128: return std::nullopt;
    default: return Machine::kU8;  // narrow elements
  }
}

std::optional<Direction> direction_of(const std::string& text) {
  static const std::map<std::string, Direction> names = {{"EQ", Direction::kEq}, {"NE", Direction::kNe}, {"LT", Direction::kLt},
                                                         {"LE", Direction::kLe}, {"GT", Direction::kGt}, {"GE", Direction::kGe}};
  auto found = names.find(text);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

Machine unsigned_machine(Machine m) {
  switch (machine_bytes(m)) {
    case 1: return Machine::kU8;
    case 2: return Machine::kU16;
    case 4: return Machine::kU32;
    default: return Machine::kU64;
  }
}

class Compiler {
 public:
  explicit Compiler(const Program& program) : program_(program), body_(std::make_shared<Body>()) {}

  // Register of tape register -> machine register.
  int add(HloomElement element) {
    auto m = machine_of(element);
    if (!m) throw Error(HLOOM_UNIMPLEMENTED, std::string("no arithmetic on ") + element_name(element));
    body_->registers.push_back(*m);
    return int(body_->registers.size()) - 1;
  }

  int input(HloomElement element) {
    int reg = add(element);
    body_->inputs.push_back({reg, element});
    return reg;
  }

  void output(int reg, HloomElement element) { body_->outputs.push_back({reg, element}); }

  int constant(const hloom::Constant& constant) {
    const Type& type = program_.types[constant.type];
    int reg = add(type.element);
    Body::Constant out{reg, {}};
    std::memcpy(out.bytes, constant.bytes.data(), std::min<size_t>(8, constant.bytes.size()));
    if (is_half_element(type.element)) {
      float wide;
      KernelArgs args{{out.bytes}, {&wide}, 1, 0, 0};
      kernels().half(type.element == HLOOM_F16 ? Half::kLoadF16 : Half::kLoadBf16)(args);
      std::memcpy(out.bytes, &wide, 4);
    }
    body_->constants.push_back(out);
    return reg;
  }

  // False when there is no kernel for the op and types.
  bool emit(const Instruction& in, const std::vector<int>& operands, const std::vector<HloomElement>& elements, const std::vector<HloomElement>& results,
            std::vector<int>& out) {
    if (operands.size() > 4 || results.size() > 2 || operands.empty()) return false;
    check_types(in, elements, results);
    if (in.opcode == Opcode::convert && (is_narrow(elements[0]) || is_narrow(results[0]))) {
      out.push_back(convert_narrow(operands[0], elements[0], results[0]));
      return true;
    }
    Body::Step step{nullptr, int8_t(operands.size()), int8_t(results.size()), {}, {}};
    for (size_t i = 0; i < operands.size(); i++) step.in[i] = operands[i];
    step.kernel = pick(in, elements, results, step);
    if (!step.kernel) return false;
    for (size_t i = 0; i < results.size(); i++) out.push_back(step.out[i] = add(results[i]));
    body_->steps.push_back(step);
    // `compare` and the like give no halves; ops that only move values keep them exact, rounding is harmless there.
    for (size_t i = 0; i < results.size(); i++) round(out[i], results[i]);
    return true;
  }

  std::shared_ptr<const Body> finish() {
    note_uses();
    assign_slots();
    return body_;
  }

  Body& body() { return *body_; }

 private:
  void round(int reg, HloomElement element) {
    if (is_half_element(element)) body_->steps.push_back({kernels().half(element == HLOOM_F16 ? Half::kRoundF16 : Half::kRoundBf16), 1, 1, {reg}, {reg}});
  }

  // One more step of one operand; returns the register of its result.
  int then(Kernel kernel, int operand, HloomElement result, int64_t parameter = 0) {
    int reg = add(result);
    body_->steps.push_back({kernel, 1, 1, {operand}, {reg}, parameter});
    return reg;
  }

  // Through a type that computes: f32 from narrow floats, f64 to them and, because it saturates, to narrow integers.
  int convert_narrow(int reg, HloomElement from, HloomElement to) {
    if (from == to) return then(kernels().arithmetic(Opcode::copy, *machine_of(to)), reg, to);
    if (narrow_float(from)) {
      reg = then(unpack_floats, reg, HLOOM_F32, from);
      from = HLOOM_F32;
    }
    Machine machine = *machine_of(from);
    bool is_real = machine == Machine::kF32 || machine == Machine::kF64 || machine == Machine::kC64;
    if (!is_narrow(to)) {
      reg = then(kernels().convert(machine, *machine_of(to)), reg, to);
      round(reg, to);
      return reg;
    }
    bool is_signed = to == HLOOM_I2 || to == HLOOM_I4;
    if (!narrow_float(to) && !is_real) {
      reg = then(kernels().convert(machine, is_signed ? Machine::kI8 : Machine::kU8), reg, is_signed ? HLOOM_I8 : HLOOM_UI8);
      return then(is_signed ? wrap_signed : wrap_unsigned, reg, to, narrow_integer_bits(to));
    }
    reg = then(kernels().convert(machine, Machine::kF64), reg, HLOOM_F64);
    if (narrow_float(to)) return then(pack_floats, reg, to, to);
    return then(is_signed ? saturate_signed : saturate_unsigned, reg, to, narrow_integer_bits(to));
  }

  Kernel pick(const Instruction& in, const std::vector<HloomElement>& elements, const std::vector<HloomElement>& results, Body::Step& step) {
    auto from = machine_of(in.opcode == Opcode::select && elements.size() == 3 ? elements[1] : elements[0]), to = machine_of(results[0]);
    if (!from || !to) return nullptr;
    for (HloomElement e : elements)
      if (is_narrow(e) && !moves_only(in.opcode)) unimplemented(in.info->name + " of " + element_name(e) + ": programs widen such elements first");
    auto& k = kernels();
    switch (in.opcode) {
      case Opcode::compare: {
        auto direction = direction_of(in.params[0].text);
        return direction ? k.compare(*direction, in.params[1].integer != 0, *from) : nullptr;
      }
      case Opcode::convert: return k.convert(*from, *to);
      case Opcode::is_finite: case Opcode::is_inf: case Opcode::is_nan: return k.predicate(in.opcode, *from);
      case Opcode::real: case Opcode::imag: case Opcode::complex:
        return *from == Machine::kC64 || *from == Machine::kF32 || *from == Machine::kF64 ? k.predicate(in.opcode, *from) : nullptr;
      case Opcode::abs: return *from == Machine::kC64 ? k.predicate(in.opcode, *from) : k.arithmetic(in.opcode, *from);
      case Opcode::view: {
        // A half's register holds f32: its bits are what a store would write.
        bool from_half = is_half_element(elements[0]), to_half = is_half_element(results[0]);
        if (elements[0] == results[0]) return k.arithmetic(Opcode::copy, *from);
        if (from_half && machine_bytes(*to) == 2) return k.half(elements[0] == HLOOM_F16 ? Half::kStoreF16 : Half::kStoreBf16);
        if (to_half && machine_bytes(*from) == 2) return k.half(results[0] == HLOOM_F16 ? Half::kLoadF16 : Half::kLoadBf16);
        bool plain = !from_half && !to_half && elements[0] != HLOOM_I1 && results[0] != HLOOM_I1;
        return plain && machine_bytes(*from) == machine_bytes(*to) ? k.arithmetic(Opcode::copy, unsigned_machine(*from)) : nullptr;
      }
      case Opcode::reduce_precision: {
        // In an f32 register a half keeps at most its own width.
        bool f16 = elements[0] == HLOOM_F16, bf16 = elements[0] == HLOOM_BF16, f64 = elements[0] == HLOOM_F64;
        step.p0 = std::min<int64_t>(in.params[0].integer, f16 ? 5 : f64 ? 11 : 8);
        step.p1 = std::min<int64_t>(in.params[1].integer, f16 ? 10 : bf16 ? 7 : f64 ? 52 : 23);
        return step.p0 >= 1 && step.p1 >= 0 ? k.arithmetic(in.opcode, *from) : nullptr;
      }
      case Opcode::next_after: return is_half_element(elements[0]) ? nullptr : k.arithmetic(in.opcode, *from);
      case Opcode::reshape: case Opcode::broadcast_in_dim: return k.arithmetic(Opcode::copy, *from);
      default: break;
    }
    Kernel vector = *from == Machine::kF32 ? k.vector(in.opcode) : nullptr;
    if (vector) return vector;
    if (Kernel found = k.transcendental(in.opcode, *from)) return found;
    return k.arithmetic(in.opcode, *from);
  }

  // Kernels read and write as many bytes as their types say: the declared ones must be those.
  static void check_types(const Instruction& in, const std::vector<HloomElement>& elements, const std::vector<HloomElement>& results) {
    auto same = [&](size_t first, HloomElement e) {
      for (size_t i = first; i < elements.size(); i++)
        if (elements[i] != e) invalid(in.info->name + " of different element types");
    };
    bool choice = in.opcode == Opcode::select;
    if (choice && elements[0] != HLOOM_I1) invalid("select by something that is not i1");
    HloomElement operand = elements[choice ? 1 : 0];
    same(choice ? 1 : 0, operand);
    HloomElement want = operand;
    switch (in.opcode) {
      case Opcode::convert: case Opcode::view: return;
      case Opcode::compare: case Opcode::is_finite: case Opcode::is_inf: case Opcode::is_nan: want = HLOOM_I1; break;
      case Opcode::real: case Opcode::imag: case Opcode::abs: want = operand == HLOOM_C64 ? HLOOM_F32 : operand; break;
      case Opcode::complex: want = HLOOM_C64; break;
      default: break;
    }
    for (HloomElement e : results)
      if (e != want) invalid(in.info->name + " of " + element_name(operand) + " gives " + element_name(want) + ", not " + element_name(e));
  }

  void note_uses() {
    Body& b = *body_;
    for (int s = 0; s < int(b.steps.size()); s++) {
      for (auto& port : b.inputs)
        for (int i = 0; i < b.steps[s].ins; i++)
          if (b.steps[s].in[i] == port.reg) port.last_read = s;
      for (auto& port : b.outputs)
        for (int i = 0; i < b.steps[s].outs; i++)
          if (b.steps[s].out[i] == port.reg) port.written = s;
    }
  }

  // Inputs and constants keep a slot each; temporaries share slots once dead.
  void assign_slots() {
    Body& b = *body_;
    std::vector<int> last(b.registers.size(), -1);
    for (int s = 0; s < int(b.steps.size()); s++)
      for (int i = 0; i < b.steps[s].ins; i++) last[b.steps[s].in[i]] = s;
    std::vector<bool> fixed(b.registers.size(), false);
    for (auto& port : b.outputs) fixed[port.reg] = true;
    b.slots.assign(b.registers.size(), -1);
    for (auto& port : b.inputs) b.slots[port.reg] = b.slot_count++, fixed[port.reg] = true;
    for (auto& c : b.constants) b.slots[c.reg] = b.slot_count++, fixed[c.reg] = true;
    std::vector<int> free;
    for (int s = 0; s < int(b.steps.size()); s++) {
      for (int i = 0; i < b.steps[s].outs; i++) {
        int reg = b.steps[s].out[i];
        if (b.slots[reg] >= 0) continue;
        if (free.empty()) free.push_back(b.slot_count++);
        b.slots[reg] = free.back();
        free.pop_back();
      }
      for (int i = 0; i < b.steps[s].ins; i++) {
        int reg = b.steps[s].in[i];
        if (!fixed[reg] && last[reg] == s) {
          free.push_back(b.slots[reg]);
          last[reg] = -2;  // an operand may appear twice
        }
      }
    }
  }

  const Program& program_;
  std::shared_ptr<Body> body_;
};

bool is_elementwise(Opcode op) {
  auto code = uint16_t(op);
  return (code >= 1 && code <= uint16_t(Opcode::threefry2x32)) || op == Opcode::multiply_add || op == Opcode::complex_divide;
}

std::vector<HloomElement> elements_of(const Program& program, const Tape& tape, const std::vector<uint32_t>& registers) {
  std::vector<HloomElement> out;
  for (uint32_t reg : registers) out.push_back(program.type_of(tape, reg).element);
  return out;
}

}  // namespace

std::shared_ptr<const Body> compile_instruction(const Program& program, const Tape& tape, const Instruction& in) {
  if (!is_elementwise(in.opcode)) return nullptr;
  if (in.opcode == Opcode::view && program.type_of(tape, in.operands[0]).dims != program.type_of(tape, in.results[0]).dims) return nullptr;
  Compiler compiler(program);
  auto operands = elements_of(program, tape, in.operands), results = elements_of(program, tape, in.results);
  std::vector<int> regs, out;
  for (HloomElement e : operands) {
    if (!machine_of(e)) return nullptr;
    regs.push_back(compiler.input(e));
  }
  for (HloomElement e : results)
    if (!machine_of(e)) return nullptr;
  if (!compiler.emit(in, regs, operands, results, out)) return nullptr;
  for (size_t i = 0; i < out.size(); i++) compiler.output(out[i], results[i]);
  return compiler.finish();
}

namespace {

HloomElement element_of(mx::Dtype t) {
  for (int e = HLOOM_I1; e <= HLOOM_C64; e++)
    if (machine_of(HloomElement(e)) && !is_narrow(HloomElement(e)) && dtype_of(HloomElement(e)) == t) return HloomElement(e);
  throw Error(HLOOM_INTERNAL, "an array type without element type");
}

}  // namespace

std::shared_ptr<const Body> conversion(mx::Dtype from, mx::Dtype to) {
  static const Program none;
  static const Instruction convert{Opcode::convert, op_info(uint16_t(Opcode::convert)), {}, {}, {}, {}, 0};
  Compiler compiler(none);
  std::vector<int> out;
  HloomElement source = element_of(from), target = element_of(to);
  compiler.emit(convert, {compiler.input(source)}, {source}, {target}, out);
  compiler.output(out[0], target);
  return compiler.finish();
}

namespace {

// Appends the tape's instructions; its inputs are in `arguments`. Calls are inlined.
std::vector<int> emit_tape(Compiler& compiler, const Program& program, const Tape& tape, const std::vector<int>& arguments) {
  std::map<uint32_t, int> regs;
  for (uint32_t reg : tape.registers)
    if (!program.types[reg].dims.empty()) throw Error(HLOOM_UNIMPLEMENTED, "body \"" + program.strings[tape.name] + "\" computes on " + type_text(program.types[reg]) + ": only scalars are possible");
  for (size_t i = 0; i < arguments.size(); i++) regs[tape.inputs[i]] = arguments[i];
  for (auto& in : tape.instructions) {
    if (in.opcode == Opcode::constant_) {
      regs[in.results[0]] = compiler.constant(program.constants[in.params[0].integer]);
      continue;
    }
    std::vector<int> operands, out;
    for (uint32_t reg : in.operands) operands.push_back(regs.at(reg));
    if (in.opcode == Opcode::call_ || in.opcode == Opcode::map) {
      const Tape& callee = program.tapes[in.params[0].integer];
      if (callee.inputs.size() != operands.size() || callee.outputs.size() != in.results.size()) invalid("a call in a body does not fit its tape");
      if (elements_of(program, tape, in.operands) != elements_of(program, callee, callee.inputs) || elements_of(program, tape, in.results) != elements_of(program, callee, callee.outputs))
        invalid("a call in a body does not have the types of its tape");
      auto results = emit_tape(compiler, program, callee, operands);
      for (size_t i = 0; i < results.size(); i++) regs[in.results[i]] = results[i];
      continue;
    }
    bool moves = in.opcode == Opcode::reshape || in.opcode == Opcode::broadcast_in_dim;
    if (!(is_elementwise(in.opcode) || moves) ||
        !compiler.emit(in, operands, elements_of(program, tape, in.operands), elements_of(program, tape, in.results), out))
      throw Error(HLOOM_UNIMPLEMENTED, in.info->name + " at " + program.strings[in.location] + " is not possible in a body: only element-wise ops on scalars are");
    for (size_t i = 0; i < out.size(); i++) regs[in.results[i]] = out[i];
  }
  std::vector<int> out;
  for (uint32_t reg : tape.outputs) out.push_back(regs.at(reg));
  return out;
}

}  // namespace

std::shared_ptr<const Body> compile_tape(const Program& program, uint32_t index) {
  const Tape& tape = program.tapes[index];
  Compiler compiler(program);
  std::vector<int> arguments;
  for (uint32_t reg : tape.inputs) arguments.push_back(compiler.input(program.type_of(tape, reg).element));
  auto results = emit_tape(compiler, program, tape, arguments);
  for (size_t i = 0; i < results.size(); i++) compiler.output(results[i], program.type_of(tape, tape.outputs[i]).element);
  if (tape.instructions.size() == 1 && tape.instructions[0].operands == tape.inputs && tape.instructions[0].results == tape.outputs)
    compiler.body().single = &tape.instructions[0];
  return compiler.finish();
}

}  // namespace hloom
