// The recent changes known to this node, by which entries are validated.
//
// Every change recorded here has a sequence number of this node, and the transaction that made it.
// An entry loaded by this node is valid if none of its tags was recorded after the load began. An
// entry from Redis, stored by any node at any time, says which transactions it contains, and is
// valid if it contains every one recorded for its tags. So Redis may lose, keep or restore
// anything.
//
// Memory is bounded: the latest kMaxTags to twice as many tags of each topic are kept. An entry so
// old that a dropped change might concern it is not valid.
//
// Threading: any thread. Ownership: owns its memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/entry.h"

namespace souk::cache {

class Invalidations {
 public:
  using Sequence = std::uint64_t;
  static constexpr std::size_t kMaxTags = 100'000;

  explicit Invalidations(std::vector<std::string_view> topics, std::size_t max_tags = kMaxTags);

  const std::vector<std::string_view>& topics() const { return topics_; }

  // ---- for loads

  Sequence sequence() const { return sequence_.load(std::memory_order_acquire); }
  // The position that a load beginning now will contain.
  Position position() const { return position_.load(std::memory_order_acquire); }
  Epoch epoch() const { return epoch_.load(std::memory_order_acquire); }
  Stamp stamp() const { return {sequence(), position(), epoch()}; }

  // Whether an entry loaded here (Entry::since) may be cached.
  bool holds(const Entry& entry) const;
  // Whether an entry stored in Redis by any node may be used.
  bool holds_from_redis(const Entry& entry) const;
  // Whether a load of `key` that began at `since` may miss a change recorded by now.
  bool changed_since(const Kind& kind, TagHash key, Sequence since) const;

  // ---- for changes

  // Transaction `by` changed the row or rows of `tag`; `version` is the row's new one, or 0. False
  // when it was recorded already: by the writer itself, before it was read from the log.
  bool record(std::string_view topic, TagHash tag, std::int64_t version, Position by);
  // Anything of the topic may have changed.
  void record_all(std::string_view topic, Position by);

  // ---- for the follower of the log

  // The records may be incomplete: entries made before are not valid any more. Changes of the topic
  // by transactions from `floor` on will be recorded.
  void start_over(Epoch epoch);
  void set_floor(std::string_view topic, Position floor);
  // Every change by a transaction below `contained` is recorded, as of `asked`.
  void confirm(Position contained, SteadyTime asked);
  // The time of the last confirmation.
  SteadyTime confirmed_at() const;

 private:
  struct Record {
    Position by = 0;
    std::int64_t version = 0;
    Sequence sequence = 0;
  };
  struct IdentityHash {
    std::size_t operator()(TagHash tag) const noexcept { return tag; }
  };
  struct Generation {
    std::unordered_map<TagHash, Record, IdentityHash> records;
    Position last_by = 0;  // the highest
    Sequence last = 0;
  };
  struct Topic {
    std::string_view name;
    Generation current;
    Generation previous;
    // Dropped records are of transactions below `floor`, recorded at or before `forgotten`.
    Position floor = std::numeric_limits<Position>::max();
    Sequence forgotten = 0;
    Sequence last = 0;
  };

  Topic& find(std::string_view name);
  const Topic& find(std::string_view name) const;
  static const Record* find(const Topic& topic, TagHash tag);
  static void drop_records(Topic& topic);
  template <class Covers>
  static bool covers_all(const Topic& topic, const Entry& entry, Covers covers);

  const std::vector<std::string_view> topics_;
  const std::size_t max_tags_;
  mutable std::shared_mutex mutex_;
  std::vector<Topic> states_;  // guarded by mutex_
  std::atomic<Sequence> sequence_{1};
  std::atomic<Position> position_{0};
  std::atomic<Epoch> epoch_{0};
  std::atomic<SteadyTime::rep> confirmed_{0};
};

}  // namespace souk::cache
