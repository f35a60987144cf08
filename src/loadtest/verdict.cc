#include "loadtest/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace souk::loadtest {
namespace {

using Seconds = std::chrono::duration<double>;
using telemetry::Objective;

constexpr std::string_view kCpu = "cpu";

constexpr std::string_view kRequestDuration = "souk_http_request_duration_seconds";
constexpr std::string_view kRequests = "souk_http_requests_total";

// Client-side objectives are judged by the load tester's measurements, the others by the shop's.
class Judge {
 public:
  Judge(const telemetry::Budgets& budgets, const Measurements& measured)
      : budgets_(budgets), measured_(measured), overall_(measured.total.overall()) {}

  std::vector<Judgement> all() {
    for (const auto& objective : budgets_.objectives()) {
      // A state, such as dead letters, may be older than the run.
      if (objective.section != Section::kState) judge(objective);
    }
    for (const auto& threshold : measured_.scenario.thresholds) judge(threshold);
    if (measured_.scenario.breakpoint) breakpoint();
    if (measured_.scenario.memory_growth) memory_growth();
    return std::move(judgements_);
  }

 private:
  using Section = telemetry::Section;

  void judge(const Objective& objective) {
    if (objective.section == Section::kApi && objective.metric == kRequestDuration) {
      latency(objective, objective.title(), overall_.latency);
      for (std::size_t i = 0; i < measured_.scenario.endpoints.size(); ++i) endpoint(objective, i);
    } else if (objective.section == Section::kEndpoint && objective.metric == kRequestDuration) {
      // Judged instead of the API's objective.
    } else if (objective.metric == kRequests && objective.share_of.empty()) {
      throughput(objective);
    } else if (objective.metric == kRequests && objective.where.contains("status")) {
      failures(objective);
    } else {
      by_the_shop(objective);
    }
  }

  void add(const Objective& objective, std::string title, std::string measured, double value) {
    const bool kept =
        objective.at_most ? value <= objective.threshold : value >= objective.threshold;
    judgements_.push_back({std::move(title), limit_of(objective), std::move(measured),
                           kept ? Verdict::kKept : Verdict::kBroken});
  }
  void not_measured(const Objective& objective, std::string title, std::string why) {
    judgements_.push_back(
        {std::move(title), limit_of(objective), std::move(why), Verdict::kNotMeasured});
  }

  static std::string limit_of(const Objective& objective) {
    return fmt::format("{} {}",
                       objective.at_most ? "<=" : ">=", text_of(objective, objective.threshold));
  }
  static std::string text_of(const Objective& objective, double value) {
    if (objective.is_duration) return format_time(Seconds(value));
    if (!objective.share_of.empty()) return fmt::format("{:.4g} %", value * 100);
    return fmt::format("{:.4g}{}", value, objective.metric.ends_with("_total") ? "/s" : "");
  }

  void latency(const Objective& objective, std::string title, const Histogram& latency) {
    if (latency.count() == 0) return not_measured(objective, std::move(title), "no answers");
    const Seconds value = latency.percentile(*objective.quantile);
    add(objective, std::move(title), format_time(value), value.count());
  }

  void endpoint(const Objective& of_api, std::size_t index) {
    const auto& name = measured_.scenario.endpoints[index];
    latency(*budgets_.of_endpoint(name, of_api.name), fmt::format("{} {}", name, of_api.name),
            measured_.total.endpoints[index].latency);
  }

  // A load below the budget, even with a shop that keeps its latency budget, cannot show the shop's
  // capacity.
  std::optional<std::string> why_too_little_was_asked(double wanted) const {
    const auto& plan = measured_.plan;
    const double level = plan.shape.mean(plan.warm_up);
    if (plan.open) {
      if (level >= wanted) return std::nullopt;
      return fmt::format("only {:.0f}/s were asked for", level);
    }
    const auto* p95 = budgets_.find(Section::kApi, {}, "p95");
    const auto think_time = measured_.scenario.think_time;
    const double think = Seconds(think_time).count();
    if (level >= wanted * (think + (p95 == nullptr ? 0 : p95->threshold))) return std::nullopt;
    const auto mean = overall_.latency.mean();
    return fmt::format("{:.0f} users / ({} think + {} mean latency) ask for {:.0f}/s", level,
                       format_time(think_time), format_time(mean),
                       level / (think + Seconds(mean).count()));
  }

  void throughput(const Objective& objective) {
    const double achieved = measured_.rate();
    if (measured_.measured.count() <= 0) {
      return not_measured(objective, objective.title(), "the run ended before its warm-up did");
    }
    auto text = fmt::format("{:.1f}/s", achieved);
    if (achieved < objective.threshold) {
      if (const auto excuse = why_too_little_was_asked(objective.threshold)) {
        return not_measured(objective, objective.title(), fmt::format("{}; {}", text, *excuse));
      }
    }
    add(objective, objective.title(), std::move(text), achieved);
  }

  // The shop is available if it answers, with any status below 500. A missing answer counts as 5xx;
  // the error rate also counts unexpected refusals.
  void failures(const Objective& objective) {
    const auto requests = overall_.requests.get();
    if (requests == 0) return not_measured(objective, objective.title(), "no requests");
    const auto refused = overall_.errors[static_cast<std::size_t>(ErrorKind::kClientError)].get();
    const auto failed =
        overall_.error_count() - (objective.section == Section::kAvailability ? refused : 0);
    const double share = static_cast<double>(failed) / static_cast<double>(requests);
    add(objective, objective.title(), text_of(objective, share), share);
  }

