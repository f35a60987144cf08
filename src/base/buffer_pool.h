// Recycles the memory of a thread's buffers, as RFC-004's pool of string builders does: a buffer
// starts with `initial` bytes, and memory of up to `retained` bytes is kept for reuse.
//
// Threading: the pool serves the thread that created it, until it is destroyed there; counts() may
// be read by any. Ownership: memory may be given back on another thread, to that thread's pool, and
// may outlive every pool. Disabled under AddressSanitizer, which must see every allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace souk {

class BufferPool {
 public:
  struct Config {
    std::size_t initial = 256;
    std::size_t retained = 4096;
    std::size_t max_kept = 256;  // per size: `initial`, twice that, ... up to `retained`
  };
  struct Memory {
    char* data;
    std::size_t capacity;
  };
  struct Counts {
    std::atomic<std::uint64_t> recycled{0};   // reused
    std::atomic<std::uint64_t> allocated{0};  // from the allocator
    std::atomic<std::uint64_t> kept_bytes{0};
  };

  // REQUIRES: 0 < initial, and no other pool of this thread.
  explicit BufferPool(const Config& config);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  const Counts& counts() const { return counts_; }

  // From this thread's pool, if there is one; at least `capacity` bytes.
  static Memory take(std::size_t capacity);
  static void give_back(Memory memory) noexcept;

 private:
  struct Free {
    Free* next;
  };
  struct List {
    std::size_t capacity = 0;
    std::size_t count = 0;
    Free* head = nullptr;
  };
  static constexpr std::size_t kMaxSizes = 16;

  Memory take_here(std::size_t capacity);
  bool keep(Memory memory) noexcept;

  std::size_t sizes_ = 0;
  const std::size_t max_kept_;
  std::array<List, kMaxSizes> lists_;
  Counts counts_;
};

}  // namespace souk
