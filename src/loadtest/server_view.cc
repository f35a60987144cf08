#include "loadtest/server_view.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace souk::loadtest {
namespace {

constexpr std::string_view kStatementDuration = "souk_db_statement_duration_seconds";
constexpr std::string_view kRequestDuration = "souk_http_request_duration_seconds";
constexpr std::string_view kCacheHits = "souk_cache_hits_total";
constexpr std::string_view kCacheMisses = "souk_cache_misses_total";

std::optional<double> parse_value(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc()) return std::nullopt;
  return value;
}

// Removes and parses name="value",... including the closing brace.
Scrape::Labels take_labels(std::string_view& text) {
  Scrape::Labels labels;
  while (!text.empty() && text.front() != '}') {
    const auto equals = text.find("=\"");
    if (equals == text.npos) break;
    const auto name = text.substr(0, equals);
    text.remove_prefix(equals + 2);
    std::string value;
    for (; !text.empty() && text.front() != '"'; text.remove_prefix(1)) {
      if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
      value += text.front();
    }
    labels.emplace(name, std::move(value));
    text.remove_prefix(std::min<std::size_t>(text.size(), text.starts_with("\",") ? 2 : 1));
  }
  text.remove_prefix(std::min<std::size_t>(text.size(), 1));
  return labels;
}

bool carries(const Scrape::Labels& labels, const Scrape::Labels& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& pair) {
    const auto found = labels.find(pair.first);
    const std::string_view value = pair.second;
    if (found == labels.end()) return value.starts_with('!');
    return telemetry::is_wanted(value, found->second);
  });
}

double quantile(const std::map<double, double>& buckets, double share) {
  const double rank = share * buckets.rbegin()->second;
  const auto found =
      std::ranges::find_if(buckets, [rank](const auto& bucket) { return bucket.second >= rank; });
  return found == buckets.end() ? std::numeric_limits<double>::infinity() : found->first;
}

// Empty without observations.
std::map<double, double> buckets_between(const Scrape& before, const Scrape& after,
                                         std::string_view name, const Scrape::Labels& labels) {
  auto buckets = after.buckets(name, labels);
  for (const auto& [bound, count] : before.buckets(name, labels)) buckets[bound] -= count;
  if (!buckets.empty() && buckets.rbegin()->second <= 0) buckets.clear();
  return buckets;
}

std::optional<ServerTimes> times_between(const Scrape& before, const Scrape& after,
                                         std::string_view name, const Scrape::Labels& labels) {
  const auto buckets = buckets_between(before, after, name, labels);
  if (buckets.empty()) return std::nullopt;
  return ServerTimes{buckets.rbegin()->second, quantile(buckets, 0.95), quantile(buckets, 0.99)};
}

std::optional<double> growth(const Scrape& before, const Scrape& after, std::string_view name) {
  const auto now = after.sum(name);
  if (!now) return std::nullopt;
  return *now - before.sum(name).value_or(0);
}

// For a counter the growth per second, for a gauge its value.
std::optional<double> value_between(const Scrape& before, const Scrape& after,
                                    std::string_view name, const Scrape::Labels& labels,
                                    double seconds) {
  const auto now = after.sum(name, labels);
  if (!now || !name.ends_with("_total")) return now;
  return (*now - before.sum(name, labels).value_or(0)) / seconds;
}

}  // namespace

std::optional<double> measure(const telemetry::Objective& objective, const Scrape& before,
                              const Scrape& after, std::chrono::duration<double> elapsed) {
  if (objective.quantile) {
    const auto buckets = buckets_between(before, after, objective.metric, objective.where);
    if (buckets.empty()) return std::nullopt;
    return quantile(buckets, *objective.quantile);
  }
  const auto value =
      value_between(before, after, objective.metric, objective.where, elapsed.count());
  if (objective.share_of.empty()) return value;
  double whole = 0;
  for (const auto& name : objective.share_of) {
    whole += value_between(before, after, name, objective.excluded(), elapsed.count()).value_or(0);
  }
  // A series without events does not exist yet.
  if (whole <= 0) return std::nullopt;
  return value.value_or(0) / whole;
}

Scrape::Scrape(std::string_view text) {
  while (!text.empty()) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with('#')) continue;
    const auto name = line.substr(0, line.find_first_of("{ "));
    line.remove_prefix(name.size());
    Sample sample{};
    if (line.starts_with('{')) {
      line.remove_prefix(1);
      sample.labels = take_labels(line);
    }
    if (!line.starts_with(' ')) continue;
    line.remove_prefix(1);
    const auto value = parse_value(line.substr(0, line.find(' ')));
    if (!value) continue;
    sample.value = *value;
    samples_.emplace(name, std::move(sample));
  }
}

std::optional<double> Scrape::sum(std::string_view name, const Labels& labels) const {
  std::optional<double> total;
  const auto [begin, end] = samples_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    if (carries(it->second.labels, labels)) total = total.value_or(0) + it->second.value;
  }
  return total;
}

std::optional<double> Scrape::greatest(std::string_view name, const Labels& labels) const {
  std::optional<double> greatest;
  const auto [begin, end] = samples_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    if (!carries(it->second.labels, labels)) continue;
    greatest = std::max(greatest.value_or(it->second.value), it->second.value);
  }
  return greatest;
}

std::map<double, double> Scrape::buckets(std::string_view name, const Labels& labels) const {
  std::map<double, double> counts;
  const auto [begin, end] = samples_.equal_range(std::string(name) + "_bucket");
  for (auto it = begin; it != end; ++it) {
    const auto bound = it->second.labels.find("le");
    if (bound == it->second.labels.end() || !carries(it->second.labels, labels)) continue;
    if (const auto at = parse_value(bound->second)) counts[*at] += it->second.value;
  }
  return counts;
}

ServerView server_view(std::span<const std::string> endpoints, const Scrape& before,
                       const Scrape& after) {
  ServerView view;
  view.statements = times_between(before, after, kStatementDuration, {});
  for (const auto& endpoint : endpoints) {
    const auto space = endpoint.find(' ');
    view.endpoints.push_back(times_between(
        before, after, kRequestDuration,
        {{"method", endpoint.substr(0, space)}, {"route", endpoint.substr(space + 1)}}));
  }
  const auto hits = growth(before, after, kCacheHits);
  const auto lookups = hits.value_or(0) + growth(before, after, kCacheMisses).value_or(0);
  if (hits && lookups > 0) view.cache_hit_ratio = *hits / lookups;
  view.cpu_seconds = growth(before, after, "process_cpu_seconds_total");
  view.resident_bytes = after.sum("process_resident_memory_bytes");
  return view;
}

}  // namespace souk::loadtest