  void by_the_shop(const Objective& objective) {
    const auto& scrapes = measured_.scrapes;
    const auto value = scrapes
                           ? measure(objective, scrapes->before, scrapes->after, measured_.measured)
                           : std::nullopt;
    if (!value) {
      return not_measured(objective, objective.title(),
                          fmt::format("the shop's metrics have no {}", objective.metric));
    }
    // A quantile is the bound of its bucket.
    auto text = objective.is_duration ? format_bound(*value) : text_of(objective, *value);
    if (objective.section == Section::kResources && objective.name == kCpu &&
        !measured_.scenario.judges_cpu) {
      return not_measured(objective, objective.title(),
                          fmt::format("{}; not judged in this scenario", text));
    }
    add(objective, objective.title(), std::move(text), *value);
  }

  void judge(const Threshold& threshold) {
    const auto& scenario = measured_.scenario;
    const auto& record =
        threshold.endpoint ? measured_.total.endpoints[*threshold.endpoint] : overall_;
    const auto whose = threshold.endpoint ? scenario.endpoints[*threshold.endpoint] : "all";
    const auto title = fmt::format("scenario {} {}", whose, threshold.name);
    const auto add = [&](std::string limit, std::string value, bool kept) {
      judgements_.push_back({title, std::move(limit), std::move(value),
                             record.requests.get() == 0 ? Verdict::kNotMeasured
                             : kept                     ? Verdict::kKept
                                                        : Verdict::kBroken});
    };
    if (threshold.quantile) {
      const Seconds value = record.latency.percentile(*threshold.quantile);
      return add(fmt::format("<= {}", format_time(Seconds(threshold.limit))), format_time(value),
                 value.count() <= threshold.limit);
    }
    if (threshold.name == "error_rate") {
      const auto requests = std::max<double>(1, static_cast<double>(record.requests.get()));
      const auto value = static_cast<double>(record.error_count()) / requests;
      return add(fmt::format("<= {:.4g} %", threshold.limit * 100),
                 fmt::format("{:.4g} %", value * 100), value <= threshold.limit);
    }
    const double value =
        static_cast<double>(record.answers()) / std::max(Seconds(measured_.measured).count(), 1e-9);
    add(fmt::format(">= {:.4g}/s", threshold.limit), fmt::format("{:.1f}/s", value),
        value >= threshold.limit);
  }

  // Where nothing broke, the whole range was carried.
  void breakpoint() {
    const double carried =
        measured_.broke_at.value_or(measured_.interrupted ? 0 : measured_.plan.shape.peak());
    const auto least = measured_.scenario.breakpoint->at_least;
    judgements_.push_back(
        {"scenario breakpoint", least ? fmt::format(">= {:.0f}", *least) : "",
         measured_.broke_at      ? fmt::format("broke at {:.0f} {}", carried, unit())
         : measured_.interrupted ? "interrupted before anything broke"
                                 : fmt::format("nothing broke up to {:.0f} {}", carried, unit()),
         !least || (measured_.interrupted && !measured_.broke_at) ? Verdict::kNotMeasured
         : carried >= *least                                      ? Verdict::kKept
                                                                  : Verdict::kBroken});
  }
  std::string_view unit() const { return measured_.plan.open ? "arrivals/s" : "users"; }

  void memory_growth() {
    constexpr std::string_view kMemory = "process_resident_memory_bytes";
    const double limit = *measured_.scenario.memory_growth;
    const auto& scrapes = measured_.scrapes;
    const auto before = scrapes ? scrapes->before.sum(kMemory) : std::nullopt;
    const auto after = scrapes ? scrapes->after.sum(kMemory) : std::nullopt;
    Judgement judgement{"scenario memory growth", fmt::format("<= {:.4g} %", limit * 100),
                        fmt::format("the shop's metrics have no {}", kMemory)};
    if (before && after && *before > 0) {
      const double growth = *after / *before - 1;
      judgement.measured = fmt::format("{:.3g} %", growth * 100);
      judgement.verdict = growth <= limit ? Verdict::kKept : Verdict::kBroken;
    }
    judgements_.push_back(std::move(judgement));
  }

  const telemetry::Budgets& budgets_;
  const Measurements& measured_;
  EndpointRecord overall_;
  std::vector<Judgement> judgements_;
};

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kKept:
      return "kept";
    case Verdict::kBroken:
      return "BROKEN";
    case Verdict::kNotMeasured:
      return "not measured";
  }
  return "";
}

double Measurements::rate() const {
  const double seconds = Seconds(measured).count();
  return seconds <= 0 ? 0 : static_cast<double>(total.answers_in_time.get()) / seconds;
}

std::vector<Judgement> judge(const telemetry::Budgets& budgets, const Measurements& measured) {
  return Judge(budgets, measured).all();
}

bool all_kept(const std::vector<Judgement>& judgements) {
  return std::ranges::none_of(judgements,
                              [](const auto& j) { return j.verdict == Verdict::kBroken; });
}

std::string format_bound(double seconds) {
  if (std::isinf(seconds)) return "beyond the histogram";
  return fmt::format("at most {}", format_time(Seconds(seconds)));
}

std::string format_time(std::chrono::duration<double> time) {
  const double us = time.count() * 1e6;
  if (us < 1'000) return fmt::format("{:.0f} us", us);
  if (us < 9'995) return fmt::format("{:.2f} ms", us / 1e3);
  if (us < 1'000'000) return fmt::format("{:.3g} ms", us / 1e3);
  return fmt::format("{:.3g} s", us / 1e6);
}

}  // namespace souk::loadtest
