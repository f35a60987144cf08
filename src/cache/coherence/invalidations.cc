#include "cache/coherence/invalidations.h"

#include <algorithm>
#include <mutex>

#include "base/assert.h"

namespace souk::cache {

Invalidations::Invalidations(std::vector<std::string_view> topics, std::size_t max_tags)
    : topics_(std::move(topics)), max_tags_(max_tags), states_(topics_.size()) {
  for (std::size_t i = 0; i < topics_.size(); ++i) states_[i].name = topics_[i];
}

Invalidations::Topic& Invalidations::find(std::string_view name) {
  const auto found = std::ranges::find(states_, name, &Topic::name);
  SOUK_ASSERT(found != states_.end());
  return *found;
}

const Invalidations::Topic& Invalidations::find(std::string_view name) const {
  return const_cast<Invalidations*>(this)->find(name);
}

const Invalidations::Record* Invalidations::find(const Topic& topic, TagHash tag) {
  for (const auto* generation : {&topic.current, &topic.previous}) {
    const auto found = generation->records.find(tag);
    if (found != generation->records.end()) return &found->second;
  }
  return nullptr;
}

template <class Covers>
bool Invalidations::covers_all(const Topic& topic, const Entry& entry, Covers covers) {
  if (const auto* const record = find(topic, hash_of_tag(entry.key))) {
    // The row's own version is decisive: this tag has only this row.
    const bool is_the_change =
        record->version > 0 && !entry.absent() && entry.version >= record->version;
    if (!is_the_change && !covers(*record)) return false;
  }
  return std::ranges::all_of(entry.tags, [&](TagHash tag) {
    const auto* const record = find(topic, tag);
    return record == nullptr || covers(*record);
  });
}

bool Invalidations::holds(const Entry& entry) const {
  const std::shared_lock lock(mutex_);
  const Topic& topic = find(entry.topic);
  if (topic.forgotten > entry.since) return false;
  return covers_all(topic, entry, [&](const Record& r) { return r.sequence <= entry.since; });
}

bool Invalidations::holds_from_redis(const Entry& entry) const {
  const std::shared_lock lock(mutex_);
  const Topic& topic = find(entry.topic);
  const bool other_history = entry.epoch != epoch_.load(std::memory_order_relaxed);
  if (other_history || entry.position < topic.floor) return false;
  return covers_all(topic, entry, [&](const Record& r) { return r.by < entry.position; });
}

bool Invalidations::changed_since(const Kind& kind, TagHash key, Sequence since) const {
  const std::shared_lock lock(mutex_);
  const Topic& topic = find(kind.topic);
  if (topic.forgotten > since) return true;
  if (kind.tagged_by_loader) return topic.last > since;
  const auto* const record = find(topic, key);
  return record != nullptr && record->sequence > since;
}

bool Invalidations::record(std::string_view name, TagHash tag, std::int64_t version, Position by) {
  const std::lock_guard lock(mutex_);
  Topic& topic = find(name);
  if (const auto* const known = find(topic, tag);
      known != nullptr && known->by == by && known->version >= version) {
    return false;
  }
  if (topic.current.records.size() >= max_tags_) drop_records(topic);
  const auto sequence = sequence_.load(std::memory_order_relaxed) + 1;
  // Changes are not recorded in transaction order: the highest of both counts.
  Record record{by, version, sequence};
  if (const auto* const old = find(topic, tag)) {
    record.by = std::max(by, old->by);
    record.version = std::max(version, old->version);
  }
  topic.current.records[tag] = record;
  topic.current.last_by = std::max(topic.current.last_by, record.by);
  topic.current.last = topic.last = sequence;
  sequence_.store(sequence, std::memory_order_release);
  return true;
}

void Invalidations::drop_records(Topic& topic) {
  topic.floor = std::max(topic.floor, topic.previous.last_by + 1);
  topic.forgotten = std::max(topic.forgotten, topic.previous.last);
  topic.previous = std::exchange(topic.current, {});
}

void Invalidations::record_all(std::string_view name, Position by) {
  const std::lock_guard lock(mutex_);
  Topic& topic = find(name);
  const auto sequence = sequence_.load(std::memory_order_relaxed) + 1;
  const auto last_by = std::max({by, topic.current.last_by, topic.previous.last_by});
  topic.floor = std::max(topic.floor, last_by + 1);
  topic.forgotten = topic.last = sequence;
  topic.current = {};
  topic.previous = {};
  sequence_.store(sequence, std::memory_order_release);
}

void Invalidations::start_over(Epoch epoch) {
  const std::lock_guard lock(mutex_);
  const auto sequence = sequence_.load(std::memory_order_relaxed) + 1;
  for (auto& topic : states_) {
    topic.floor = std::numeric_limits<Position>::max();
    topic.forgotten = topic.last = sequence;
    topic.current = {};
    topic.previous = {};
  }
  position_.store(0, std::memory_order_release);  // belongs to the previous history
  epoch_.store(epoch, std::memory_order_release);
  sequence_.store(sequence, std::memory_order_release);
}

void Invalidations::set_floor(std::string_view topic, Position floor) {
  const std::lock_guard lock(mutex_);
  find(topic).floor = floor;
}

void Invalidations::confirm(Position contained, SteadyTime asked) {
  position_.store(contained, std::memory_order_release);
  confirmed_.store(asked.time_since_epoch().count(), std::memory_order_release);
}

SteadyTime Invalidations::confirmed_at() const {
  return SteadyTime(SteadyTime::duration(confirmed_.load(std::memory_order_acquire)));
}

}  // namespace souk::cache
