#include "statistics/visits.h"

#include <algorithm>
#include <string_view>

namespace souk::statistics {
namespace {

constexpr std::size_t kMaxOfShard = Visits::kMaxVisits / Visits::kShards;

// Of kSlowerThanMs, as values of a label.
constexpr std::array<std::string_view, kSlowerThanMs.size()> kBoundNames = {
    "0", "5", "10", "20", "50", "100", "200", "300", "400", "500", "1000", "2500"};

std::int32_t bound_below(Visits::Duration mean) {
  const auto* const not_below =
      std::ranges::find_if(kSlowerThanMs.begin() + 1, kSlowerThanMs.end(),
                           [mean](auto bound) { return std::chrono::milliseconds(bound) >= mean; });
  return *std::prev(not_below);
}

void add(VisitSum& sum, const VisitSum& more) {
  sum.visits += more.visits;
  sum.with_hold += more.with_hold;
  sum.with_order += more.with_order;
  sum.with_payment += more.with_payment;
}

void add(VisitSums& sums, const VisitSums& more) {
  for (const auto& [key, sum] : more) add(sums[key], sum);
}

}  // namespace

Visits::Counted::Counted(telemetry::Registry& registry, std::string_view bound)
    : visits(registry.cell(kMetrics.visits, {bound, "visit"})),
      with_hold(registry.cell(kMetrics.visits, {bound, "hold"})),
      with_order(registry.cell(kMetrics.visits, {bound, "order"})),
      with_payment(registry.cell(kMetrics.visits, {bound, "payment"})) {}

Visits::Visits(const Clock& clock, telemetry::Registry& registry) : clock_(clock) {
  for (auto& shard : shards_) {
    shard.visits.reserve(kMaxOfShard);
    shard.without_reads = &registry.cell(kMetrics.visits_without_reads);
    shard.left_out = &registry.cell(kMetrics.visit_requests_left_out);
  }
  for (std::size_t i = 0; i < kSlowerThanMs.size(); ++i) {
    counted_.try_emplace(kSlowerThanMs[i], registry, kBoundNames[i]);
  }
  in_progress_ = registry.callback(kMetrics.visits_in_progress, {}, [this] {
    std::size_t count = 0;
    for (const auto& shard : shards_) {
      const std::lock_guard lock(shard.mutex);
      count += shard.visits.size();
    }
    return static_cast<double>(count);
  });
}

bool Visits::has_ended(const Visit& visit, Time now) {
  return now - visit.last > kPause || now - visit.began > kLongest;
}

void Visits::end(Shard& shard, const Visit& visit) {
  if (visit.reads == 0) return shard.without_reads->increment();
  const auto reached = [&visit](VisitStep step) {
    return std::int64_t{visit.reached[static_cast<std::size_t>(step)]};
  };
  const auto mean = visit.total / static_cast<Duration::rep>(visit.reads);
  add(shard.ended[{visit.day, bound_below(mean)}], {.visits = 1,
                                                    .with_hold = reached(VisitStep::kHold),
                                                    .with_order = reached(VisitStep::kOrder),
                                                    .with_payment = reached(VisitStep::kPayment)});
}

void Visits::answered(std::uint64_t session, Time now, std::optional<Duration> read,
                      VisitStep step) {
  auto& shard = shard_of(session);
  const std::lock_guard lock(shard.mutex);
  auto found = shard.visits.find(session);
  if (found != shard.visits.end() && has_ended(found->second, now)) {
    end(shard, found->second);
    shard.visits.erase(found);
    found = shard.visits.end();
  }
  if (found == shard.visits.end()) {
    if (shard.visits.size() >= kMaxOfShard) return shard.left_out->increment();
    const auto day = std::chrono::floor<std::chrono::days>(clock_.now());
    found = shard.visits.try_emplace(session, Visit{.day = day, .began = now, .last = now}).first;
  }
  auto& visit = found->second;
  visit.last = now;
  visit.reached[static_cast<std::size_t>(step)] = true;
  if (!read) return;
  visit.total += *read;
  ++visit.reads;
}

void Visits::accompanied(std::uint64_t session, Time now, Duration read) {
  auto& shard = shard_of(session);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.visits.find(session);
  if (found == shard.visits.end() || has_ended(found->second, now)) return;
  found->second.last = now;
  found->second.total += read;
  ++found->second.reads;
}

VisitSums Visits::take(Time now, Which which) {
  const std::lock_guard taking(taking_);
  VisitSums sums;
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.visits, [&](const auto& entry) {
      if (which == Which::kEnded && !has_ended(entry.second, now)) return false;
      end(shard, entry.second);
      return true;
    });
    add(sums, std::exchange(shard.ended, {}));
  }
  for (const auto& [key, sum] : sums) {
    auto& counted = counted_.at(key.second);
    counted.visits.add(static_cast<double>(sum.visits));
    counted.with_hold.add(static_cast<double>(sum.with_hold));
    counted.with_order.add(static_cast<double>(sum.with_order));
    counted.with_payment.add(static_cast<double>(sum.with_payment));
  }
  add(sums, std::exchange(put_back_, {}));
  return sums;
}

void Visits::put_back(const VisitSums& sums) {
  const std::lock_guard taking(taking_);
  add(put_back_, sums);
}

}  // namespace souk::statistics
