// Cache entries: a value under a key, the data to validate it, and its renderings.
//
// A key is KIND:NAME, e.g. product:0190... Entries of a kind have the same lifetimes and metrics. A
// tag is any text that entries share; invalidating it drops all of them. Every entry has its own
// key as a tag.
//
// Threading: shared by all threads; immutable once made, except that renderings may be added.
// Ownership: an EntryPtr keeps it alive, whatever happens in the cache.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "base/clock.h"
#include "base/hash.h"
#include "cache/rendering.h"
#include "cache/value.h"

namespace souk::cache {

// A transaction id of the database (xid8). "Contains p": includes all changes committed by
// transactions below p.
using Position = std::int64_t;

// Tags are stored as hashes: a collision only drops the other tag's entries, which costs a load.
// The hash is the same on every node, since it is part of Redis values: another hash needs another
// version of their format.
using TagHash = std::uint64_t;
inline TagHash hash_of_tag(std::string_view tag) { return fast_hash(tag); }

using SteadyTime = std::chrono::steady_clock::time_point;

// Identifies a history of the database: another one after a crash of the server.
using Epoch = std::uint64_t;

// The state before a value was read: take a stamp first, then read, then cache.
struct Stamp {
  std::uint64_t since = 0;  // the latest change recorded by this node (Invalidations::Sequence)
  Position position = 0;    // contained by values read from now on
  Epoch epoch = 0;
};

// Where WorkerMetrics finds the cells of a kind; two names that share one cost a search.
inline constexpr std::size_t kKindSlots = 64;
constexpr std::uint8_t slot_of_kind(std::string_view name) {
  std::uint32_t hash = 2'166'136'261;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  return static_cast<std::uint8_t>(hash % kKindSlots);
}

// The configuration of one kind of entry: constexpr data or settings.
struct Kind {
  const ValueType* type = nullptr;  // of its values: &kValueType<T>; null: renderings only
  std::string_view name;            // static text; a metric label, and the prefix of its keys
  std::string_view topic;           // of the change log, for its tags
  std::chrono::milliseconds memory_ttl{300'000};
  std::chrono::milliseconds redis_ttl{3'600'000};
  std::chrono::milliseconds absent_ttl{10'000};  // for absent values
  // How long an expired entry may be served while the database does not answer.
  std::chrono::milliseconds max_stale{600'000};
  // Only the loader knows the tags of its entries. During a load it is unknown whether a change
  // concerns it: requests after any change of the topic load again.
  bool tagged_by_loader = false;
  std::uint8_t slot = slot_of_kind(name);
};

struct Entry {
  std::string key;
  const ValueType* type = nullptr;              // of the value
  std::shared_ptr<const void> value = nullptr;  // null: known to be absent
  std::int64_t version = 0;                     // of the row behind it; 0: of no single row
  Position position = 0;                        // contained by it, in
  Epoch epoch = 0;                              // this history
  std::vector<TagHash> tags = {};               // in addition to its own key
  Timestamp made_at;                            // when it was read from the database

  // Known on this node only.
  std::string_view topic = {};   // of its kind
  std::uint64_t since = 0;       // contains every change recorded until then (Stamp)
  SteadyTime confirmed_at = {};  // when the query was sent, not when it was answered
  SteadyTime refresh_at = {};    // requests from then on start a reload in the background
  SteadyTime fresh_until = {};
  SteadyTime stale_until = {};  // limit for serving it while the database does not answer
  Renderings renderings = {};

  bool absent() const { return value == nullptr && type != nullptr; }
  // REQUIRES: not absent, and of this type.
  template <class T>
  const T& as() const {
    SOUK_ASSERT(value != nullptr && type == &kValueType<T>);
    return *static_cast<const T*>(value.get());
  }

  // Its size for the memory budget, bookkeeping included.
  std::size_t cost() const;
  // Sets this node's times: fresh for `ttl` from now.
  void begin_life(const Kind& kind, std::chrono::milliseconds ttl);
};
using EntryPtr = std::shared_ptr<const Entry>;

// An entry for a value that was read after the stamp was taken. Lives as long as its kind says, or
// for `expiry`.
std::shared_ptr<Entry> make_entry(const Kind& kind, std::string key, Value value,
                                  const Stamp& stamp, Timestamp now,
                                  std::optional<std::chrono::milliseconds> expiry = {});

}  // namespace souk::cache
