// What the cache keeps: finished bytes under a key, and what tells whether they still hold.
//
// A key is KIND:NAME, as in product:0190... Entries of a kind live equally long and are counted
// together. A tag is any text that entries share: whoever names it drops them all. Every entry has
// its own key for a tag.
//
// Threading: an entry never changes once it is made, and is shared by all threads.
// Ownership: an EntryPtr keeps it alive, whatever the cache does meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"

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
  std::string_view name;   // static text; a metric label, and what its keys begin with
  std::string_view topic;  // of the change log, where its tags are named
  std::chrono::milliseconds memory_ttl{300'000};
  std::chrono::milliseconds redis_ttl{3'600'000};
  std::chrono::milliseconds absent_ttl{10'000};  // that there is no such thing
  // Past its time an entry may stand in so long where the database does not answer.
  std::chrono::milliseconds max_stale{600'000};
  // Its entries carry tags that only their loader knows. While one is being loaded, nobody can tell
  // whether a change concerns it: whoever comes after a change of the topic has it loaded anew.
  bool tagged_by_loader = false;
};

// The bytes, and the same bytes compressed, made once. An empty string: not made.
struct Content {
  std::string identity;
  std::string gzip;
  std::string brotli;

  std::size_t size() const { return identity.size() + gzip.size() + brotli.size(); }
};

// Finished bytes as a client gets them, and what tells them from others (RFC 9110 section 8.8.3).
struct Document {
  std::string bytes;
  std::string etag = {};  // with its quotes; empty: none
};

// What a loader found, or a writer knows.
struct Value {
  std::string bytes;
  std::string etag = {};          // as of a Document
  bool absent = false;            // there is no such thing; no bytes
  std::int64_t version = 0;       // of the row behind it; 0: of no single row
  std::vector<std::string> tags;  // beside its own key
};

// Something to be done once for an entry, whichever thread comes first.
class Once {
 public:
  Once() = default;
  Once(const Once& other) : taken_(other.taken_.load()) {}
  Once& operator=(const Once&) = delete;
  // True for the first.
  bool take() const { return !taken_.exchange(true); }
  void give_back() const { taken_ = false; }

 private:
  mutable std::atomic<bool> taken_{false};
};

struct Entry {
  std::string key;
  Content content;
  std::string etag;                // with its quotes; empty: none
  bool absent = false;             // known not to exist; no content
  std::int64_t version = 0;        // of the row behind it; 0: of no single row
  Position position = 0;           // contained by it, in
  Epoch epoch = 0;                 // this history
  std::vector<TagHash> tags = {};  // beside its own key
  Timestamp made_at;               // when it was read from the database

  // On this node only.
  SteadyTime confirmed_at = {};  // when the database was asked; not after the answer
  SteadyTime fresh_until = {};
  SteadyTime stale_until = {};  // until when it may stand in where the database does not answer
  Once compression = {};

  // What it takes of a memory budget, bookkeeping included.
  std::size_t cost() const;
  // Sets the times of this node: fresh for `ttl` from now.
  void begin_life(const Kind& kind, std::chrono::milliseconds ttl);
};
using EntryPtr = std::shared_ptr<const Entry>;

// An entry of a value that was read after the stamp was taken. It lives as long as its kind says,
// or for `expiry`.
std::shared_ptr<Entry> make_entry(const Kind& kind, std::string key, Value value,
                                  const Stamp& stamp, Timestamp now,
                                  std::optional<std::chrono::milliseconds> expiry = {});

}  // namespace souk::cache
