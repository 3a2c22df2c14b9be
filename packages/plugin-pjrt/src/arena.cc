#include "arena.h"

#include <sys/mman.h>

#include <algorithm>

#include "descriptor.h"

namespace hloom::pjrt {

namespace {
constexpr int64_t kAlignment = 64;
// Below this, punching a hole costs more than the pages are worth.
constexpr int64_t kDiscardThreshold = int64_t{1} << 20;
// Pages that are free but kept: the next array of a loop is as large as the last one, and fresh pages are
// slow.
constexpr int64_t kKept = int64_t{256} << 20;
constexpr int64_t kPage = 4096;
// Addresses, not memory: more than any machine has.
constexpr int64_t kReserved = int64_t{1} << 40;
}  // namespace

Arena::Arena(int file) : file_(file) {
#ifdef __linux__
  // The file grows below the mapping; elsewhere a mapping ends where the file did.
  void* base = ::mmap(nullptr, kReserved, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (base == MAP_FAILED) return;  // arrays are copied then
  ::madvise(base, kReserved, MADV_DONTDUMP);
  base_ = static_cast<const char*>(base);
#endif
}

Arena::~Arena() {
  if (base_) ::munmap(const_cast<char*>(base_), kReserved);
}

const void* Arena::at(int64_t offset, int64_t size) const {
  return base_ && offset + size <= kReserved ? base_ + offset : nullptr;
}

int64_t Arena::rounded(int64_t size) {
  return std::max(kAlignment, (size + kAlignment - 1) / kAlignment * kAlignment);
}

int64_t Arena::allocate(int64_t size) {
  size = rounded(size);
  std::lock_guard lock(mutex_);
  in_use_ += size;
  peak_ = std::max(peak_, in_use_);
  auto fit = free_by_size_.lower_bound(size);
  if (fit == free_by_size_.end()) {
    int64_t offset = end_;
    end_ += size;
    return offset;
  }
  int64_t offset = fit->second;
  int64_t rest = fit->first - size;
  remove_free(free_.find(offset));
  if (rest > 0) add_free(offset + size, rest);
  return offset;
}

void Arena::release(int64_t offset, int64_t size) {
  size = rounded(size);
  std::lock_guard lock(mutex_);
  in_use_ -= size;
  if (size >= kDiscardThreshold && end_ - in_use_ > kKept) {
    int64_t first = (offset + kPage - 1) / kPage * kPage;
    int64_t last = (offset + size) / kPage * kPage;
    discard_range(file_, first, last - first);
  }
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && next->first == offset + size) {
    size += next->second;
    auto joined = next++;
    remove_free(joined);
  }
  if (next != free_.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == offset) {
      offset = previous->first;
      size += previous->second;
      remove_free(previous);
    }
  }
  if (offset + size == end_) {
    end_ = offset;
  } else {
    add_free(offset, size);
  }
}

void Arena::add_free(int64_t offset, int64_t size) {
  free_.emplace(offset, size);
  free_by_size_.emplace(size, offset);
}

void Arena::remove_free(std::map<int64_t, int64_t>::iterator range) {
  auto [first, last] = free_by_size_.equal_range(range->second);
  free_by_size_.erase(
      std::find_if(first, last, [&](const auto& entry) { return entry.second == range->first; }));
  free_.erase(range);
}

int64_t Arena::in_use() const {
  std::lock_guard lock(mutex_);
  return in_use_;
}

int64_t Arena::peak() const {
  std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace hloom::pjrt
