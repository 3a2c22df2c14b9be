// Runs Programs outside of Node and JAX: what sanitizers, leak checks and profilers look at (tools/drive.ts builds and calls it).
//   drive RUNS THREADS PROGRAM…
// Each thread loads each program and runs it RUNS times on inputs of small numbers, feeding nothing back. Prints the median
// time of a run in milliseconds by program and how much the process grew after its first tenth.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "../runtime/c_api.h"

namespace {

const HloomRuntimeApi* api = hloom_runtime_api(HLOOM_RUNTIME_ABI_VERSION);

void check(HloomError* error) {
  if (!error) return;
  std::fprintf(stderr, "%s\n", api->error_message(error));
  std::exit(1);
}

size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * size_t(sysconf(_SC_PAGESIZE));
}

// Numbers in [0, 1) for f32, small integers for others.
std::vector<char> input_of(const HloomType& type) {
  static constexpr int sizes[] = {0, 1, 1, 1, 1, 2, 4, 8, 1, 1, 1, 2, 4, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 4, 8, 8, 16};
  size_t count = 1;
  for (int d = 0; d < type.rank; d++) count *= size_t(type.dims[d]);
  std::vector<char> bytes(count * sizes[type.element]);
  if (type.element == HLOOM_F32)
    for (size_t i = 0; i < count; i++) reinterpret_cast<float*>(bytes.data())[i] = float(i * 7919 % 1000) / 1000;
  else if (type.element == HLOOM_I32 || type.element == HLOOM_UI32)
    for (size_t i = 0; i < count; i++) reinterpret_cast<int32_t*>(bytes.data())[i] = int32_t(i % 5);
  return bytes;
}

struct Wait {
  std::atomic<bool> done{false}, failed{false};
  static void ready(const HloomError* error, void* context) {
    auto wait = static_cast<Wait*>(context);
    if (error) std::fprintf(stderr, "%s\n", api->error_message(error));
    wait->failed = error != nullptr;
    wait->done = true;
    wait->done.notify_one();
  }
};

void run_once(HloomProgram* program, const std::vector<HloomBuffer*>& inputs) {
  std::vector<HloomBuffer*> outputs(api->program_output_count(program));
  check(api->execute(program, 0, inputs.data(), int32_t(inputs.size()), nullptr, outputs.data(), int32_t(outputs.size())));
  for (auto* output : outputs) {
    Wait wait;
    api->buffer_on_ready(output, Wait::ready, &wait);
    wait.done.wait(false);
    if (wait.failed) std::exit(1);
    api->buffer_free(output);
  }
}

void drive(HloomRuntime* runtime, const char* path, int runs, bool report) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  HloomProgram* program = nullptr;
  check(api->program_load(runtime, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), &program));
  std::vector<HloomBuffer*> inputs;
  for (int i = 0; i < api->program_input_count(program); i++) {
    HloomType type = api->program_input(program, i);
    auto data = input_of(type);
    check(api->buffer_upload(runtime, 0, type, data.data(), nullptr, &inputs.emplace_back()));
  }
  std::vector<double> times;
  size_t before = 0;
  for (int i = 0; i < runs; i++) {
    if (i == runs / 10) before = resident_bytes();
    auto start = std::chrono::steady_clock::now();
    run_once(program, inputs);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  if (report) std::printf("%s\t%.4f\t%.2f\n", path, times[times.size() / 2], (double(resident_bytes()) - double(before)) / 1e6);
  for (auto* input : inputs) api->buffer_free(input);
  api->program_free(program);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return std::fprintf(stderr, "usage: drive RUNS THREADS PROGRAM…\n"), 2;
  int runs = std::atoi(arguments[1]), threads = std::atoi(arguments[2]);
  HloomRuntime* runtime = nullptr;
  check(api->open(nullptr, &runtime));
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; t++)
    workers.emplace_back([=] {
      for (int i = 3; i < count; i++) drive(runtime, arguments[i], runs, t == 0);
    });
  for (auto& worker : workers) worker.join();
  api->close(runtime);
}
