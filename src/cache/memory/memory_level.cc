#include "cache/memory/memory_level.h"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "cache/memory/s3_fifo.h"
#include "cache/pattern.h"

namespace souk::cache {
namespace {

namespace bi = boost::intrusive;

// Keys are hashes already.
struct IdentityHash {
  std::size_t operator()(std::uint64_t hash) const noexcept { return hash; }
};

// Keyed: clients can choose tags, and the plain hash is public.
struct KeyedTagHash {
  std::size_t operator()(TagHash tag) const noexcept {
    return keyed_hash({reinterpret_cast<const char*>(&tag), sizeof(tag)});
  }
};

}  // namespace

struct MemoryLevel::Node : S3Fifo::Item {
  // Links a node into the list of a tag; unlinks on destruction.
  struct TagLink : bi::list_base_hook<bi::link_mode<bi::auto_unlink>> {
    Node* node = nullptr;
    TagHash tag = 0;
  };

  explicit Node(EntryPtr e) : entry(std::move(e)), links(entry->tags.size()) {}

  EntryPtr entry;
  std::vector<TagLink> links;
};

struct MemoryLevel::Shard {
  using TagList = bi::list<Node::TagLink, bi::constant_time_size<false>>;

  explicit Shard(std::size_t capacity) : queue(capacity) {}

  Node* find(std::uint64_t hash, std::string_view key) const {
    const auto found = nodes.find(hash);
    if (found == nodes.end() || found->second->entry->key != key) return nullptr;
    return found->second.get();
  }

  // Most tags are in few shards: this check does not block readers.
  bool has(TagHash tag, std::uint64_t own) const {
    const std::shared_lock lock(mutex);
    return nodes.contains(own) || tagged.contains(tag);
  }

  mutable std::shared_mutex mutex;
  S3Fifo queue;
  // By keyed hash of the key; of two keys with the same hash the later one wins.
  std::unordered_map<std::uint64_t, std::unique_ptr<Node>, IdentityHash> nodes;
  std::unordered_map<TagHash, TagList, KeyedTagHash> tagged;

