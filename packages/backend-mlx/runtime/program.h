// A Program in memory: what src/program.ts encodes. Decoding checks everything that does not depend on values: indices,
// arities, definite assignment of registers, signatures of sub-tapes, nesting depth. Bytes are untrusted.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c_api.h"

namespace hloom {

constexpr uint32_t kProgramVersion = 1;
constexpr int kMaxTapeDepth = 200;  // bounds the executor's recursion

struct Type {
  HloomElement element;
  std::vector<int64_t> dims;
  int64_t count() const;
  bool operator==(const Type&) const = default;
};

std::string type_text(const Type&);
const char* element_name(HloomElement);
size_t element_bytes(HloomElement);  // in the host layout; 0 when there is no such element

enum class Kind : uint8_t { kInt, kInts, kFloat, kFloats, kElement, kElements, kString, kBytes, kTape, kTapes };

struct Param {
  int64_t integer = 0;          // int, element, tape
  double real = 0;              // float
  std::vector<int64_t> ints;    // ints, elements, tapes
  std::vector<double> floats;   // floats
  std::string text;             // string, bytes
};

enum class Opcode : uint16_t {
#define OP(code, name, operands, results, params) name = code,
#define CONTROL(code, name, operands, results, params) name##_ = code,
#include "ops.def"
#undef OP
#undef CONTROL
};

struct OpInfo {
  std::string name;
  int operands, results;  // -1: any number
  std::vector<std::pair<std::string, Kind>> params;
};

// nullptr when no op has this code.
const OpInfo* op_info(uint16_t opcode);

struct Instruction {
  Opcode opcode;
  const OpInfo* info;
  std::vector<uint32_t> operands, results;
  std::vector<bool> last_use;  // per operand: the register is free afterwards
  std::vector<Param> params;
  uint32_t location;           // string index
};

struct Tape {
  uint32_t name;                        // string index
  std::vector<uint32_t> registers;      // type index of each
  std::vector<uint32_t> inputs, outputs;
  std::vector<Instruction> instructions;
};

struct Constant {
  uint32_t type;
  bool splat;
  std::string bytes;  // one element if splat, else all of them, in the host layout
};

struct Program {
  std::vector<std::string> strings;
  std::vector<Type> types;
  std::vector<Constant> constants;
  std::vector<Tape> tapes;  // the first is the entry
  std::vector<uint32_t> donated;  // entry inputs whose memory a run may reuse (the caller decides)

  const Type& type_of(const Tape& tape, uint32_t reg) const { return types[tape.registers[reg]]; }
};

// Throws hloom::Error (INVALID_ARGUMENT) on anything malformed.
Program decode_program(const uint8_t* bytes, size_t size);

}  // namespace hloom
