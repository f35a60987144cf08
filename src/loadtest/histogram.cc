#include "loadtest/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace souk::loadtest {

Histogram& Histogram::operator=(const Histogram& other) {
  if (this == &other) return *this;
  for (auto& count : counts_) store(count, 0);
  store(sum_us_, 0);
  store(max_, 0);
  add(other);
  return *this;
}

std::size_t Histogram::bucket_of(std::uint64_t us) {
  if (us < kPerOctave) return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - kBits - 1;
  return (shift + 1) * kPerOctave + (us >> shift) - kPerOctave;
}

std::uint64_t Histogram::highest_in(std::size_t bucket) {
  if (bucket < kPerOctave) return bucket;
  const auto shift = bucket / kPerOctave - 1;
  return ((bucket % kPerOctave + kPerOctave + 1) << shift) - 1;
}

void Histogram::record(std::chrono::nanoseconds latency) {
  const auto us = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::microseconds>(latency).count(), 1));
  auto& count = counts_[bucket_of(std::min(us, kMaxMicroseconds))];
  store(count, load(count) + 1);
  store(sum_us_, load(sum_us_) + us);
  if (us > load(max_)) store(max_, us);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (const auto n = load(other.counts_[i]); n > 0) store(counts_[i], load(counts_[i]) + n);
  }
  store(sum_us_, load(sum_us_) + load(other.sum_us_));
  store(max_, std::max(load(max_), load(other.max_)));
}

void Histogram::subtract(const Histogram& earlier) {
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const auto left = load(counts_[i]) - load(earlier.counts_[i]);
    store(counts_[i], left);
    if (left > 0) highest = highest_in(i);
  }
  store(sum_us_, load(sum_us_) - load(earlier.sum_us_));
  store(max_, highest);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += load(count);
  return total;
}

std::chrono::duration<double, std::micro> Histogram::mean() const {
  const auto n = count();
  return std::chrono::duration<double, std::micro>(
      n == 0 ? 0 : static_cast<double>(load(sum_us_)) / static_cast<double>(n));
}

std::chrono::microseconds Histogram::percentile(double share) const {
  const auto total = count();
  if (total == 0) return {};
  const auto wanted = std::clamp<std::uint64_t>(
      static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))), 1, total);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += load(counts_[i]);
    if (seen >= wanted) {
      return std::chrono::microseconds(std::min(highest_in(i), load(max_)));
    }
  }
  return max();  // a record arrived between the two passes
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (const auto n = load(counts_[i]); n > 0) buckets.emplace_back(highest_in(i), n);
  }
  return buckets;
}

}  // namespace souk::loadtest
