#include "loadtest/baseline.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.h"
#include "loadtest/comparison.h"

namespace souk::loadtest {
namespace {

constexpr int kFileVersion = 1;
constexpr std::uint64_t kSeed = 1;
// A percentile is known to the width of its bucket.
constexpr double kResolution = 1.0 / 128;
constexpr std::array<std::pair<std::string_view, double>, 3> kPercentiles = {
    {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}};

Estimate change_of_metric(const Metric& before, const Metric& after, bool are_pairs,
                          double confidence) {
  SeededRandom random(kSeed);
  auto change = are_pairs ? change_of_pairs(before.values, after.values, confidence, random)
                          : change_of(before.values, after.values, confidence, random);
  if (!before.larger_is_better) {
    change.low -= kResolution;
    change.high += kResolution;
  }
  return change;
}

}  // namespace

std::string Repeats::subject_of(const Measurements& run) {
  const auto& plan = run.plan;
  return fmt::format("{}, {} model, peak {:.0f}, {:.0f} s, think {:.0f} ms, seed {}",
                     run.scenario.name, plan.open ? "open" : "closed", plan.shape.peak(),
                     std::chrono::duration<double>(plan.shape.duration()).count(),
                     std::chrono::duration<double, std::milli>(run.scenario.think_time).count(),
                     plan.seed);
}

Result<> Repeats::add(const Measurements& run) {
  const auto overall = run.total.overall();
  const auto requests = static_cast<double>(overall.requests.get());
  if (run.interrupted || overall.answers() == 0) {
    return fail(ErrorCode::kPreconditionFailed, "a repeat was interrupted or got no answers");
  }
  if (static_cast<double>(overall.error_count()) > kMaxFailedShare * requests) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} of {:.0f} requests of a repeat failed: its latencies tell nothing",
                            overall.error_count(), requests));
  }
  std::vector<Metric> now;
  const auto add_latency = [&now](std::string_view name, const EndpointRecord& record) {
    for (const auto& [label, share] : kPercentiles) {
      const auto us = static_cast<double>(record.latency.percentile(share).count());
      now.push_back({fmt::format("{} {}", name, label), false, {us}});
    }
  };
  add_latency("all", overall);
  for (std::size_t i = 0; i < run.scenario.endpoints.size(); ++i) {
    if (run.total.endpoints[i].latency.count() == 0) continue;
    add_latency(run.scenario.endpoints[i], run.total.endpoints[i]);
  }
  now.push_back({"answers a second", true, {run.rate()}});
  if (metrics_.empty()) {
    metrics_ = std::move(now);
    return {};
  }
  // An endpoint that was not asked in each repeat is left out.
  std::erase_if(metrics_, [&now](Metric& metric) {
    const auto found = std::ranges::find(now, metric.name, &Metric::name);
    if (found == now.end()) return true;
    metric.values.push_back(found->values.front());
    return false;
  });
  return {};
}

void Repeats::write(Buffer& out) const {
  JsonWriter json(out);
  json.begin_object();
  json.member("fileVersion", kFileVersion);
  json.member("subject", subject_);
  json.member("commit", commit_);
  json.key("metrics");
  json.begin_array();
  for (const auto& metric : metrics_) {
    json.begin_object();
    json.member("name", metric.name);
    json.member("largerIsBetter", metric.larger_is_better);
    json.key("values");
    json.begin_array();
    for (const double value : metric.values) json.value(value);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  out.append('\n');
}

Result<Repeats> Repeats::read(const std::string& text, std::string_view source) {
  try {
    simdjson::dom::parser parser;
    const simdjson::dom::element root = parser.parse(text);
    if (std::int64_t(root["fileVersion"]) != kFileVersion) {
      return fail(ErrorCode::kInvalidRequest, fmt::format("{}: of another version", source));
    }
    Repeats repeats;
    repeats.subject_ = std::string_view(root["subject"]);
    repeats.commit_ = std::string_view(root["commit"]);
    for (const simdjson::dom::element node : root["metrics"].get_array()) {
      Metric metric{std::string(std::string_view(node["name"])), bool(node["largerIsBetter"]), {}};
      for (const simdjson::dom::element value : node["values"].get_array()) {
        metric.values.push_back(double(value));
        if (!(metric.values.back() > 0)) throw simdjson::simdjson_error(simdjson::NUMBER_ERROR);
      }
      repeats.metrics_.push_back(std::move(metric));
    }
    return repeats;
  } catch (const simdjson::simdjson_error& error) {
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format("{}: not a file of `souk loadtest baseline save`: {}", source, error.what()));
  }
}

Result<std::vector<Change>> compare(const Repeats& before, const Repeats& after, bool are_pairs) {
  if (before.subject() != after.subject()) {
    return fail(
        ErrorCode::kPreconditionFailed,
        fmt::format("the baseline is of \"{}\", not of \"{}\"", before.subject(), after.subject()));
  }
  std::vector<std::pair<const Metric*, const Metric*>> common;
  for (const auto& metric : after.metrics()) {
    const auto found = std::ranges::find(before.metrics(), metric.name, &Metric::name);
    if (found == before.metrics().end()) continue;
    if (std::min(metric.values.size(), found->values.size()) < kFewestRepeats) {
      return fail(ErrorCode::kPreconditionFailed,
                  fmt::format("fewer than {} repeats tell nothing", kFewestRepeats));
    }
    common.emplace_back(&*found, &metric);
  }
  std::vector<Change> findings;
  const double confidence = 1 - (1 - kConfidence) / static_cast<double>(common.size());
  for (const auto& [old, now] : common) {
    const auto change = change_of_metric(*old, *now, are_pairs, confidence);
    const bool better_if_larger = now->larger_is_better;
    findings.push_back(
        {now->name,
         better_if_larger ? sentence(change, "more", "less") : sentence(change, "slower", "faster"),
         is_certain(change) && (change.value > 0) != better_if_larger});
  }
  return findings;
}

}  // namespace souk::loadtest
