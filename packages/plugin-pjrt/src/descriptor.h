// Owned file descriptors. All are close-on-exec, and numbered above those that a spawned host expects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace hloom::pjrt {

class Descriptor {
 public:
  Descriptor() = default;
  // Takes ownership of `fd`, moving it to a high number and setting close-on-exec. Throws when fd is -1
  // (errno).
  static Descriptor adopt(int fd, const char* what);
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  explicit Descriptor(int fd) : fd_(fd) {}
  int fd_ = -1;
};

std::pair<Descriptor, Descriptor> open_socket_pair();
// A file without a name, for memory shared with a child.
Descriptor open_shared_memory();

// Whole-buffer versions; false on failure or end of file (errno tells, 0 at end of file). Never raise
// SIGPIPE.
bool send_all(int socket, const void* data, size_t size);
bool receive_all(int socket, void* data, size_t size);
bool write_at(int file, const void* data, size_t size, int64_t offset);
bool read_at(int file, void* data, size_t size, int64_t offset);

// Gives the pages of a range back to the system, where it can; the range stays usable.
void discard_range(int file, int64_t offset, int64_t size);

// Closes the plugin's sockets and pipes in a forked child, so that the host sees the end of its real owner.
// Called by the fork handler: only async-signal-safe calls.
void close_all_after_fork();

}  // namespace hloom::pjrt
