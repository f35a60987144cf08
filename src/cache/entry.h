// What the cache keeps: a value under a key, what tells whether it still holds, and the bytes that
// were made of it.
//
// A key is KIND:NAME, as in product:0190... Entries of a kind live equally long and are counted
// together. A tag is any text that entries share: whoever names it drops them all. Every entry has
// its own key for a tag.
//
// Threading: shared by all threads; an entry never changes once it is made, but for its renderings,
// which become more.
// Ownership: an EntryPtr keeps it alive, whatever the cache does meanwhile.
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

// A transaction of the database by its number (xid8). "Contains p" says: whatever a transaction
// below p has committed is in it.
using Position = std::int64_t;

// Tags are kept as hashes: two that collide drop each other's entries, which costs a load. The same
// on every node: they travel inside Redis values, so another hash is another version of their
// format.
using TagHash = std::uint64_t;
inline TagHash hash_of_tag(std::string_view tag) { return fast_hash(tag); }

using SteadyTime = std::chrono::steady_clock::time_point;

// Which history of the database this is: after a crash of the server, another.
using Epoch = std::uint64_t;

// Where the world stood before a value was read: take it first, then read, then keep.
struct Stamp {
  std::uint64_t since = 0;  // the latest change noted by this node (Invalidations::Sequence)
  Position position = 0;    // contained by what is read from now on
  Epoch epoch = 0;
};

// What one kind of entry is given. constexpr data or settings, made once by whoever caches it.
struct Kind {
  const ValueType* type = nullptr;  // of its values: &kValueType<T>
  std::string_view name;            // static text; a metric label, and what its keys begin with
  std::string_view topic;           // of the change log, where its tags are named
  std::chrono::milliseconds memory_ttl{300'000};
  std::chrono::milliseconds redis_ttl{3'600'000};
  std::chrono::milliseconds absent_ttl{10'000};  // that there is no such thing
  // Past its time an entry may stand in so long where the database does not answer.
  std::chrono::milliseconds max_stale{600'000};
  // Its entries carry tags that only their loader knows. While one is being loaded, nobody can tell
  // whether a change concerns it: whoever comes after a change of the topic has it loaded anew.
  bool tagged_by_loader = false;
};

struct Entry {
  std::string key;
  const ValueType* type = nullptr;              // of the value
  std::shared_ptr<const void> value = nullptr;  // null: known not to exist
  std::int64_t version = 0;                     // of the row behind it; 0: of no single row
  Position position = 0;                        // contained by it, in
  Epoch epoch = 0;                              // this history
  std::vector<TagHash> tags = {};               // beside its own key
  Timestamp made_at;                            // when it was read from the database

  // On this node only.
  std::string_view topic = {};   // of its kind
  std::uint64_t since = 0;       // contains every change that was noted until then (Stamp)
  SteadyTime confirmed_at = {};  // when the database was asked; not after the answer
  SteadyTime refresh_at = {};    // who asks for it from then on has it loaded anew meanwhile
  SteadyTime fresh_until = {};
  SteadyTime stale_until = {};  // until when it may stand in where the database does not answer
  Renderings renderings = {};

  bool absent() const { return value == nullptr; }
  // REQUIRES: not absent, and of this type.
  template <class T>
  const T& as() const {
    SOUK_ASSERT(value != nullptr && type == &kValueType<T>);
    return *static_cast<const T*>(value.get());
  }

  // What it takes of a memory budget, bookkeeping included.
  std::size_t cost() const;
  // Sets the times of this node: fresh for `ttl` from now.
  void begin_life(const Kind& kind, std::chrono::milliseconds ttl);
};
using EntryPtr = std::shared_ptr<const Entry>;

// An entry of a value of the kind's type that was read after the stamp was taken. It lives as long
// as its kind says, or for `expiry`.
std::shared_ptr<Entry> make_entry(const Kind& kind, std::string key, Value value,
                                  const Stamp& stamp, Timestamp now,
                                  std::optional<std::chrono::milliseconds> expiry = {});

}  // namespace souk::cache
