#include "cache/entry.h"

namespace souk::cache {
namespace {

// Of the entry, its node in the memory level, and their places in hash tables and queues.
constexpr std::size_t kEntryOverhead = sizeof(Entry) + 256;
constexpr std::size_t kTagOverhead = 64;
// An entry that is read in the last tenth of its lifetime is loaded anew.
constexpr int kRefreshShare = 10;

}  // namespace

std::size_t Entry::cost() const {
  const auto held = value == nullptr ? 0 : type->memory(value.get());
  return kEntryOverhead + key.size() + held + renderings.memory() +
         kTagOverhead * (tags.size() + 1);
}

void Entry::begin_life(const Kind& kind, std::chrono::milliseconds ttl) {
  fresh_until = std::chrono::steady_clock::now() + ttl;
  refresh_at = fresh_until - ttl / kRefreshShare;
  stale_until = fresh_until + kind.max_stale;
}

std::shared_ptr<Entry> make_entry(const Kind& kind, std::string key, Value value,
                                  const Stamp& stamp, Timestamp now,
                                  std::optional<std::chrono::milliseconds> expiry) {
  const bool absent = value.absent();
  SOUK_ASSERT(absent || value.type == kind.type);
  auto entry = std::make_shared<Entry>();
  entry->key = std::move(key);
  entry->type = kind.type;
  entry->topic = kind.topic;
  entry->since = stamp.since;
  entry->value = std::move(value.data);
  entry->version = value.version;
  entry->position = stamp.position;
  entry->epoch = stamp.epoch;
  entry->tags.reserve(value.tags.size());
  for (const auto& tag : value.tags) entry->tags.push_back(hash_of_tag(tag));
  entry->made_at = now;
  entry->begin_life(kind, expiry.value_or(absent ? kind.absent_ttl : kind.memory_ttl));
  return entry;
}

}  // namespace souk::cache
