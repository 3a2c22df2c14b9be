// Space for arrays in the file that the plugin shares with the compile host.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace hloom::pjrt {

// Hands out ranges of a file. Best fit, neighbours joined; the file grows and large free ranges give back
// their pages.
class Arena {
 public:
  explicit Arena(int file);
  ~Arena();
  Arena(const Arena&) = delete;

  int64_t allocate(int64_t size);
  void release(int64_t offset, int64_t size);
  int file() const { return file_; }
  // Where a range is in this process's memory; null where the file is not mapped. Reads only what was written.
  const void* at(int64_t offset, int64_t size) const;
  bool is_mapped() const { return base_ != nullptr; }
  int64_t in_use() const;
  int64_t peak() const;

 private:
  static int64_t rounded(int64_t size);

  const int file_;
  const char* base_ = nullptr;
  mutable std::mutex mutex_;
  std::map<int64_t, int64_t> free_;               // offset → size
  std::multimap<int64_t, int64_t> free_by_size_;  // size → offset
  int64_t end_ = 0;
  int64_t in_use_ = 0;
  int64_t peak_ = 0;

  void add_free(int64_t offset, int64_t size);
  void remove_free(std::map<int64_t, int64_t>::iterator range);
};

// An allocated range, released with its last owner.
struct Region {
  Region(std::shared_ptr<Arena> owner, int64_t byte_size)
      : arena(std::move(owner)), size(byte_size), offset(arena->allocate(byte_size)) {}
  ~Region() { arena->release(offset, size); }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  const std::shared_ptr<Arena> arena;
  const int64_t size;
  const int64_t offset;
};

}  // namespace hloom::pjrt
