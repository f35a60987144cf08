// Hit ratio of S3-FIFO and of LRU on the same trace: products by Zipf's law, with occasional scans
// (a crawler, an export) of items that are never requested again.
//
//   build/release/cache_bench
//
// hit_ratio is the figure; the time is that of one request, replacement included.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "cache/memory/s3_fifo.h"

namespace souk::cache {
namespace {

constexpr std::size_t kItems = 100'000;
constexpr std::size_t kRequests = 2'000'000;
constexpr std::size_t kScanEvery = 100'000;  // requests between two scans
constexpr std::size_t kScanLength = 20'000;

std::vector<std::uint64_t> make_trace(double exponent, bool with_scans) {
  std::vector<double> cumulative(kItems);
  double sum = 0;
  for (std::size_t i = 0; i < kItems; ++i) {
    sum += std::pow(static_cast<double>(i + 1), -exponent);
    cumulative[i] = sum;
  }
  SeededRandom random(1);
  std::vector<std::uint64_t> trace;
  std::uint64_t scanned = kItems;  // never requested again
  while (trace.size() < kRequests) {
    if (with_scans && trace.size() % kScanEvery == 0) {
      for (std::size_t i = 0; i < kScanLength; ++i) trace.push_back(scanned++);
    }
    const auto drawn = std::ranges::lower_bound(cumulative, random.unit() * sum);
    trace.push_back(static_cast<std::uint64_t>(drawn - cumulative.begin()));
  }
  return trace;
}

class S3FifoCache {
 public:
  explicit S3FifoCache(std::size_t capacity) : queue_(capacity) {}
  ~S3FifoCache() {
    for (auto& [key, item] : items_) queue_.erase(*item);
  }
  S3FifoCache(const S3FifoCache&) = delete;
  S3FifoCache& operator=(const S3FifoCache&) = delete;

  bool request(std::uint64_t key) {
    if (const auto found = items_.find(key); found != items_.end()) {
      S3Fifo::hit(*found->second);
      return true;
    }
    auto item = std::make_unique<S3Fifo::Item>();
    item->hash = key;
    item->cost = 1;
    queue_.insert(*item);
    items_[key] = std::move(item);
    while (queue_.full()) items_.erase(queue_.evict()->hash);
    return false;
  }

 private:
  S3Fifo queue_;
  std::unordered_map<std::uint64_t, std::unique_ptr<S3Fifo::Item>> items_;
};

class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  bool request(std::uint64_t key) {
    if (const auto found = places_.find(key); found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.push_front(key);
    places_[key] = order_.begin();
    if (order_.size() > capacity_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    return false;
  }

 private:
  const std::size_t capacity_;
  std::list<std::uint64_t> order_;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> places_;
};

// Arguments: items that fit, in per mille of all; the exponent in hundredths; whether scans come.
template <class Policy>
void run_trace(benchmark::State& state) {
  const auto capacity = kItems * static_cast<std::size_t>(state.range(0)) / 1'000;
  const auto trace = make_trace(static_cast<double>(state.range(1)) / 100, state.range(2) != 0);
  std::size_t hits = 0;
  std::size_t wanted = 0;
  for (auto _ : state) {
    Policy cache(capacity);
    hits = wanted = 0;
    for (const auto key : trace) {
      const bool hit = cache.request(key);
      if (key >= kItems) continue;  // hits of scans are not counted
      ++wanted;
      hits += hit ? 1 : 0;
    }
  }
  state.counters["hit_ratio"] = static_cast<double>(hits) / static_cast<double>(wanted);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(trace.size()));
}

void cases(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"permille", "zipf", "scans"})
      ->ArgsProduct({{10, 50, 100}, {80, 100}, {0, 1}})
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
}

BENCHMARK(run_trace<S3FifoCache>)->Apply(cases);
BENCHMARK(run_trace<LruCache>)->Apply(cases);

}  // namespace
}  // namespace souk::cache
