#include <cstring>

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

Interpreter::Interpreter(const Body& body) : body_(body), pointers_(body.registers.size()) {
  memory_.reset(new char[size_t(body.slot_count + 1) * kBlock * 8 + 64]);
  auto address = (reinterpret_cast<uintptr_t>(memory_.get()) + 63) & ~uintptr_t(63);
  scratch_.p = reinterpret_cast<char*>(address);
  for (size_t r = 0; r < body.registers.size(); r++)
    if (body.slots[r] >= 0) pointers_[r] = slot(int(r));
  for (auto& c : body.constants) fill(pointers_[c.reg], c.bytes, machine_bytes(body.registers[c.reg]), kBlock);
}

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
  fill(pointers_[port.reg], element, machine_bytes(body_.registers[port.reg]), kBlock);
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
