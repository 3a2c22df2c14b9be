#include "body.h"
namespace hloom {
std::shared_ptr<const Body> compile_instruction(const Program&, const Tape&, const Instruction&) { return nullptr; }
std::shared_ptr<const Body> compile_tape(const Program&, uint32_t) { return nullptr; }
Arrays run_body(Call&, const Body&) { unimplemented("body"); }
}
