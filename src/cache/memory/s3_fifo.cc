#include "cache/memory/s3_fifo.h"

#include <algorithm>

namespace souk::cache {

void S3Fifo::insert(Item& item) {
  item.in_main = take_ghost(item.hash);
  queue_of(item).push(item);
}

void S3Fifo::replace(Item& old, Item& item) {
  Queue& queue = queue_of(old);
  item.in_main = old.in_main;
  item.hits.store(old.hits.load(std::memory_order_relaxed), std::memory_order_relaxed);
  const auto place = queue.items.iterator_to(old);
  queue.items.insert(place, item);
  queue.bytes += item.cost;
  erase(old);
}

void S3Fifo::erase(Item& item) {
  Queue& queue = queue_of(item);
  queue.items.erase(queue.items.iterator_to(item));
  queue.bytes -= item.cost;
}

void S3Fifo::resize(Item& item, std::size_t cost) {
  queue_of(item).bytes += cost - item.cost;
  item.cost = cost;
}

S3Fifo::Item* S3Fifo::evict() {
  const bool small_is_over = small_.bytes * 100 > capacity_ * kSmallShare;
  if (small_is_over || main_.items.empty()) {
    if (auto* const victim = evict_small()) return victim;
  }
  return evict_main();
}

// Null when all items of the small queue had hits and were moved.
S3Fifo::Item* S3Fifo::evict_small() {
  while (!small_.items.empty()) {
    Item& item = small_.pop();
    if (item.hits.load(std::memory_order_relaxed) <= 1) {
      add_ghost(item.hash);
      return &item;
    }
    item.hits.store(0, std::memory_order_relaxed);
    item.in_main = true;
    main_.push(item);
  }
  return nullptr;
}

S3Fifo::Item* S3Fifo::evict_main() {
  while (!main_.items.empty()) {
    Item& item = main_.pop();
    const auto hits = item.hits.load(std::memory_order_relaxed);
    if (hits == 0) return &item;
    item.hits.store(hits - 1, std::memory_order_relaxed);
    main_.push(item);
  }
  return nullptr;
}

void S3Fifo::add_ghost(std::uint64_t hash) {
  ghosts_.push_back(hash);
  ++ghost_count_[hash];
  const auto most = std::max<std::size_t>(main_.items.size() + small_.items.size(), 1);
  while (ghosts_.size() > most) {
    const auto found = ghost_count_.find(ghosts_.front());
    if (found != ghost_count_.end() && --found->second == 0) ghost_count_.erase(found);
    ghosts_.pop_front();
  }
}

// A used ghost stays in the queue as a gap; if its item is evicted again meanwhile, the new ghost
// expires a little early.
bool S3Fifo::take_ghost(std::uint64_t hash) { return ghost_count_.erase(hash) > 0; }

}  // namespace souk::cache
