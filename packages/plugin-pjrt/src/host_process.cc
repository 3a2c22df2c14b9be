#include "host_process.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "protocol.h"

#ifdef __APPLE__
#include <crt_externs.h>
#else
extern char** environ;
#endif

namespace hloom::pjrt {

namespace {

char** environment() {
#ifdef __APPLE__
  return *_NSGetEnviron();  // `environ` is not for shared libraries there
#else
  return environ;
#endif
}

std::atomic<bool> forked{false};

void after_fork_in_child() {
  forked = true;
  close_all_after_fork();
}

void install_fork_handler() {
  static const int installed = ::pthread_atfork(nullptr, nullptr, after_fork_in_child);
  (void)installed;
}

}  // namespace

bool in_forked_child() { return forked.load(std::memory_order_relaxed); }

void require_same_process() {
  if (in_forked_child()) {
    throw Failure(
        kFailedPrecondition,
        "hloom: this process was forked from one that already used hloom, and devices do not survive a "
        "fork. Start workers with multiprocessing's \"spawn\" or \"forkserver\" method, or fork before the "
        "first use of JAX.");
  }
}

HostProcess::HostProcess(HostOptions options) : options_(std::move(options)) { install_fork_handler(); }

HostProcess::~HostProcess() {
  if (in_forked_child()) return;  // the host is the parent's
  bury();
}

int HostProcess::memory_descriptor() {
  std::lock_guard lock(mutex_);
  if (!memory_) memory_ = open_shared_memory();
  return memory_.get();
}

void HostProcess::stop() {
  if (in_forked_child()) return;
  stopped_ = true;
  // Ends the wait of a thread that is in the middle of a request; that thread then buries the host.
  if (int socket = socket_number_; socket >= 0) ::shutdown(socket, SHUT_RDWR);
}

HostReply HostProcess::call(const std::string& header, std::string_view payload, const std::string& doing) {
  require_same_process();
  std::lock_guard lock(mutex_);
  ensure_running();
  return exchange(header, payload, doing);
}

bool HostProcess::call_in(uint64_t generation, const std::string& header, const std::string& doing) {
  require_same_process();
  std::lock_guard lock(mutex_);
  if (generation != generation_ || !is_running()) return false;
  exchange(header, {}, doing);
  return true;
}

bool HostProcess::is_running() {
  if (pid_ >= 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0) {
    pid_ = -1;
    bury();
  }
  return pid_ >= 0;
}

// A host that was killed while idle did no work that anyone waits for: start another one without a word.
void HostProcess::ensure_running() {
  if (stopped_) throw Failure(kUnavailable, "hloom: the client was closed");
  if (is_running()) return;
  start();
  hello();
}

void HostProcess::start() {
  if (options_.node.empty()) throw Failure(kFailedPrecondition, "hloom: " + options_.problem);
  auto [ours, theirs] = open_socket_pair();
  if (!memory_) memory_ = open_shared_memory();

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  // Whatever the host prints is for people: it must not mix with the output of the user's program.
  ::posix_spawn_file_actions_adddup2(&actions, 2, 1);
  ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), kSocketDescriptor);
  ::posix_spawn_file_actions_adddup2(&actions, memory_.get(), kMemoryDescriptor);

  // Its own process group: Ctrl-C is for Python, which decides what happens to the host.
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none, pipe_only;
  sigemptyset(&none);
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &pipe_only);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words = {options_.node};
  if (options_.script.ends_with(".ts")) {  // run from the repository's sources
    words.insert(words.end(), {"--conditions=@hloom/source", "--disable-warning=ExperimentalWarning"});
  }
  words.push_back(options_.script);
  words.push_back(std::to_string(::getpid()));  // it watches this process
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  pid_t pid = -1;
  int failure =
      ::posix_spawn(&pid, options_.node.c_str(), &actions, &attributes, arguments.data(), environment());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (failure != 0) {
    throw Failure(kUnavailable, "hloom: cannot start the compile host with Node at " + options_.node + ": " +
                                    std::strerror(failure) +
                                    ". Set HLOOM_NODE to a Node of version 22.18 or newer.");
  }
  pid_ = pid;
  generation_++;
  socket_ = std::move(ours);
  socket_number_ = socket_.get();
}

void HostProcess::hello() {
  std::string header = "{\"request\":\"hello\",\"protocol\":" + std::to_string(kProtocolVersion) +
                       ",\"backend\":" + quoted(options_.backend) + "}";
  try {
    exchange(header, {},
             "starting as " + options_.node + " " + options_.script + " (what it printed is above)");
  } catch (...) {
    bury();  // a host without a backend is of no use to the next request
    throw;
  }
}

