#include "observe/history/slowest.h"

#include <algorithm>
#include <numeric>

#include "telemetry/reading.h"

namespace souk::observe {

Slowest::Counts Slowest::read() const {
  Counts counts;
  visit(registry_, metric_, [&](const telemetry::Reading& series) {
    if (series.buckets.size() != kBuckets) return;
    std::string name;
    for (std::size_t i = 0; i < std::min(labels_, series.labels.size()); ++i) {
      if (!name.empty()) name += ' ';
      name += series.labels[i];
    }
    auto& total = counts[std::move(name)];
    for (std::size_t b = 0; b < kBuckets; ++b) total[b] += series.buckets[b];
  });
  return counts;
}

void Slowest::mark() {
  marks_.push_back(read());
  if (marks_.size() > kMinutes) marks_.pop_front();
}

std::vector<Slowest::Entry> Slowest::top() const {
  std::vector<Entry> entries;
  for (auto& [name, buckets] : read()) {
    std::array<float, kBuckets> lately{};
    const auto* before = marks_.empty() || !marks_.front().contains(name)
                             ? nullptr
                             : &marks_.front().find(name)->second;
    for (std::size_t b = 0; b < kBuckets; ++b) {
      lately[b] = static_cast<float>(buckets[b] - (before == nullptr ? 0 : (*before)[b]));
    }
    Entry entry{.name = name};
    entry.count = static_cast<std::uint64_t>(std::accumulate(lately.begin(), lately.end(), 0.0));
    if (entry.count == 0) continue;
    entry.p50 = quantile_of(lately, 0.5);
    entry.p95 = quantile_of(lately, 0.95);
    entry.apdex = apdex_of(lately, telemetry::kSatisfied);
    entries.push_back(std::move(entry));
  }
  const auto shown = std::min(entries.size(), kShown);
  std::ranges::partial_sort(entries, entries.begin() + static_cast<std::ptrdiff_t>(shown),
                            std::greater(), &Entry::p95);
  entries.resize(shown);
  return entries;
}

}  // namespace souk::observe
