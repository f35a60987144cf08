#include "cache/memory/s3_fifo.h"

#include <algorithm>

namespace souk::cache {

void S3Fifo::insert(Item& item) {
  item.in_main = recall(item.hash);
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

// Null where everything in the small queue was asked for again and has moved on.
S3Fifo::Item* S3Fifo::evict_small() {
  while (!small_.items.empty()) {
    Item& item = small_.pop();
    if (item.hits.load(std::memory_order_relaxed) <= 1) {
      remember(item.hash);
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

void S3Fifo::remember(std::uint64_t hash) {
  departed_.push_back(hash);
  ++departed_count_[hash];
  const auto most = std::max<std::size_t>(main_.items.size() + small_.items.size(), 1);
  while (departed_.size() > most) {
    const auto found = departed_count_.find(departed_.front());
    if (found != departed_count_.end() && --found->second == 0) departed_count_.erase(found);
    departed_.pop_front();
  }
}

// What is recalled stays in the queue of the departed as a gap; where it departs once more
// meanwhile it is forgotten a little early.
bool S3Fifo::recall(std::uint64_t hash) { return departed_count_.erase(hash) > 0; }

}  // namespace souk::cache
