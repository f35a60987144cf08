// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): decides what
// leaves a full cache. New items pass through a small queue, from which only those asked for again
// go on to the main one; what left the small queue is remembered for a while, and goes straight to
// the main one when it comes back. A scan therefore washes through the small queue alone, and a hit
// moves nothing: it counts up to three.
//
// Here with sizes: queues are bounded in bytes, and the memory of the departed by the number of
// items that are kept.
//
// Threading: hit() from any number of threads at once; everything else by one at a time, and not
// beside hit(). Ownership: borrows the items, which leave by erase() or evict() before they die.
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
  // Percent of the bytes that the small queue may hold.
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
  // hash and cost are set.
  void insert(Item& item);
  // Puts `item` in the place of `old`, as often asked for as that.
  void replace(Item& old, Item& item);
  void erase(Item& item);
  // From now on it takes `cost`.
  void resize(Item& item, std::size_t cost);
  // Takes out what is to leave next, or null where nothing is kept.
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
  void remember(std::uint64_t hash);
  bool recall(std::uint64_t hash);

  const std::size_t capacity_;
  Queue small_;
  Queue main_;
  // The departed, the oldest first, and how often each hash is among them.
  std::deque<std::uint64_t> departed_;
  std::unordered_map<std::uint64_t, std::uint32_t> departed_count_;
};

}  // namespace souk::cache
