#include "admission/token_buckets.h"

#include <algorithm>

#include "base/hash.h"

namespace souk::admission {
namespace {

std::size_t set_of(std::uint64_t hash) {
  return hash / TokenBuckets::kShards % TokenBuckets::kSetsOfShard;
}

}  // namespace

TokenBuckets::TokenBuckets() : shards_(kShards) {}

TokenBuckets::State TokenBuckets::state_of(Time full_at, const Rate& rate, Time now) {
  const auto missing = std::max(full_at - now, Duration::zero());
  const Duration per_token = rate.per_token();
  const Duration spare = per_token * rate.tokens - missing;
  return {.left = spare < per_token ? 0 : static_cast<unsigned>(spare / per_token),
          .until_full = missing,
          .until_next = std::max(per_token - spare, Duration::zero())};
}

const TokenBuckets::Bucket* TokenBuckets::find(const Shard& shard, std::uint64_t hash) {
  const auto& set = shard.sets.at(set_of(hash));
  const auto found = std::ranges::find(set, hash, &Bucket::key);
  return found == set.end() ? nullptr : found;
}

std::pair<TokenBuckets::Bucket*, bool> TokenBuckets::find_or_evict(Shard& shard, std::uint64_t hash,
                                                                   Time now) {
  auto& set = shard.sets.at(set_of(hash));
  if (const auto found = std::ranges::find(set, hash, &Bucket::key); found != set.end()) {
    return {found, false};
  }
  auto& victim = *std::ranges::min_element(set, {}, &Bucket::full_at);
  const bool evicted = victim.full_at > now;
  victim = {hash, now};
  return {&victim, evicted};
}

TokenBuckets::State TokenBuckets::take(std::string_view key, const Rate& rate, Time now) {
  const auto hash = keyed_hash(key);
  auto& shard = shards_[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto [bucket, evicted] = find_or_evict(shard, hash, now);
  auto state = state_of(bucket->full_at, rate, now);
  if (state.left > 0) {
    bucket->full_at = std::max(bucket->full_at, now) + rate.per_token();
    state = state_of(bucket->full_at, rate, now);
    state.taken = true;
  }
  state.evicted = evicted;
  return state;
}

TokenBuckets::State TokenBuckets::look(std::string_view key, const Rate& rate, Time now) const {
  const auto hash = keyed_hash(key);
  const auto& shard = shards_[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  const auto* const bucket = find(shard, hash);
  return state_of(bucket == nullptr ? now : bucket->full_at, rate, now);
}

void TokenBuckets::set_full_at(std::string_view key, Time full_at, Time now) {
  const auto hash = keyed_hash(key);
  auto& shard = shards_[hash % kShards];
  const std::lock_guard lock(shard.mutex);
  auto* const bucket = find_or_evict(shard, hash, now).first;
  bucket->full_at = std::max(bucket->full_at, full_at);
}

}  // namespace souk::admission
