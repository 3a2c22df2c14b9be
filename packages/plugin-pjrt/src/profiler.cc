#include "profiler.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <vector>

#include "pjrt_abi_profiler.h"
#include "protobuf.h"

namespace hloom::pjrt {

namespace {

struct Span {
  int64_t begin, end;
  std::string name;
};

// A recording: JAX makes one for each trace, and runs one at a time.
struct Recording {
  std::mutex mutex;
  int64_t started = 0;
  std::map<std::string, std::vector<Span>> lines;
  int64_t device_free = 0;  // the device runs one program after the other
};

std::atomic<bool> active{false};
Recording recording;

// Numbers of tsl/profiler/protobuf/xplane.proto.
namespace space {
constexpr uint32_t kPlanes = 1;
}
namespace plane {
constexpr uint32_t kName = 2, kLines = 3, kEventMetadata = 4;
}
namespace line {
constexpr uint32_t kId = 1, kName = 2, kTimestamp = 3, kEvents = 4;
}
namespace event {
constexpr uint32_t kMetadataId = 1, kOffset = 2, kDuration = 3;
}
constexpr uint32_t kMapKey = 1, kMapValue = 2;
constexpr uint32_t kMetadataId = 1, kMetadataName = 2;

constexpr int64_t kPicosecondsPerNanosecond = 1000;

// Names of events, each written once.
class Names {
 public:
  uint64_t number(const std::string& name) {
    auto [found, fresh] = numbers_.try_emplace(name, numbers_.size() + 1);
    return found->second;
  }
  void append_to(std::string& bytes) const {
    for (const auto& [name, number] : numbers_) {
      std::string metadata, entry;
      append_number(metadata, kMetadataId, number);
      append_bytes(metadata, kMetadataName, name);
      append_number(entry, kMapKey, number);
      append_bytes(entry, kMapValue, metadata);
      append_bytes(bytes, plane::kEventMetadata, entry);
    }
  }

 private:
  std::map<std::string, uint64_t> numbers_;
};

std::string line_bytes(uint64_t id, const std::string& name, const std::vector<Span>& spans, Names& names) {
  std::string bytes;
  append_number(bytes, line::kId, id);
  append_bytes(bytes, line::kName, name);
  append_number(bytes, line::kTimestamp, recording.started);
  for (const Span& span : spans) {
    std::string encoded;
    append_number(encoded, event::kMetadataId, names.number(span.name));
    append_number(encoded, event::kOffset, (span.begin - recording.started) * kPicosecondsPerNanosecond);
    append_number(encoded, event::kDuration, (span.end - span.begin) * kPicosecondsPerNanosecond);
    append_bytes(bytes, line::kEvents, encoded);
  }
  return bytes;
}

// The recording as an XSpace with one plane.
std::string recorded() {
  std::lock_guard lock(recording.mutex);
  std::string bytes;
  append_bytes(bytes, plane::kName, "/device:CUSTOM:hloom");
  Names names;
  uint64_t id = 0;
  for (const auto& [name, spans] : recording.lines)
    append_bytes(bytes, plane::kLines, line_bytes(++id, name, spans, names));
  names.append_to(bytes);
  std::string space;
  append_bytes(space, space::kPlanes, bytes);
  return space;
}

PLUGIN_Profiler_Error* start(PLUGIN_Profiler_Start_Args*) {
  {
    std::lock_guard lock(recording.mutex);
    recording.lines.clear();
    recording.started = now();
  }
  active = true;
  return nullptr;
}

PLUGIN_Profiler_Error* stop(PLUGIN_Profiler_Stop_Args*) {
  active = false;
  return nullptr;
}

// The bytes stay ours; they live until the next recording is collected.
PLUGIN_Profiler_Error* collect(PLUGIN_Profiler_CollectData_Args* args) {
  static std::string bytes;
  bytes = recorded();
  args->buffer = reinterpret_cast<uint8_t*>(bytes.data());
  args->buffer_size_in_bytes = bytes.size();
  return nullptr;
}

PLUGIN_Profiler_Error* create(PLUGIN_Profiler_Create_Args* args) {
  args->profiler = reinterpret_cast<PLUGIN_Profiler*>(&recording);
  return nullptr;
}

}  // namespace

int64_t now() {
  auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

bool is_profiling() { return active.load(std::memory_order_relaxed); }

void record(std::string_view line, std::string_view name, int64_t begin, int64_t end) {
  if (!is_profiling()) return;
  std::lock_guard lock(recording.mutex);
  begin = std::max(begin, recording.started);
  recording.lines[std::string(line)].push_back({begin, std::max(begin, end), std::string(name)});
}

void record_execution(const std::string& name, const SharedEvent& done) {
  done->on_ready([name, dispatched = now()](const Error&) {
    if (!is_profiling()) return;
    int64_t end = now(), begin = dispatched;
    {
      std::lock_guard lock(recording.mutex);
      begin = std::max(begin, recording.device_free);
      recording.device_free = end;
    }
    record("executions", name, begin, end);
  });
}

PJRT_Extension_Base* profiler_extension() {
  static PLUGIN_Profiler_Api api{
      sizeof api, nullptr, [](PLUGIN_Profiler_Error_Destroy_Args*) {}, [](PLUGIN_Profiler_Error_Message_Args*) {},
      [](PLUGIN_Profiler_Error_GetCode_Args*) -> PLUGIN_Profiler_Error* { return nullptr; }, create,
      [](PLUGIN_Profiler_Destroy_Args*) -> PLUGIN_Profiler_Error* { return nullptr; }, start, stop, collect};
  static PJRT_Profiler_Extension extension{{sizeof extension, kProfilerExtension, nullptr}, &api, 0};
  return &extension.base;
}

}  // namespace hloom::pjrt
