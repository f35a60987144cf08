#include "loadtest/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace souk::loadtest {
namespace {

using Seconds = std::chrono::duration<double>;

// CPU is budgeted for peak load; a stress test is there to exceed it.
constexpr std::string_view kCpuScenario = "peak_load";

class Judge {
 public:
  Judge(const telemetry::Budgets& budgets, const Measurements& measured)
      : budgets_(budgets), measured_(measured), overall_(measured.total.overall()) {}

  std::vector<Judgement> all() {
    latencies("all requests", overall_.latency, budgets_.api.latency);
    for (std::size_t i = 0; i < kEndpoints; ++i) {
      latencies(kEndpointNames[i], measured_.total.endpoints[i].latency,
                budgets_.latency_of(kEndpointNames[i]));
    }
    throughput();
    errors();
    database();
    cache();
    resources();
    return std::move(judgements_);
  }

 private:
  void add(std::string budget, std::string limit, std::string measured, bool kept) {
    judgements_.push_back({std::move(budget), std::move(limit), std::move(measured),
                           kept ? Verdict::kKept : Verdict::kBroken});
  }
  void not_measured(std::string budget, std::string limit, std::string why) {
    judgements_.push_back(
        {std::move(budget), std::move(limit), std::move(why), Verdict::kNotMeasured});
  }

  void time(std::string budget, Seconds value, Seconds limit) {
    add(std::move(budget), fmt::format("<= {}", format_time(limit)), format_time(value),
        value <= limit);
  }

  void statements(std::string budget, double bound, Seconds limit) {
    add(std::move(budget), fmt::format("<= {}", format_time(limit)), format_bound(bound),
        Seconds(bound) <= limit);
  }

  void latencies(std::string_view name, const Histogram& latency,
                 const telemetry::LatencyBudget& budget) {
    for (const auto& [label, share, limit] :
         {std::tuple("p95", 0.95, budget.p95), std::tuple("p99", 0.99, budget.p99)}) {
      auto title = fmt::format("{} {}", name, label);
      if (latency.count() == 0) {
        not_measured(std::move(title), fmt::format("<= {}", format_time(limit)), "no answers");
      } else {
        time(std::move(title), latency.percentile(share), limit);
      }
    }
  }

  // A load that asks for less than the budget even from a shop that keeps its latency budget says
  // nothing about what the shop could serve.
  std::optional<std::string> why_too_little_was_asked() const {
    const auto& plan = measured_.plan;
    const double wanted = budgets_.api.min_throughput_per_second;
    if (plan.open) {
      if (plan.open->rate_per_second >= wanted) return std::nullopt;
      return fmt::format("only {:.0f}/s were asked for", plan.open->rate_per_second);
    }
    const double users = static_cast<double>(plan.users);
    const double think = Seconds(plan.think_time).count();
    if (users >= wanted * (think + Seconds(budgets_.api.latency.p95).count())) return std::nullopt;
    const auto mean = overall_.latency.mean();
    return fmt::format("{} users / ({} think + {} mean latency) ask for {:.0f}/s", plan.users,
                       format_time(plan.think_time), format_time(mean),
                       users / (think + Seconds(mean).count()));
  }

  void throughput() {
    const double wanted = budgets_.api.min_throughput_per_second;
    const double achieved = measured_.steady_rate();
    auto limit = fmt::format(">= {:.0f}/s", wanted);
    if (measured_.steady.count() <= 0) {
      return not_measured("throughput", limit, "the run ended before its ramp-up did");
    }
    const auto excuse = achieved < wanted ? why_too_little_was_asked() : std::nullopt;
    if (excuse) {
      not_measured("throughput", limit, fmt::format("{:.1f}/s; {}", achieved, *excuse));
    } else {
      add("throughput", limit, fmt::format("{:.1f}/s", achieved), achieved >= wanted);
    }
  }

  void share(std::string budget, std::uint64_t part, std::uint64_t whole, bool at_most,
             double limit) {
    auto limit_text = fmt::format("{} {:.4g} %", at_most ? "<=" : ">=", limit * 100);
    if (whole == 0) return not_measured(std::move(budget), limit_text, "no requests");
    const double value = static_cast<double>(part) / static_cast<double>(whole);
    add(std::move(budget), limit_text, fmt::format("{:.4g} %", value * 100),
        at_most ? value <= limit : value >= limit);
  }

  // Available is a shop that answers, whatever it thinks of the request.
  void errors() {
    const auto requests = overall_.requests.get();
    share("error rate", overall_.error_count(), requests, true, budgets_.api.max_error_rate);
    const auto refused = overall_.errors[static_cast<std::size_t>(ErrorKind::kClientError)].get();
    share("availability", requests - (overall_.error_count() - refused), requests, false,
          budgets_.service.min_availability);
  }

  void database() {
    const auto& budget = budgets_.database.latency;
    if (measured_.server && measured_.server->statements) {
      statements("database p95", measured_.server->statements->p95, budget.p95);
      statements("database p99", measured_.server->statements->p99, budget.p99);
      return;
    }
    for (const auto& [name, limit] :
         {std::pair("database p95", budget.p95), std::pair("database p99", budget.p99)}) {
      not_measured(name, fmt::format("<= {}", format_time(limit)),
                   "the shop's /metrics have no statement times");
    }
  }

  void cache() {
    const auto limit = budgets_.cache.min_hit_ratio;
    auto limit_text = fmt::format(">= {:.4g} %", limit * 100);
    if (!measured_.server || !measured_.server->cache_hit_ratio) {
      return not_measured("cache hit ratio", limit_text, "the shop's /metrics have no cache");
    }
    const double ratio = *measured_.server->cache_hit_ratio;
    add("cache hit ratio", limit_text, fmt::format("{:.2f} %", ratio * 100), ratio >= limit);
  }

  void resources() {
    const auto memory_limit = fmt::format("<= {:.4g} %", budgets_.resources.max_memory * 100);
    const auto cpu_limit = fmt::format("<= {:.4g} %", budgets_.resources.max_cpu * 100);
    if (!measured_.machine_memory_bytes || !measured_.server || !measured_.server->cpu_seconds ||
        !measured_.server->resident_bytes) {
      constexpr auto kWhy = "the shop is elsewhere, or its /metrics do not say";
      not_measured("memory", memory_limit, kWhy);
      return not_measured("CPU", cpu_limit, kWhy);
    }
    const double memory = *measured_.server->resident_bytes / *measured_.machine_memory_bytes;
    add("memory", memory_limit, fmt::format("{:.2f} % of the machine", memory * 100),
        memory <= budgets_.resources.max_memory);
    const double cpu = *measured_.server->cpu_seconds / Seconds(measured_.elapsed).count() /
                       static_cast<double>(measured_.machine_cores);
    const auto cpu_text = fmt::format("{:.1f} % of {} cores", cpu * 100, measured_.machine_cores);
    if (measured_.scenario == kCpuScenario) {
      add("CPU", cpu_limit, cpu_text, cpu <= budgets_.resources.max_cpu);
    } else {
      not_measured("CPU", cpu_limit, fmt::format("{}; judged in {}", cpu_text, kCpuScenario));
    }
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

double Measurements::steady_rate() const {
  const double seconds = Seconds(steady).count();
  return seconds <= 0 ? 0 : static_cast<double>(total.steady_answers.get()) / seconds;
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
