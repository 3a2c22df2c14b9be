// The compile host: one Node process per JAX process, started when it is first needed and again after it
// died.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "descriptor.h"
#include "json.h"
#include "runtime.h"

namespace hloom::pjrt {

struct HostOptions {
  std::string node;     // path of the Node binary; empty when none was found
  std::string problem;  // why `node` is empty, for the error message
  std::string script;   // host/main.ts or the bundled host.js
  std::string backend;  // its name: mlx, cpu, a package, a path
  HloomCallback callback = nullptr;  // a function of Python that programs call by number
};

struct HostReply {
  Json header;
  std::string payload;
  uint64_t generation = 0;  // the life of the host that answered
};

class HostProcess {
 public:
  explicit HostProcess(HostOptions options);
  ~HostProcess();
  HostProcess(const HostProcess&) = delete;
  HostProcess& operator=(const HostProcess&) = delete;

  // Sends a request and waits for its answer, starting the host when there is none. Throws the error that the
  // host answered, or UNAVAILABLE when it died; `doing` completes "the compile host died while …".
  HostReply call(const std::string& header, std::string_view payload, const std::string& doing);

  // As `call`, but only in the given life of the host, whose handles the request names. False: that life is
  // over.
  bool call_in(uint64_t generation, const std::string& header, const std::string& doing);

  // Compiles in the host. `native`: to a Program for a native runtime, else to a handle in the host.
  std::shared_ptr<Compiled> compile(std::string module, std::string options, bool native);

  // Ends the host, whatever it is doing, and lets nobody start another: the client is going away.
  void stop();

  // Where arrays live; shared with the host. Created on first use.
  int memory_descriptor();

  const std::string& backend() const { return options_.backend; }

 private:
  // Whether the host lives; reaps one that died.
  bool is_running();
  void ensure_running();
  void start();
  void hello();
  // Reaps the dead host; returns how it ended, "(signal 9)".
  std::string bury();
  HostReply exchange(const std::string& header, std::string_view payload, const std::string& doing);
  bool send_frame(std::string_view header, std::string_view payload);
  bool receive_frame(std::string& header, std::string& payload);
  // Answers the host's question in the middle of an execution: calls Python.
  bool answer_callback(const Json& question, std::string_view inputs);

  HostOptions options_;
  std::mutex mutex_;  // one request at a time; guards everything below
  pid_t pid_ = -1;
  uint64_t generation_ = 0;
  Descriptor socket_;
  std::atomic<int> socket_number_{-1};  // of socket_, for `stop`, which cannot wait for the lock
  std::atomic<bool> stopped_{false};
  Descriptor memory_;
};

// Parses the `signature` member of a compile answer.
Signature parse_signature(const Json& signature);

}  // namespace hloom::pjrt
