#include "program.h"

#include <array>
#include <cstring>
#include <map>

#include "error.h"

namespace hloom {
namespace {

// Reads little-endian fields; every read is checked against the end. (All targets of MLX are little endian.)
class Reader {
 public:
  Reader(const uint8_t* bytes, size_t size) : at_(bytes), end_(bytes + size) {}

  template <typename T>
  T read() {
    T value;
    need(sizeof(T));
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  // A count of items that take at least `item` bytes each: so an allocation is never larger than the input.
  uint32_t count(size_t item) {
    uint32_t n = read<uint32_t>();
    if (n > size_t(end_ - at_) / item) invalid("program: a count exceeds the input");
    return n;
  }

  std::string bytes(uint64_t n) {
    need(n);
    std::string out(reinterpret_cast<const char*>(at_), n);
    at_ += n;
    return out;
  }

  Reader sub(uint32_t n) {
    need(n);
    Reader out(at_, n);
    at_ += n;
    return out;
  }

  bool done() const { return at_ == end_; }

 private:
  void need(uint64_t n) const {
    if (n > uint64_t(end_ - at_)) invalid("program: truncated");
  }
  const uint8_t* at_;
  const uint8_t* end_;
};

void check_index(uint64_t index, size_t size, const char* what) {
  if (index >= size) invalid(std::string("program: ") + what + " index " + std::to_string(index) + " of " + std::to_string(size));
}

Type read_type(Reader& in) {
  uint8_t code = in.read<uint8_t>();
  if (code < HLOOM_I1 || code > HLOOM_C128) invalid("program: unknown element type " + std::to_string(code));
  Type type{HloomElement(code), {}};
  uint32_t rank = in.count(8);
  if (rank > 64) invalid("program: rank " + std::to_string(rank));
  // MLX has 32-bit dimensions and shapes are multiplied freely below, so both are bounded here.
  int64_t product = 1;
  for (uint32_t i = 0; i < rank; i++) {
    int64_t dim = in.read<int64_t>();
    if (dim < 0 || dim > INT32_MAX) invalid("program: dimension " + std::to_string(dim));
    if (dim != 0 && product > (int64_t(1) << 46) / dim) invalid("program: a type has too many elements");
    if (dim != 0) product *= dim;
    type.dims.push_back(dim);
  }
  return type;
}

std::vector<int64_t> read_list(Reader& in, Kind kind) {
  std::vector<int64_t> out;
  size_t item = kind == Kind::kInts ? 8 : kind == Kind::kTapes ? 4 : 1;
  uint32_t n = in.count(item);
  out.reserve(n);
  for (uint32_t i = 0; i < n; i++)
    out.push_back(item == 8 ? in.read<int64_t>() : item == 4 ? in.read<uint32_t>() : in.read<uint8_t>());
  return out;
}

Param read_param(Reader& in, Kind kind, const Program& program) {
  Param out;
  switch (kind) {
    case Kind::kInt: out.integer = in.read<int64_t>(); break;
    case Kind::kFloat: out.real = in.read<double>(); break;
    case Kind::kElement: out.integer = in.read<uint8_t>(); break;
    case Kind::kTape: out.integer = in.read<uint32_t>(); break;
    case Kind::kInts: case Kind::kElements: case Kind::kTapes: out.ints = read_list(in, kind); break;
    case Kind::kFloats: {
      uint32_t n = in.count(8);
      for (uint32_t i = 0; i < n; i++) out.floats.push_back(in.read<double>());
      break;
    }
    case Kind::kString: {
      uint32_t index = in.read<uint32_t>();
      check_index(index, program.strings.size(), "string");
      out.text = program.strings[index];
      break;
    }
    case Kind::kBytes: out.text = in.bytes(in.read<uint32_t>()); break;
  }
  return out;
}

Instruction read_instruction(Reader& in, const Program& program, const Tape& tape) {
  Instruction out;
  uint16_t opcode = in.read<uint16_t>();
  out.opcode = Opcode(opcode);
  out.info = op_info(opcode);
  if (!out.info) invalid("program: unknown opcode " + std::to_string(opcode));
  uint16_t operands = in.read<uint16_t>(), results = in.read<uint16_t>();
  out.location = in.read<uint32_t>();
  check_index(out.location, program.strings.size(), "location");
  if ((out.info->operands >= 0 && operands != out.info->operands) || (out.info->results >= 0 && results != out.info->results))
    invalid("program: " + out.info->name + " with " + std::to_string(operands) + " operands and " + std::to_string(results) + " results");
  for (int i = 0; i < operands; i++) {
    uint32_t word = in.read<uint32_t>();
    out.operands.push_back(word & 0x7fffffff);
    out.last_use.push_back(word >> 31);
    check_index(out.operands.back(), tape.registers.size(), "register");
  }
  for (int i = 0; i < results; i++) {
    out.results.push_back(in.read<uint32_t>());
    check_index(out.results.back(), tape.registers.size(), "register");
  }
  Reader blob = in.sub(in.read<uint32_t>());
  for (auto& [name, kind] : out.info->params) out.params.push_back(read_param(blob, kind, program));
  if (!blob.done()) invalid("program: " + out.info->name + " has bytes left in its parameters");
  return out;
}

std::vector<uint32_t> read_registers(Reader& in, size_t registers) {
  std::vector<uint32_t> out(in.count(4));
  for (auto& reg : out) check_index(reg = in.read<uint32_t>(), registers, "register");
  return out;
}

Tape read_tape(Reader& in, const Program& program) {
  Tape tape;
  tape.name = in.read<uint32_t>();
  check_index(tape.name, program.strings.size(), "string");
  tape.registers.resize(in.count(4));
  for (auto& type : tape.registers) check_index(type = in.read<uint32_t>(), program.types.size(), "type");
  tape.inputs = read_registers(in, tape.registers.size());
  uint32_t n = in.count(14);
  tape.instructions.reserve(n);
  for (uint32_t i = 0; i < n; i++) tape.instructions.push_back(read_instruction(in, program, tape));
  tape.outputs = read_registers(in, tape.registers.size());
  return tape;
}

// Each register is written once, before it is read, and not read after its last use.
void check_assignment(const Tape& tape) {
  enum : uint8_t { kUnset, kLive, kFreed };
  std::vector<uint8_t> state(tape.registers.size(), kUnset);
  auto write = [&](uint32_t reg) {
    if (state[reg] != kUnset) invalid("program: register %" + std::to_string(reg) + " is written twice");
    state[reg] = kLive;
  };
  auto read = [&](uint32_t reg) {
    if (state[reg] != kLive) invalid("program: register %" + std::to_string(reg) + " is read when it has no value");
  };
  for (uint32_t reg : tape.inputs) write(reg);
  for (auto& instruction : tape.instructions) {
    for (uint32_t reg : instruction.operands) read(reg);
    for (size_t i = 0; i < instruction.operands.size(); i++)
      if (instruction.last_use[i]) state[instruction.operands[i]] = kFreed;
    for (uint32_t reg : instruction.results) write(reg);
  }
  for (uint32_t reg : tape.outputs) read(reg);
}

using Types = std::vector<const Type*>;

Types types_of(const Program& program, const Tape& tape, const std::vector<uint32_t>& registers, size_t skip = 0) {
  Types out;
  for (size_t i = skip; i < registers.size(); i++) out.push_back(&program.type_of(tape, registers[i]));
  return out;
}

void expect_types(const Types& got, const Types& want, const std::string& what) {
  bool same = got.size() == want.size();
  for (size_t i = 0; same && i < got.size(); i++) same = *got[i] == *want[i];
  if (!same) invalid("program: " + what + " do not match the tape's");
}

void check_control(const Program& program, const Tape& tape, const Instruction& in) {
  auto callee = [&](int64_t index) -> const Tape& {
    check_index(uint64_t(index), program.tapes.size(), "tape");
    return program.tapes[index];
  };
  Types results = types_of(program, tape, in.results);
  auto signature = [&](const Tape& body, size_t skip, const char* what) {
    expect_types(types_of(program, tape, in.operands, skip), types_of(program, body, body.inputs), std::string(what) + " operands");
    expect_types(results, types_of(program, body, body.outputs), std::string(what) + " results");
  };
  switch (in.opcode) {
    case Opcode::constant_: {
      check_index(uint64_t(in.params[0].integer), program.constants.size(), "constant");
      expect_types(results, {&program.types[program.constants[in.params[0].integer].type]}, "constant results");
      break;
    }
    case Opcode::call_: signature(callee(in.params[0].integer), 0, "call"); break;
    case Opcode::while_: {
      const Tape& condition = callee(in.params[0].integer);
      signature(callee(in.params[1].integer), 0, "while");
      expect_types(types_of(program, tape, in.operands), types_of(program, condition, condition.inputs), "while condition operands");
      Type predicate{HLOOM_I1, {}};
      expect_types(types_of(program, condition, condition.outputs), {&predicate}, "while condition results");
      break;
    }
    case Opcode::case_: {
      if (in.operands.empty() || in.params[0].ints.empty()) invalid("program: case without index or branches");
      const Type& index = program.type_of(tape, in.operands[0]);
      if (!index.dims.empty() || (index.element != HLOOM_I1 && index.element != HLOOM_I32)) invalid("program: case index is " + type_text(index));
      for (int64_t branch : in.params[0].ints) signature(callee(branch), 1, "case");
      break;
    }
    default: break;
  }
}

// Depth of nesting below each tape; rejects cycles and towers that would exhaust the executor's stack.
int tape_depth(const Program& program, size_t index, std::vector<int>& depth, int level) {
  if (level > kMaxTapeDepth) invalid("program: tapes nest too deep or refer to themselves");
  if (depth[index] > 0) return depth[index];
  int deepest = 0;
  auto visit = [&](int64_t sub) {
    check_index(uint64_t(sub), program.tapes.size(), "tape");
    deepest = std::max(deepest, tape_depth(program, sub, depth, level + 1));
  };
  for (auto& in : program.tapes[index].instructions)
    for (size_t p = 0; p < in.params.size(); p++) {
      if (in.info->params[p].second == Kind::kTape) visit(in.params[p].integer);
      if (in.info->params[p].second == Kind::kTapes)
        for (int64_t sub : in.params[p].ints) visit(sub);
    }
  if (deepest + 1 > kMaxTapeDepth) invalid("program: tapes nest too deep");
  return depth[index] = deepest + 1;
}

std::vector<std::pair<std::string, Kind>> parse_params(std::string_view text) {
  static const std::map<std::string_view, Kind> kinds = {
      {"int", Kind::kInt}, {"ints", Kind::kInts}, {"float", Kind::kFloat}, {"floats", Kind::kFloats}, {"element", Kind::kElement},
      {"elements", Kind::kElements}, {"string", Kind::kString}, {"bytes", Kind::kBytes}, {"tape", Kind::kTape}, {"tapes", Kind::kTapes}};
  std::vector<std::pair<std::string, Kind>> out;
  while (!text.empty()) {
    size_t comma = std::min(text.find(','), text.size()), colon = text.find(':');
    out.emplace_back(text.substr(0, colon), kinds.at(text.substr(colon + 1, comma - colon - 1)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

struct ElementRow {
  const char* name;
  size_t bytes;
};

const ElementRow* element_row(HloomElement element) {
  static const ElementRow rows[] = {
      {"", 0}, {"i1", 1}, {"i2", 1}, {"i4", 1}, {"i8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8},
      {"ui2", 1}, {"ui4", 1}, {"ui8", 1}, {"ui16", 2}, {"ui32", 4}, {"ui64", 8},
      {"f4E2M1FN", 1}, {"f6E2M3FN", 1}, {"f6E3M2FN", 1}, {"f8E3M4", 1}, {"f8E4M3", 1}, {"f8E4M3FN", 1}, {"f8E4M3FNUZ", 1},
      {"f8E4M3B11FNUZ", 1}, {"f8E5M2", 1}, {"f8E5M2FNUZ", 1}, {"f8E8M0FNU", 1},
      {"bf16", 2}, {"f16", 2}, {"f32", 4}, {"f64", 8}, {"complex<f32>", 8}, {"complex<f64>", 16}};
  return uint32_t(element) < std::size(rows) ? &rows[element] : &rows[0];
}

}  // namespace

const char* element_name(HloomElement element) { return element_row(element)->name; }
size_t element_bytes(HloomElement element) { return element_row(element)->bytes; }

int64_t Type::count() const {
  int64_t n = 1;
  for (int64_t dim : dims) n *= dim;
  return n;
}

std::string type_text(const Type& type) {
  std::string out = element_name(type.element);
  out += "[";
  for (size_t i = 0; i < type.dims.size(); i++) out += (i ? "," : "") + std::to_string(type.dims[i]);
  return out + "]";
}

const OpInfo* op_info(uint16_t opcode) {
  static const std::array<std::unique_ptr<OpInfo>, 256> table = [] {
    std::array<std::unique_ptr<OpInfo>, 256> rows;
#define OP(code, name, operands, results, params) \
  rows[code] = std::make_unique<OpInfo>(OpInfo{#name, operands, results, parse_params(params)});
#define CONTROL OP
#include "ops.def"
#undef OP
#undef CONTROL
    return rows;
  }();
  return opcode < table.size() ? table[opcode].get() : nullptr;
}

Program decode_program(const uint8_t* bytes, size_t size) {
  Reader in(bytes, size);
  if (size < 8 || std::memcmp(bytes, "HLOOMPRG", 8) != 0) invalid("program: not a hloom program (bad magic)");
  in.bytes(8);
  uint32_t version = in.read<uint32_t>();
  if (version != kProgramVersion)
    invalid("program: version " + std::to_string(version) + ", this runtime reads " + std::to_string(kProgramVersion) + "; compile it again");
  Program program;
  uint32_t strings = in.count(4);
  for (uint32_t i = 0; i < strings; i++) program.strings.push_back(in.bytes(in.read<uint32_t>()));
  uint32_t types = in.count(5);
  for (uint32_t i = 0; i < types; i++) program.types.push_back(read_type(in));
  uint32_t constants = in.count(13);
  for (uint32_t i = 0; i < constants; i++) {
    Constant constant{in.read<uint32_t>(), in.read<uint8_t>() != 0, {}};
    check_index(constant.type, program.types.size(), "type");
    constant.bytes = in.bytes(in.read<uint64_t>());
    const Type& type = program.types[constant.type];
    if (constant.bytes.size() != element_bytes(type.element) * (constant.splat ? 1 : type.count()))
      invalid("program: a constant of " + type_text(type) + " has " + std::to_string(constant.bytes.size()) + " bytes");
    program.constants.push_back(std::move(constant));
  }
  uint32_t tapes = in.count(20);
  if (tapes == 0) invalid("program: no tapes");
  for (uint32_t i = 0; i < tapes; i++) program.tapes.push_back(read_tape(in, program));
  program.donated = read_registers(in, program.tapes[0].inputs.size());
  if (!in.done()) invalid("program: bytes after the end");
  std::vector<int> depth(tapes, 0);
  for (size_t i = 0; i < tapes; i++) tape_depth(program, i, depth, 0);
  for (auto& tape : program.tapes) {
    check_assignment(tape);
    for (auto& instruction : tape.instructions) check_control(program, tape, instruction);
  }
  return program;
}

}  // namespace hloom
