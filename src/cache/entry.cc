#include "cache/entry.h"

namespace souk::cache {
namespace {

// Of the entry, its node in the memory level, and their places in hash tables and queues.
constexpr std::size_t kEntryOverhead = sizeof(Entry) + 256;
constexpr std::size_t kTagOverhead = 64;

}  // namespace

std::size_t Entry::cost() const {
  return kEntryOverhead + key.size() + etag.size() + content.size() +
         kTagOverhead * (tags.size() + 1);
}

void Entry::begin_life(const Kind& kind, std::chrono::milliseconds ttl) {
  fresh_until = std::chrono::steady_clock::now() + ttl;
  stale_until = fresh_until + kind.max_stale;
}

std::shared_ptr<Entry> make_entry(const Kind& kind, std::string key, Value value,
                                  const Stamp& stamp, Timestamp now,
                                  std::optional<std::chrono::milliseconds> expiry) {
  auto entry = std::make_shared<Entry>();
  entry->key = std::move(key);
  entry->content.identity = std::move(value.bytes);
  entry->etag = std::move(value.etag);
  entry->absent = value.absent;
  entry->version = value.version;
  entry->position = stamp.position;
  entry->epoch = stamp.epoch;
  entry->tags.reserve(value.tags.size());
  for (const auto& tag : value.tags) entry->tags.push_back(hash_of_tag(tag));
  entry->made_at = now;
  entry->begin_life(kind, expiry.value_or(value.absent ? kind.absent_ttl : kind.memory_ttl));
  return entry;
}

}  // namespace souk::cache