std::string HostProcess::bury() {
  socket_number_ = -1;
  socket_.reset();
  if (pid_ < 0) return "";
  // The host leaves by itself when the socket ends; one that hangs is not waited for long.
  int status = 0;
  pid_t reaped = 0;
  for (int tries = 0; tries < 200 && (reaped = ::waitpid(pid_, &status, WNOHANG)) == 0; tries++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (reaped == 0) {
    ::kill(pid_, SIGKILL);
    reaped = ::waitpid(pid_, &status, 0);
  }
  pid_ = -1;
  if (reaped < 0) return "";
  if (WIFSIGNALED(status)) return " (signal " + std::to_string(WTERMSIG(status)) + ")";
  return " (exit status " + std::to_string(WEXITSTATUS(status)) + ")";
}

bool HostProcess::send_frame(std::string_view header, std::string_view payload) {
  uint32_t sizes[2] = {static_cast<uint32_t>(header.size()), static_cast<uint32_t>(payload.size())};
  return send_all(socket_.get(), sizes, sizeof sizes) && send_all(socket_.get(), header.data(), header.size()) &&
         send_all(socket_.get(), payload.data(), payload.size());
}

bool HostProcess::receive_frame(std::string& header, std::string& payload) {
  uint32_t sizes[2];
  if (!receive_all(socket_.get(), sizes, sizeof sizes)) return false;
  header.resize(sizes[0]);
  payload.resize(sizes[1]);
  return receive_all(socket_.get(), header.data(), header.size()) &&
         receive_all(socket_.get(), payload.data(), payload.size());
}

namespace {

// Arrays that lie one after the other.
struct Arrays {
  std::vector<TensorType> types;
  std::vector<HloomType> native;
  std::vector<size_t> offsets;
  size_t size = 0;

  explicit Arrays(const Json& list) {
    for (const Json& item : list.items) {
      TensorType type{&element_of(item["element"].string), {}};
      for (const Json& dim : item["shape"].items) type.dims.push_back(static_cast<int64_t>(dim.number));
      offsets.push_back(size);
      size += type.bytes();
      types.push_back(std::move(type));
    }
    for (const TensorType& type : types) {
      native.push_back({type.element->native, static_cast<int32_t>(type.dims.size()), type.dims.data()});
    }
  }
};

}  // namespace

bool HostProcess::answer_callback(const Json& question, std::string_view inputs) {
  std::string outputs, message(16384, '\0');
  int32_t code = kFailedPrecondition;
  try {
    Arrays given(question["inputs"]), wanted(question["outputs"]);
    if (given.size != inputs.size()) throw Failure(kInternal, "hloom: the compile host sent too few inputs");
    // Aligned like any allocation; the pieces of a frame are not.
    std::vector<std::string> copies;
    std::vector<const void*> from;
    for (size_t i = 0; i < given.types.size(); i++) {
      copies.emplace_back(inputs.substr(given.offsets[i], given.types[i].bytes()));
    }
    for (const std::string& copy : copies) from.push_back(copy.data());
    std::vector<std::vector<uint64_t>> results;
    std::vector<void*> to;
    for (const TensorType& type : wanted.types) to.push_back(results.emplace_back(type.bytes() / 8 + 1).data());
    if (!options_.callback) throw Failure(kFailedPrecondition, "hloom: nobody is there to call back");
    code = options_.callback(static_cast<int64_t>(question["id"].number), static_cast<int32_t>(from.size()),
                             given.native.data(), from.data(), static_cast<int32_t>(to.size()),
                             wanted.native.data(), to.data(), message.data(), message.size());
    for (size_t i = 0; i < to.size(); i++) {
      outputs.append(static_cast<const char*>(to[i]), wanted.types[i].bytes());
    }
  } catch (const Failure& failure) {
    code = failure.code();
    message = failure.what();
  }
  if (code == 0) return send_frame("{}", outputs);
  return send_frame("{\"error\":{\"code\":" + std::to_string(code) + ",\"message\":" +
                        quoted(std::string(message.c_str())) + "}}",
                    {});
}

HostReply HostProcess::exchange(const std::string& header, std::string_view payload,
                                const std::string& doing) {
  if (payload.size() > UINT32_MAX) {
    throw Failure(kResourceExhausted, "hloom: a module of 4 GiB or more is too large for the compile host");
  }
  HostReply reply;
  std::string text;
  bool answered = send_frame(header, payload);
  while (answered) {
    answered = receive_frame(text, reply.payload);
    if (!answered) break;
    reply.header = Json::parse(text);
    const Json& question = reply.header["callback"];
    if (question.is_null()) break;
    answered = answer_callback(question, reply.payload);
  }
  if (!answered) {
    std::string how = bury();
    throw Failure(kUnavailable, "hloom: the compile host died" + how + " while " + doing +
                                    ". The next compilation starts a new one.");
  }
  reply.generation = generation_;
  if (const Json& error = reply.header["error"]; !error.is_null()) {
    throw Failure(static_cast<PJRT_Error_Code>(error["code"].number), error["message"].string);
  }
  return reply;
}

}  // namespace hloom::pjrt
