// The compiled form of an element-wise tape, and the interpreter that applies it to blocks.
#pragma once
#include <memory>
#include <vector>

#include "body.h"
#include "machine.h"

namespace hloom {

class Body {
 public:
  struct Step {
    Kernel kernel;
    int8_t ins, outs;
    int in[4], out[2];
    int64_t p0 = 0, p1 = 0;
  };
  // Where elements enter and leave. `last_read`/`written` are step indices, -1 for none: they decide whether an output may
  // overwrite an input's memory.
  struct Port {
    int reg;
    HloomElement element;
    int last_read = -1, written = -1;
  };
  struct Constant {
    int reg;
    char bytes[8];
  };
  std::vector<Machine> registers;
  std::vector<int> slots;  // scratch slot of each register
  int slot_count = 0;
  std::vector<Step> steps;
  std::vector<Port> inputs, outputs;
  std::vector<Constant> constants;
  // The op, when the body is one op on its arguments in order: add, maximum, … for fast paths.
  const Instruction* single = nullptr;
};

size_t storage_bytes(HloomElement element);

std::shared_ptr<const Body> conversion(mx::Dtype from, mx::Dtype to);

// Scratch memory for one thread.
class Interpreter {
 public:
  // `limit`: the most elements that will be in a block.
  explicit Interpreter(const Body& body, int limit = kBlock);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  // Elements of input i are the same for all blocks until changed.
  void set_scalar(int input, const void* element);
  // Contiguous elements in storage form. n <= kBlock.
  void set_block(int input, const void* elements, int n);
  // Room for n elements of input i in storage form, to be filled by the caller before take_staged.
  void* staging(int input);
  void take_staged(int input, int n);
  // Runs all steps; out[i] gets n elements in storage form. A step may write there before the others have run.
  void run(int n, void* const* out);
  // The same when `out` may be where an input lies: written after all steps have run.
  void run_copied(int n, void* const* out);

 private:
  void steps(int n);
  void store(int n, void* const* out);
  void load(int input, const void* elements, int n);
  char* slot(int reg) { return scratch_ + size_t(body_.slots[reg]) * stride_; }
  const Body& body_;
  int limit_;
  size_t stride_;    // bytes of a slot
  size_t capacity_;
  char* memory_;
  char* scratch_;   // in memory_, aligned: the slots, then the registers' pointers
  char** pointers_;
  std::vector<char> staging_;
};

}  // namespace hloom
