// Element-wise tapes made ready for the block interpreter: bodies of reduce, scatter, sort, map, and single instructions.
#pragma once
#include <memory>

#include "../call.h"

namespace hloom {

// nullptr when the instruction is not element-wise or has no kernel for its types.
std::shared_ptr<const Body> compile_instruction(const Program& program, const Tape& tape, const Instruction& instruction);

// Throws UNIMPLEMENTED, naming the op, when the tape is not element-wise on rank-0 values.
std::shared_ptr<const Body> compile_tape(const Program& program, uint32_t tape);

// Throws unless the instruction's operands and results are what the body takes and gives. Checked at load: run_body trusts it.
void check_body(const Program& program, const Tape& tape, const Instruction& instruction, const Body& body);

// Applies the body to all elements; rank-0 operands are broadcast.
Arrays run_body(Call& c, const std::shared_ptr<const Body>& body);

// The array as another type, saturating like `convert`: our kernel on a CPU, MLX's elsewhere.
mx::array cast(const Call& c, const mx::array& a, mx::Dtype to);

}  // namespace hloom
