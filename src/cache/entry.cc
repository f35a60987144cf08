#include "cache/entry.h"

#include <algorithm>
#include <cstring>

namespace souk::cache {
namespace {

// Of the entry, its node in the memory level, and their places in hash tables and queues.
constexpr std::size_t kEntryOverhead = sizeof(Entry) + 256;
constexpr std::size_t kTagOverhead = 64;

}  // namespace

// Eight bytes a step, folded by a wide multiplication (the idea of wyhash). The same on every node:
// tags travel inside Redis values, so another hash is another version of their format.
TagHash hash_of_tag(std::string_view tag) {
  std::uint64_t hash = 0x9e3779b97f4a7c15 ^ tag.size();
  while (!tag.empty()) {
    std::uint64_t word = 0;
    const auto size = std::min(tag.size(), sizeof(word));
    std::memcpy(&word, tag.data(), size);
    tag.remove_prefix(size);
    const auto product = static_cast<unsigned __int128>(hash ^ word) * 0xd6e8feb86659fd93;
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  return hash ^ (hash >> 32);
}

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
