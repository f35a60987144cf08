#include "cache/hybrid/inspector.h"

#include "cache/coherence/store.h"

namespace souk::cache {

using runtime::Context;
using runtime::Task;

Task<Inspector::Copies> Inspector::look_up(const std::string& key) {
  Copies copies;
  Context context;
  co_await cache_.catch_up(context);
  if (const auto entry = shared_.memory.get(key)) {
    auto& copy = copies.memory.emplace(Copy{.is_absent = entry->absent(),
                                            .version = entry->version,
                                            .made_at = entry->made_at,
                                            .tags = entry->tags.size(),
                                            .is_fresh = cache_.would_serve(*entry)});
    entry->renderings.for_each([&copy](const Rendering& each) {
      copy.renderings.push_back({each.key, each.etag, each.bytes.size()});
    });
  }
  const auto opened = redis_ == nullptr ? std::nullopt : co_await redis_->peek(key);
  if (opened) {
    copies.redis = Copy{.is_absent = opened->absent,
                        .version = opened->version,
                        .made_at = opened->made_at,
                        .tags = opened->tags.size()};
  }
  co_return copies;
}

// A key is a tag of its own entry. A tag's topic is unknown, so it is logged for all topics. This
// node's entries are dropped first, to count them before its own follower reads the log.
Task<std::size_t> Inspector::drop_tag(Context& context, std::string tag) {
  const auto dropped = shared_.memory.remove_tag(tag);
  std::vector<std::string> topics;
  for (const auto topic : shared_.invalidations.topics()) topics.emplace_back(topic);
  const auto by = co_await store::announce(pool_, context, topics, tag);
  const std::array changes = {Change{.tag = tag}};
  for (const auto& topic : topics) cache_.changed(topic, changes, by);
  if (redis_ != nullptr) co_await redis_->remove(tag);
  co_return dropped;
}

Task<std::size_t> Inspector::drop_pattern(Context& context, std::string pattern) {
  const auto dropped = co_await cache_.remove_by_pattern(context, pattern);
  co_await store::announce(pool_, context, {std::string(store::kPatternTopic)}, pattern);
  co_return dropped;
}

}  // namespace souk::cache
