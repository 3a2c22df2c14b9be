#include "descriptor.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "error.h"

namespace hloom::pjrt {

namespace {

// Above every number that a spawned host expects, so that dup2 onto those never overwrites one of ours.
constexpr int kFirstDescriptor = 16;
constexpr size_t kLargestTransfer = size_t{1} << 30;  // read and write take less than 2 GiB at once

// A fixed table, because the fork handler may not allocate or lock. 0 marks a free entry: our numbers are
// higher.
std::array<std::atomic<int>, 64> open_descriptors{};

void replace(int from, int to) {
  for (auto& entry : open_descriptors) {
    int expected = from;
    if (entry.compare_exchange_strong(expected, to)) return;
  }
}

Failure system_failure(const char* what) {
  return Failure(kInternal, std::string("hloom: ") + what + ": " + std::strerror(errno));
}

}  // namespace

Descriptor Descriptor::adopt(int fd, const char* what) {
  if (fd < 0) throw system_failure(what);
  int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstDescriptor);
  int saved = errno;
  ::close(fd);
  errno = saved;
  if (moved < 0) throw system_failure(what);
  replace(0, moved);
  return Descriptor(moved);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ < 0) return;
  replace(fd_, 0);
  ::close(fd_);
  fd_ = -1;
}

std::pair<Descriptor, Descriptor> open_socket_pair() {
  int ends[2] = {-1, -1};
#ifdef SOCK_CLOEXEC
  int type = SOCK_STREAM | SOCK_CLOEXEC;
#else
  int type = SOCK_STREAM;
#endif
  if (::socketpair(AF_UNIX, type, 0, ends) != 0) throw system_failure("socketpair");
#ifdef SO_NOSIGPIPE
  int on = 1;
  ::setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  Descriptor first = Descriptor::adopt(ends[0], "socketpair");
  return {std::move(first), Descriptor::adopt(ends[1], "socketpair")};
}

Descriptor open_shared_memory() {
#ifdef __linux__
  return Descriptor::adopt(::memfd_create("hloom", MFD_CLOEXEC), "memfd_create");
#else
  const char* directory = std::getenv("TMPDIR");
  std::string path = std::string(directory && *directory ? directory : "/tmp") + "/hloom-XXXXXX";
  int fd = ::mkstemp(path.data());
  if (fd >= 0) ::unlink(path.c_str());
  return Descriptor::adopt(fd, "temporary file for shared memory");
#endif
}

bool send_all(int socket, const void* data, size_t size) {
#ifdef MSG_NOSIGNAL
  constexpr int flags = MSG_NOSIGNAL;
#else
  constexpr int flags = 0;  // SO_NOSIGPIPE is set on the socket
#endif
  auto cursor = static_cast<const char*>(data);
  while (size > 0) {
    ssize_t sent = ::send(socket, cursor, std::min(size, kLargestTransfer), flags);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    cursor += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool receive_all(int socket, void* data, size_t size) {
  auto cursor = static_cast<char*>(data);
  while (size > 0) {
    ssize_t got = ::recv(socket, cursor, std::min(size, kLargestTransfer), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return false;
    cursor += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

bool write_at(int file, const void* data, size_t size, int64_t offset) {
  auto cursor = static_cast<const char*>(data);
  while (size > 0) {
    ssize_t written = ::pwrite(file, cursor, std::min(size, kLargestTransfer), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    cursor += written;
    offset += written;
    size -= static_cast<size_t>(written);
  }
  return true;
}

bool read_at(int file, void* data, size_t size, int64_t offset) {
  auto cursor = static_cast<char*>(data);
  while (size > 0) {
    ssize_t got = ::pread(file, cursor, std::min(size, kLargestTransfer), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) errno = 0;
    if (got <= 0) return false;
    cursor += got;
    offset += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

void discard_range(int file, int64_t offset, int64_t size) {
#ifdef __linux__
  // Best effort: a file system that cannot punch holes keeps the pages until they are reused.
  (void)::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, size);
#else
  (void)file, (void)offset, (void)size;
#endif
}

void close_all_after_fork() {
  for (auto& entry : open_descriptors) {
    int fd = entry.exchange(0);
    if (fd > 0) ::close(fd);
  }
}

}  // namespace hloom::pjrt