  void link(Node& node) {
    for (std::size_t i = 0; i < node.links.size(); ++i) {
      auto& link = node.links[i];
      link.node = &node;
      link.tag = node.entry->tags[i];
      tagged[link.tag].push_back(link);
    }
  }
  void unlink(Node& node) {
    for (auto& link : node.links) {
      link.unlink();
      const auto list = tagged.find(link.tag);
      if (list != tagged.end() && list->second.empty()) tagged.erase(list);
    }
  }
  // Removes it from all structures; the caller destroys it.
  std::unique_ptr<Node> take(std::uint64_t hash) {
    const auto found = nodes.find(hash);
    auto node = std::move(found->second);
    nodes.erase(found);
    unlink(*node);
    return node;
  }
};

MemoryLevel::MemoryLevel(std::size_t max_bytes) : max_bytes_(max_bytes) {
  for (std::size_t i = 0; i < kShards; ++i) {
    shards_.push_back(std::make_unique<Shard>(max_bytes / kShards));
  }
}

MemoryLevel::~MemoryLevel() { clear(); }

// Uses the upper bits: the lower ones choose the bucket.
MemoryLevel::Shard& MemoryLevel::shard_of(std::uint64_t hash) const {
  return *shards_[(hash >> 48) % kShards];
}

EntryPtr MemoryLevel::get(std::string_view key) {
  const auto hash = keyed_hash(key);
  const Shard& shard = shard_of(hash);
  const std::shared_lock lock(shard.mutex);
  Node* const node = shard.find(hash, key);
  if (node == nullptr) return nullptr;
  S3Fifo::hit(*node);
  return node->entry;
}

MemoryLevel::Put MemoryLevel::put(EntryPtr entry, const std::function<bool(const Entry&)>& holds) {
  if (entry->cost() > max_cost()) return Put::kTooLarge;
  const auto hash = keyed_hash(entry->key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (!holds(*entry)) return Put::kRefused;
  const Node* const kept = shard.find(hash, entry->key);
  if (kept != nullptr && entry->version > 0 && kept->entry->version > entry->version &&
      kept->entry->epoch == entry->epoch) {
    return Put::kOlder;
  }
  insert(shard, std::move(entry), hash);
  make_room(shard);
  return Put::kKept;
}

void MemoryLevel::grew(const Entry& entry) {
  const auto hash = keyed_hash(entry.key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  Node* const node = shard.find(hash, entry.key);
  if (node == nullptr || node->entry.get() != &entry) return;
  const auto cost = entry.cost();
  bytes_.fetch_add(cost - node->cost, std::memory_order_relaxed);
  shard.queue.resize(*node, cost);
  if (cost > max_cost()) {
    shard.queue.erase(*node);
    drop_evicted(shard, *node);
  }
  make_room(shard);
}

// Replaces the node with the same hash, whose position in the queues it keeps.
void MemoryLevel::insert(Shard& shard, EntryPtr entry, std::uint64_t hash) {
  auto node = std::make_unique<Node>(std::move(entry));
  node->hash = hash;
  node->cost = node->entry->cost();
  bytes_.fetch_add(node->cost, std::memory_order_relaxed);
  const auto found = shard.nodes.find(hash);
  if (found == shard.nodes.end()) {
    shard.queue.insert(*node);
    entries_.fetch_add(1, std::memory_order_relaxed);
  } else {
    const auto old = shard.take(hash);
    shard.queue.replace(*old, *node);
    bytes_.fetch_sub(old->cost, std::memory_order_relaxed);
  }
  shard.link(*node);
  shard.nodes[hash] = std::move(node);
}

void MemoryLevel::make_room(Shard& shard) {
  while (shard.queue.full()) {
    auto* const victim = static_cast<Node*>(shard.queue.evict());
    if (victim == nullptr) return;
    drop_evicted(shard, *victim);
  }
}

void MemoryLevel::drop_evicted(Shard& shard, const Node& victim) {
  const auto node = shard.take(victim.hash);
  bytes_.fetch_sub(node->cost, std::memory_order_relaxed);
  entries_.fetch_sub(1, std::memory_order_relaxed);
  evictions_.fetch_add(1, std::memory_order_relaxed);
}

bool MemoryLevel::remove(std::string_view key) { return remove_tag(key) > 0; }

std::size_t MemoryLevel::remove_tag(std::string_view name, std::int64_t from_version) {
  const auto tag = hash_of_tag(name);
  const auto own = keyed_hash(name);
  std::size_t removed = 0;
  for (const auto& each : shards_) {
    Shard& shard = *each;
    if (!shard.has(tag, own)) continue;
    const std::lock_guard lock(shard.mutex);
    const auto drop = [&](std::uint64_t hash) {
      const auto node = shard.take(hash);
      shard.queue.erase(*node);
      bytes_.fetch_sub(node->cost, std::memory_order_relaxed);
      ++removed;
    };
    if (const auto* const node = shard.find(own, name)) {
      const auto& entry = *node->entry;
      if (from_version == 0 || entry.absent() || entry.version < from_version) drop(own);
    }
    while (true) {  // the list is removed with its last node
      const auto list = shard.tagged.find(tag);
      if (list == shard.tagged.end()) break;
      drop(list->second.front().node->hash);
    }
  }
  entries_.fetch_sub(removed, std::memory_order_relaxed);
  return removed;
}

std::size_t MemoryLevel::remove_if(const std::function<bool(const Entry&)>& condition) {
  std::size_t removed = 0;
  for (const auto& each : shards_) {
    Shard& shard = *each;
    const std::lock_guard lock(shard.mutex);
    std::vector<std::uint64_t> hashes;
    for (const auto& [hash, node] : shard.nodes) {
      if (condition(*node->entry)) hashes.push_back(hash);
    }
    for (const auto hash : hashes) {
      const auto node = shard.take(hash);
      shard.queue.erase(*node);
      bytes_.fetch_sub(node->cost, std::memory_order_relaxed);
    }
    removed += hashes.size();
  }
  entries_.fetch_sub(removed, std::memory_order_relaxed);
  return removed;
}

std::size_t MemoryLevel::remove_matching(std::string_view pattern) {
  std::vector<std::string> keys;
  auto removed = remove_if([&](const Entry& entry) {
    if (!matches(pattern, entry.key)) return false;
    keys.push_back(entry.key);
    return true;
  });
  for (const auto& key : keys) removed += remove_tag(key);
  return removed;
}

std::size_t MemoryLevel::clear() {
  return remove_if([](const Entry&) { return true; });
}

std::vector<EntryPtr> MemoryLevel::sample(Random& random, std::size_t count) const {
  std::vector<EntryPtr> found;
  const Shard& shard = *shards_[random.next() % kShards];
  const std::shared_lock lock(shard.mutex);
  const auto buckets = shard.nodes.bucket_count();
  auto bucket = random.next() % buckets;
  for (std::size_t seen = 0; seen < buckets && found.size() < count; ++seen) {
    for (auto at = shard.nodes.begin(bucket); at != shard.nodes.end(bucket); ++at) {
      if (found.size() < count) found.push_back(at->second->entry);
    }
    bucket = (bucket + 1) % buckets;
  }
  return found;
}

}  // namespace souk::cache
