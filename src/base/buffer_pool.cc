#include "base/buffer_pool.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/assert.h"

namespace souk {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOUK_KEEPS_BUFFERS 0
#endif
#endif
#ifndef SOUK_KEEPS_BUFFERS
#define SOUK_KEEPS_BUFFERS 1
#endif

thread_local BufferPool* pool_of_thread = nullptr;

// Only one thread writes: no atomic read-modify-write is needed.
void add(std::atomic<std::uint64_t>& count, std::uint64_t amount) {
  count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

char* allocate(std::size_t bytes) { return static_cast<char*>(::operator new(bytes)); }

}  // namespace

BufferPool::BufferPool(const Config& config) : max_kept_(config.max_kept) {
  SOUK_ASSERT(config.initial > 0 && pool_of_thread == nullptr);
  auto size = std::max(config.initial, sizeof(Free));
  for (; sizes_ < kMaxSizes && size <= config.retained; size *= 2) lists_[sizes_++].capacity = size;
  pool_of_thread = this;
}

BufferPool::~BufferPool() {
  pool_of_thread = nullptr;
  for (auto& list : lists_) {
    while (list.head != nullptr) ::operator delete(std::exchange(list.head, list.head->next));
  }
}

BufferPool::Memory BufferPool::take(std::size_t capacity) {
  if (pool_of_thread != nullptr) return pool_of_thread->take_here(capacity);
  const auto size = std::max(capacity, Config().initial);
  return {allocate(size), size};
}

void BufferPool::give_back(Memory memory) noexcept {
  if (pool_of_thread == nullptr || !pool_of_thread->keep(memory)) ::operator delete(memory.data);
}

BufferPool::Memory BufferPool::take_here(std::size_t capacity) {
  for (std::size_t i = 0; i < sizes_; ++i) {
    auto& list = lists_[i];
    if (list.capacity < capacity) continue;
    if (list.head == nullptr) {
      capacity = list.capacity;
      break;
    }
    --list.count;
    add(counts_.recycled, 1);
    add(counts_.kept_bytes, -list.capacity);
    return {reinterpret_cast<char*>(std::exchange(list.head, list.head->next)), list.capacity};
  }
  add(counts_.allocated, 1);
  return {allocate(capacity), capacity};
}

bool BufferPool::keep(Memory memory) noexcept {
  if (SOUK_KEEPS_BUFFERS == 0) return false;
  for (std::size_t i = 0; i < sizes_; ++i) {
    auto& list = lists_[i];
    if (list.capacity != memory.capacity) continue;
    if (list.count == max_kept_) return false;
    ++list.count;
    add(counts_.kept_bytes, list.capacity);
    list.head = ::new (memory.data) Free{list.head};
    return true;
  }
  return false;
}

}  // namespace souk
