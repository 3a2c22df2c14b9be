#include <cstdlib>
#include <cstring>
#include <new>

#include "program.h"

namespace hloom {

namespace {
bool half(HloomElement e) { return e == HLOOM_F16 || e == HLOOM_BF16; }
Half load_of(HloomElement e) { return e == HLOOM_F16 ? Half::kLoadF16 : Half::kLoadBf16; }
Half store_of(HloomElement e) { return e == HLOOM_F16 ? Half::kStoreF16 : Half::kStoreBf16; }

void fill(char* to, const void* element, int bytes, int n) {
  switch (bytes) {
    case 1: std::memset(to, *static_cast<const uint8_t*>(element), n); break;
    case 2: std::fill_n(reinterpret_cast<uint16_t*>(to), n, *static_cast<const uint16_t*>(element)); break;
    case 4: std::fill_n(reinterpret_cast<uint32_t*>(to), n, *static_cast<const uint32_t*>(element)); break;
    default: {
      uint64_t value;
      std::memcpy(&value, element, 8);
      std::fill_n(reinterpret_cast<uint64_t*>(to), n, value);
    }
  }
}
}  // namespace

namespace {

// Scratch of finished interpreters, by thread: small programs make thousands of them.
struct Scratch {
  std::vector<std::pair<size_t, char*>> free;
  ~Scratch() {
    for (auto& [size, memory] : free) std::free(memory);
  }
  char* take(size_t bytes, size_t& capacity) {
    for (size_t i = free.size(); i-- > 0;) {
      if (free[i].first < bytes) continue;
      char* memory = free[i].second;
      capacity = free[i].first;
      free.erase(free.begin() + i);
      return memory;
    }
    capacity = bytes + bytes / 2;
    char* memory = static_cast<char*>(std::malloc(capacity));
    if (!memory) throw std::bad_alloc();
    return memory;
  }
  void give(char* memory, size_t capacity) {
    if (free.size() < 8) free.emplace_back(capacity, memory);
    else std::free(memory);
  }
};
thread_local Scratch scratch_pool;

}  // namespace

Interpreter::Interpreter(const Body& body, int limit) : body_(body), limit_(limit), stride_((size_t(limit) * 8 + 63) & ~size_t(63)) {
  size_t slots = size_t(body.slot_count + 1) * stride_;
  memory_ = scratch_pool.take(slots + body.registers.size() * sizeof(char*) + 64, capacity_);
  scratch_ = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(memory_) + 63) & ~uintptr_t(63));
  pointers_ = reinterpret_cast<char**>(scratch_ + slots);
  for (size_t r = 0; r < body.registers.size(); r++) pointers_[r] = body.slots[r] >= 0 ? slot(int(r)) : nullptr;
  for (auto& c : body.constants) fill(pointers_[c.reg], c.bytes, machine_bytes(body.registers[c.reg]), limit);
}

Interpreter::~Interpreter() { scratch_pool.give(memory_, capacity_); }

void Interpreter::load(int input, const void* elements, int n) {
  auto& port = body_.inputs[input];
  KernelArgs args{{elements}, {slot(port.reg)}, n, 0, 0};
  kernels().half(load_of(port.element))(args);
  pointers_[port.reg] = slot(port.reg);
}

void Interpreter::set_scalar(int input, const void* element) {
  auto& port = body_.inputs[input];
  float wide;
  if (half(port.element)) {
    KernelArgs args{{element}, {&wide}, 1, 0, 0};
    kernels().half(load_of(port.element))(args);
    element = &wide;
  }
  pointers_[port.reg] = slot(port.reg);
  fill(pointers_[port.reg], element, machine_bytes(body_.registers[port.reg]), limit_);
}

void Interpreter::set_block(int input, const void* elements, int n) {
  auto& port = body_.inputs[input];
  if (half(port.element)) load(input, elements, n);
  else pointers_[port.reg] = const_cast<char*>(static_cast<const char*>(elements));
}

void* Interpreter::staging(int input) {
  auto& port = body_.inputs[input];
  if (!half(port.element)) return slot(port.reg);
  if (staging_.empty()) staging_.resize(kBlock * 2);
  return staging_.data();
}

void Interpreter::take_staged(int input, int n) {
  auto& port = body_.inputs[input];
  if (half(port.element)) load(input, staging_.data(), n);
  else pointers_[port.reg] = slot(port.reg);
}

void Interpreter::run(int n, void* const* out) {
  // Results go straight to their place when a step makes them; one register may feed several outputs.
  for (size_t o = 0; o < body_.outputs.size(); o++) {
    auto& port = body_.outputs[o];
    if (port.written < 0) continue;
    pointers_[port.reg] = half(port.element) ? slot(port.reg) : static_cast<char*>(out[o]);
  }
  steps(n);
  store(n, out);
}

void Interpreter::run_copied(int n, void* const* out) {
  for (auto& port : body_.outputs)
    if (port.written >= 0) pointers_[port.reg] = slot(port.reg);
  steps(n);
  store(n, out);
}

void Interpreter::steps(int n) {
  for (auto& step : body_.steps) {
    KernelArgs args;
    for (int i = 0; i < step.ins; i++) args.in[i] = pointers_[step.in[i]];
    for (int i = 0; i < step.outs; i++) args.out[i] = pointers_[step.out[i]];
    args.n = n;
    args.p0 = step.p0;
    args.p1 = step.p1;
    step.kernel(args);
  }
}

void Interpreter::store(int n, void* const* out) {
  for (size_t o = 0; o < body_.outputs.size(); o++) {
    auto& port = body_.outputs[o];
    if (half(port.element)) {
      KernelArgs args{{pointers_[port.reg]}, {out[o]}, n, 0, 0};
      kernels().half(store_of(port.element))(args);
    } else if (pointers_[port.reg] != out[o]) {
      std::memcpy(out[o], pointers_[port.reg], size_t(n) * machine_bytes(body_.registers[port.reg]));
    }
  }
}

}  // namespace hloom
