#include "accounts/failure_counts.h"

#include <sodium.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "base/backoff.h"

namespace souk::accounts {

static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);

FailureCounts::FailureCounts() : buckets_(kBuckets) { crypto_shorthash_keygen(secret_.data()); }

std::uint64_t FailureCounts::key(char kind, std::string_view of) const {
  const std::string text = kind + std::string(of);
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   secret_.data());
  return std::bit_cast<std::uint64_t>(hash);
}

FailureCounts::Clock::duration FailureCounts::wait(std::uint64_t key, const Policy& policy,
                                                   Time now) const {
  const Entry* const entry = find(key);
  if (entry == nullptr) return {};
  const auto over = std::lround(entry->count) - static_cast<long>(policy.free);
  if (over < 0) return {};
  return entry->last + exponential_backoff(policy.delay, policy.max_delay, over + 1) - now;
}

bool FailureCounts::is_free(std::uint64_t key, const Policy& policy, Time now) const {
  const Entry* const entry = find(key);
  return entry == nullptr || std::lround(count_at(*entry, policy, now)) < policy.free;
}

FailureCounts::Entry& FailureCounts::find_or_evict(std::uint64_t key, Time now) {
  if (Entry* const entry = find(key)) return *entry;
  auto& bucket = buckets_[key % kBuckets];
  auto& entry = *std::ranges::min_element(
      bucket, {}, [](const Entry& e) { return std::tuple(std::lround(e.count), e.last); });
  if (std::lround(entry.count) > 0) ++evicted_;
  return entry = {.key = key, .count = 0, .last = now};
}

void FailureCounts::add(std::uint64_t key, const Policy& policy, Time now) {
  auto& entry = find_or_evict(key, now);
  entry.count = count_at(entry, policy, now) + 1;
  entry.last = now;
}

void FailureCounts::take_back(std::uint64_t key) {
  Entry* const entry = find(key);
  if (entry != nullptr) entry->count = std::max(0.0, entry->count - 1);
}

unsigned FailureCounts::count(std::uint64_t key) const {
  const Entry* const entry = find(key);
  return entry == nullptr ? 0 : static_cast<unsigned>(std::lround(entry->count));
}

double FailureCounts::count_at(const Entry& entry, const Policy& policy, Time now) {
  using Seconds = std::chrono::duration<double>;
  return std::max(0.0, entry.count - Seconds(now - entry.last) / Seconds(policy.forget));
}

FailureCounts::Entry* FailureCounts::find(std::uint64_t key) {
  return const_cast<Entry*>(std::as_const(*this).find(key));
}

const FailureCounts::Entry* FailureCounts::find(std::uint64_t key) const {
  const auto& bucket = buckets_[key % kBuckets];
  const auto found = std::ranges::find_if(
      bucket, [key](const Entry& entry) { return entry.key == key && entry.count > 0; });
  return found == bucket.end() ? nullptr : &*found;
}

}  // namespace souk::accounts
