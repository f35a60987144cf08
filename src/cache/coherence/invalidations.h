// What has changed lately, as this node knows it: the ground on which an entry is believed or not.
//
// Every change noted here has a sequence number of this node, and names the transaction that made
// it. An entry that this node loads is believed if none of its tags was noted after the load began.
// An entry from Redis, which any node may have stored at any time, says which transactions it
// contains, and is believed if it contains every one that was noted for its tags. Redis may
// therefore lose, keep or bring back what it likes.
//
// Memory is bounded: of each topic the latest kMaxTags to twice as many tags are remembered. What
// is so old that a forgotten change might concern it is not believed.
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

  // ---- for those who load

  Sequence sequence() const { return sequence_.load(std::memory_order_acquire); }
  // What a load that begins now will contain.
  Position position() const { return position_.load(std::memory_order_acquire); }
  Epoch epoch() const { return epoch_.load(std::memory_order_acquire); }
  Stamp stamp() const { return {sequence(), position(), epoch()}; }

  // Whether an entry that was loaded here (Entry::since) may be kept.
  bool holds(const Entry& entry) const;
  // Whether an entry that any node stored in Redis may be used.
  bool holds_from_redis(const Entry& entry) const;
  // Whether a load of `key` that began at `since` may miss a change that is noted now.
  bool changed_since(const Kind& kind, TagHash key, Sequence since) const;

  // ---- for those who change

  // The row or the rows behind `tag` were changed by transaction `by`; `version` is the row's from
  // now on, or 0. False where that was noted already: by the writer itself, before the log told.
  bool note(std::string_view topic, TagHash tag, std::int64_t version, Position by);
  // Anything of the topic may have changed.
  void note_all(std::string_view topic, Position by);

  // ---- for the follower of the log

  // All that was noted may be incomplete: nothing made before is believed. Of the topic, changes by
  // transactions from `floor` on will be noted.
  void start_over(Epoch epoch);
  void set_floor(std::string_view topic, Position floor);
  // Every change by a transaction below `contained` has been noted, as of `asked`.
  void confirm(Position contained, SteadyTime asked);
  // When that last was so.
  SteadyTime confirmed_at() const;

 private:
  struct Record {
    Position by = 0;
    std::int64_t version = 0;
    Sequence sequence = 0;
  };
  struct AsItIs {
    std::size_t operator()(TagHash tag) const noexcept { return tag; }
  };
  struct Generation {
    std::unordered_map<TagHash, Record, AsItIs> records;
    Position last_by = 0;  // the highest
    Sequence last = 0;
  };
  struct Topic {
    std::string_view name;
    Generation current;
    Generation previous;
    // What was forgotten is by transactions below, and was noted at or before.
    Position floor = std::numeric_limits<Position>::max();
    Sequence forgotten = 0;
    Sequence last = 0;
  };

  Topic& find(std::string_view name);
  const Topic& find(std::string_view name) const;
  static const Record* find(const Topic& topic, TagHash tag);
  static void forget(Topic& topic);
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
