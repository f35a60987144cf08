// The cache level in this process's memory: bounded in bytes, shared by all workers.
//
// Threading: any thread. Readers share a lock and never wait for each other; a writer locks one
// shard for a few pointer writes.
// Ownership: shares the entries with its callers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "cache/entry.h"

namespace souk::cache {

class MemoryLevel {
 public:
  // A power of two. An entry may take at most kMaxShare of its shard.
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kMaxShare = 8;

  explicit MemoryLevel(std::size_t max_bytes);
  ~MemoryLevel();
  MemoryLevel(const MemoryLevel&) = delete;
  MemoryLevel& operator=(const MemoryLevel&) = delete;

  // Null when there is none. May return expired entries: the caller decides.
  EntryPtr get(std::string_view key);

  enum class Put : std::uint8_t { kKept, kRefused, kOlder, kTooLarge };
  // `holds` is called under the shard's lock, when no removal can run: a change that makes it false
  // must be recorded before its removal. kOlder: a lower version than the cached one, in the same
  // history.
  Put put(EntryPtr entry, const std::function<bool(const Entry&)>& holds);
  // A rendering was added: updates the entry's size, and removes the entry if it is too large now.
  void grew(const Entry& entry);

  bool remove(std::string_view key);
  // Removes all entries with this tag or key, except those of the row's version `from_version` or
  // later, which are the change itself. Returns how many.
  std::size_t remove_tag(std::string_view tag, std::int64_t from_version = 0);
  std::size_t remove_if(const std::function<bool(const Entry&)>& condition);
  // Removes entries with a matching key (pattern.h), and those with such a key as a tag.
  std::size_t remove_matching(std::string_view pattern);
  std::size_t clear();

  // Up to `count` entries from a random place.
  std::vector<EntryPtr> sample(Random& random, std::size_t count) const;

  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  std::size_t entries() const { return entries_.load(std::memory_order_relaxed); }
  std::size_t max_bytes() const { return max_bytes_; }
  std::uint64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }

 private:
  struct Node;
  struct Shard;

  Shard& shard_of(std::uint64_t hash) const;
  void insert(Shard& shard, EntryPtr entry, std::uint64_t hash);
  void make_room(Shard& shard);
  // Deletes an entry that has left the queue.
  void drop_evicted(Shard& shard, const Node& victim);
  std::size_t max_cost() const { return max_bytes_ / kShards / kMaxShare; }

  const std::size_t max_bytes_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> entries_{0};
  std::atomic<std::uint64_t> evictions_{0};
};

}  // namespace souk::cache
