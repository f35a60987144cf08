// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023). New items
// enter a small queue, from which only items with hits move to the main queue; evicted hashes are
// kept as ghosts for a while, and an item with a ghost enters the main queue directly. So a scan
// passes through the small queue only, and a hit moves nothing: it counts up to three.
//
// Extended by sizes: queues are bounded in bytes, ghosts by the number of cached items.
//
// Threading: hit() from any number of threads at once; everything else by one thread at a time, and
// not concurrently with hit(). Ownership: borrows the items; erase() or evict() them before they
// are destroyed.
#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace souk::cache {

class S3Fifo {
 public:
  // The small queue's share of the bytes, in percent.
  static constexpr std::size_t kSmallShare = 10;
  static constexpr std::uint8_t kMaxHits = 3;

  struct Item : boost::intrusive::list_base_hook<> {
    std::uint64_t hash = 0;  // of the key
    std::size_t cost = 0;    // bytes
    bool in_main = false;
    std::atomic<std::uint8_t> hits{0};
  };

  explicit S3Fifo(std::size_t capacity) : capacity_(capacity) {}

  static void hit(Item& item) {
    const auto hits = item.hits.load(std::memory_order_relaxed);
    if (hits < kMaxHits) item.hits.store(hits + 1, std::memory_order_relaxed);
  }
  // REQUIRES: hash and cost are set.
  void insert(Item& item);
  // Replaces `old` by `item`, with the same position and hits.
  void replace(Item& old, Item& item);
  void erase(Item& item);
  // Changes the item's cost.
  void resize(Item& item, std::size_t cost);
  // Removes and returns the next victim, or null when there are no items.
  Item* evict();

  std::size_t bytes() const { return small_.bytes + main_.bytes; }
  bool full() const { return bytes() > capacity_; }

 private:
  struct Queue {
    boost::intrusive::list<Item, boost::intrusive::constant_time_size<true>> items;
    std::size_t bytes = 0;
    void push(Item& item) {
      items.push_front(item);
      bytes += item.cost;
    }
    Item& pop() {
      Item& item = items.back();
      items.pop_back();
      bytes -= item.cost;
      return item;
    }
  };

  Queue& queue_of(Item& item) { return item.in_main ? main_ : small_; }
  Item* evict_small();
  Item* evict_main();
  void add_ghost(std::uint64_t hash);
  bool take_ghost(std::uint64_t hash);

  const std::size_t capacity_;
  Queue small_;
  Queue main_;
  // Hashes of evicted items, the oldest first, and how often each occurs.
  std::deque<std::uint64_t> ghosts_;
  std::unordered_map<std::uint64_t, std::uint32_t> ghost_count_;
};

}  // namespace souk::cache
