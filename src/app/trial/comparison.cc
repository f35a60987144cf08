#include "app/trial/comparison.h"

#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "app/reference.h"
#include "base/json_writer.h"
#include "capacity/survey.h"
#include "http/client/blocking_request.h"
#include "loadtest/catalogue.h"
#include "loadtest/comparison.h"
#include "loadtest/report.h"

namespace souk::app {
namespace {

using certify::Rule;
using loadtest::EndpointRecord;
using loadtest::Estimate;
using loadtest::LoadShape;
using loadtest::Measurements;
using rivals::Kind;
using Seconds = std::chrono::duration<double>;

constexpr double kConfidence = 0.95;
constexpr double kOpenShare = 0.5;  // of what the slower one carried without pauses
constexpr std::size_t kOpenConnections = 200;
constexpr std::size_t kRunsOfOne = 2 * kPairs + 1;  // closed, open, and one to warm up
constexpr double kWarmUp = 0.2;                     // of each run
constexpr std::size_t kPooled = 2;                  // kinds of load

double mean(const std::vector<double>& values) {
  return values.empty() ? 0
                        : std::accumulate(values.begin(), values.end(), 0.0) /
                              static_cast<double>(values.size());
}

std::string report_json(const Measurements& measured) {
  Buffer out;
  loadtest::write_json(out, measured, {}, {.wanted = false, .why_not = "not of this load"});
  return std::string(out.view());
}

std::uint64_t good(const EndpointRecord& record) {
  return record.requests.get() - record.error_count();
}

bool has_orders(const Rival& rival) {
  return std::ranges::find(rival.mix.kinds, Kind::kOrder) != rival.mix.kinds.end();
}

// Those whose list has a second page, so that Souk's first one is a whole one; all if none has.
std::vector<std::string> with_whole_pages(const http::Target& node, std::string_view list,
                                          const std::vector<std::string>& values) {
  std::vector<std::string> whole;
  for (const auto& value : values) {
    const auto path = fmt::format("{}{}", list, value);
    const auto answer = http::request_blocking(node, {.path_and_query = path});
    const bool is_whole = answer && answer->status == 200 &&
                          answer->body.find(R"("nextCursor":null)") == std::string::npos;
    if (is_whole) whole.push_back(value);
  }
  return whole.empty() ? values : whole;
}

// One of the two shops, and what its runs have shown.
struct Side {
  std::string name;
  loadtest::Session session;
  std::uint64_t most_requests = 0;    // of a run; 0: any number
  std::vector<double> actions = {};   // good ones a second, of each closed run
  std::vector<double> browsing = {};  // p95 in seconds, of each open run
  std::vector<double> ordering = {};  // mean seconds of an order's requests together, likewise
  std::array<loadtest::Recorder, kPooled> pooled = {loadtest::Recorder(0), loadtest::Recorder(0)};
  Seconds lateness{};  // the worst p99 of an open run
};

class Comparison {
 public:
  Comparison(const ComparisonConfig& config, const Rival& rival, std::ostream& progress,
             const std::atomic<bool>& stop)
      : config_(config), rival_(rival), progress_(progress), stop_(stop) {}

  Result<> begin(const PrivateShop& shop, const SettingList& settings) {
    auto chosen = settings;
    // All customers of a load are of one network, and no rival limits what they have open.
    for (const auto* const limit :
         {"orders_per_user", "units_per_user", "orders_per_network", "units_per_network"}) {
      chosen.emplace_back(fmt::format("checkout.max_open_{}", limit), "0");
    }
    auto node = shop.serve("node", chosen);
    if (!node) return std::unexpected(node.error());
    node_.emplace(*std::move(node));
    loadtest::Options options{.scenario = rival_.mix.souk,
                              .url = node_->url(),
                              .operator_url = node_->operator_url(),
                              .tokens_file = shop.tokens(),
                              .database_url = shop.database_url(),
                              .audit = false,
                              .metrics = all_metric_specs()};
    options.plan = plan(1, false);
    const auto target = http::parse_target(node_->url());
    if (!target) return std::unexpected(target.error());
    const auto sold = loadtest::read_catalogue(*target, rivals::kMaxProducts);
    if (!sold) return std::unexpected(sold.error());
    options.wants.categories =
        with_whole_pages(*target, "/api/products?category=", sold->categories);
    options.wants.words = with_whole_pages(*target, "/api/products?q=", sold->search_words);
    if (auto added = add("Souk", options, 0); !added) return added;
    loadtest::Options other{.scenario = rival_.mix.rival,
                            .url = config_.url,
                            .ca_file = config_.ca_file,
                            .audit = false,
                            .metrics = all_metric_specs(),
                            .catalogue = rival_.shop.catalogue};
    other.plan = options.plan;
    if (!config_.driver->key_header.empty() && !config_.key.empty()) {
      other.wants.headers.emplace_back(config_.driver->key_header, config_.key);
    }
    return add(std::string(config_.driver->make), other, config_.max_requests / kRunsOfOne);
  }

  certify::Certificate all() {
    result_.claims = claims_of(config_, rival_);
    result_.begun = SystemClock().now();
    result_.raw.emplace_back("mix", rival_.mix.json);
    std::vector<double> calibrations = {capacity::calibrate()};
    say("warming up");
    for (auto& side : sides_) run(side, plan(static_cast<double>(config_.users), false), "");
    closed();
    open();
    calibrations.push_back(capacity::calibrate());
    judge();
    result_.raw.emplace_back("calibrations", fmt::format("[{}]", fmt::join(calibrations, ",")));
    result_.interrupted = stop_;
    result_.ended = SystemClock().now();
    return std::move(result_);
  }

  // Of the open load, kind by kind.
  void print_table(std::ostream& out) const {
    fmt::print(out, "\n{:<22}", "open load");
    for (const auto& side : sides_) {
      fmt::print(out, "{:>12}{:>12}{:>12}{:>10}", side.name, "p50", "p95", "failed");
    }
    fmt::print(out, "\n");
    for (const auto kind : rival_.mix.kinds) {
      fmt::print(out, "{:<22}", rivals::kind_name(kind));
      for (const auto& side : sides_) {
        const auto record = of_kind(side, side.pooled[1], kind);
        fmt::print(out, "{:>12}{:>12}{:>12}{:>10}", record.requests.get(),
                   loadtest::format_time(record.latency.percentile(0.5)),
                   loadtest::format_time(record.latency.percentile(0.95)), record.error_count());
      }
      fmt::print(out, "\n");
    }
    for (const auto& left : rival_.mix.left_out) {
      fmt::print(out, "left out of both: {}\n", left);
    }
    fmt::print(out, "\n");
  }

 private:
  Result<> add(std::string name, const loadtest::Options& options, std::uint64_t most) {
    auto session = loadtest::Session::begin(options, progress_);
    if (!session) return std::unexpected(session.error());
    const auto endpoints = options.scenario.endpoints.size();
    sides_.push_back(
        {.name = std::move(name), .session = *std::move(session), .most_requests = most});
    sides_.back().pooled.fill(loadtest::Recorder(endpoints));
    return {};
  }

  loadtest::Plan plan(double level, bool open) {
    const auto lasting = std::chrono::duration_cast<std::chrono::nanoseconds>(
        config_.lasting / static_cast<double>(2 * kRunsOfOne));
    loadtest::Plan made;
    made.users = open ? kOpenConnections : config_.users;
    made.threads = config_.threads;
    made.seed = ++seed_;
    if (open) made.open = loadtest::Spacing::kPoisson;
    made.warm_up = std::chrono::duration_cast<std::chrono::nanoseconds>(lasting * kWarmUp);
    made.shape = LoadShape::ramp_and_hold(level, {}, lasting);
    return made;
  }

  Measurements run(Side& side, loadtest::Plan plan, const std::string& raw) {
    plan.max_requests = side.most_requests;
    auto measured = side.session.run(plan, stop_);
    if (!raw.empty()) result_.raw.emplace_back(raw, report_json(measured));
    if (result_.subject.empty()) describe(measured);
    return measured;
  }

  // Each side is first in turn: what the first leaves behind helps or hurts both alike.
  template <class Note>
  void pairs(bool open, double level, Note&& note) {
    for (std::size_t i = 0; i < kPairs && !stop_; ++i) {
      const auto planned = plan(level, open);  // the same seed for both
      for (std::size_t turn = 0; turn < sides_.size() && !stop_; ++turn) {
        auto& side = sides_[(i + turn) % sides_.size()];
        const auto measured =
            run(side, planned, fmt::format("{}.{}.{}", open ? "open" : "closed", i + 1, side.name));
        side.pooled[open ? 1 : 0].add(measured.total);
        note(side, measured);
      }
    }
  }

  void closed() {
    say(fmt::format("{} users without pauses", config_.users));
    pairs(false, static_cast<double>(config_.users),
          [this](Side& side, const Measurements& measured) {
            std::uint64_t actions = 0;
            for (const auto kind : rival_.mix.kinds) actions += good(ending(side, measured, kind));
            const double seconds = Seconds(measured.measured).count();
            side.actions.push_back(seconds > 0 ? static_cast<double>(actions) / seconds : 0);
          });
  }

  void open() {
    rate_ = config_.rate.value_or(
        std::max(1.0, kOpenShare * std::min(mean(sides_[0].actions), mean(sides_[1].actions))));
    say(fmt::format("{:.1f} arrivals a second", rate_));
    pairs(true, rate_, [this](Side& side, const Measurements& measured) {
      EndpointRecord browsing;
      for (const auto kind : rival_.mix.kinds) {
        if (kind != Kind::kOrder) browsing.add(of_kind(side, measured.total, kind));
      }
      side.browsing.push_back(Seconds(browsing.latency.percentile(0.95)).count());
      side.ordering.push_back(order_seconds(side, measured));
      side.lateness = std::max<Seconds>(side.lateness, measured.total.lateness.percentile(0.99));
    });
  }

  static const std::vector<std::string>& endpoints(const Side& side) {
    return side.session.options().scenario.endpoints;
  }
  static EndpointRecord of_kind(const Side& side, const loadtest::Recorder& recorder, Kind kind) {
    EndpointRecord sum;
    for (std::size_t i = 0; i < recorder.endpoints.size(); ++i) {
      if (rivals::is_of(endpoints(side)[i], kind)) sum.add(recorder.endpoints[i]);
    }
    return sum;
  }
  static const EndpointRecord& ending(const Side& side, const Measurements& measured, Kind kind) {
    const auto found = std::ranges::find(endpoints(side), rivals::endpoint_of(kind));
    return measured.total.endpoints[static_cast<std::size_t>(found - endpoints(side).begin())];
  }
  // The mean of an order's time: its requests follow each other, so that their means add up.
  static double order_seconds(const Side& side, const Measurements& measured) {
    double seconds = 0;
    for (std::size_t i = 0; i < endpoints(side).size(); ++i) {
      if (!rivals::is_of(endpoints(side)[i], Kind::kOrder)) continue;
      seconds += Seconds(measured.total.endpoints[i].latency.mean()).count();
    }
    return seconds;
  }

  void describe(const Measurements& measured) {
    const auto& on = measured.environment;
    result_.subject = fmt::format("Souk {} (commit {}, {}) against {}", on.version, on.commit,
                                  on.build_type, config_.driver->make);
    result_.machine = {on.kernel, on.processor, fmt::format("{} cores", on.cores),
                       fmt::format("{} MiB of memory", on.memory_bytes >> 20),
                       fmt::format("compiler: {}", on.compiler)};
  }

  void judge() {
    compare("throughput", &Side::actions, "actions/s", 1, true);
    compare("latency.browsing", &Side::browsing, "ms", 1e3, false);
    if (has_orders(rival_)) {
      compare("latency.order", &Side::ordering, "ms", 1e3, false);
    }
    const auto failures = [](const Side& side) {
      auto all = side.pooled[0].overall();
      all.add(side.pooled[1].overall());
      return all;
    };
    const auto souk = failures(sides_[0]);
    const auto other = failures(sides_[1]);
    const auto requests = souk.requests.get();
    found("failures",
          requests == 0 ? std::nullopt
                        : std::optional(static_cast<double>(souk.error_count()) /
                                        static_cast<double>(requests)),
          fmt::format("{} of {} requests; {}, not judged: {} of {}", souk.error_count(), requests,
                      sides_[1].name, other.error_count(), other.requests.get()));
    found("generator",
          sides_[0].browsing.empty()
              ? std::nullopt
              : std::optional(std::max(sides_[0].lateness, sides_[1].lateness).count()),
          fmt::format("at {:.1f} arrivals a second", rate_));
  }

  // Souk's values as a multiple of the rival's, whose end that is worse for Souk is judged.
  void compare(const std::string& id, std::vector<double> Side::* values, std::string_view unit,
               double scale, bool larger_is_better) {
    const auto& ours = sides_[0].*values;
    const auto& theirs = sides_[1].*values;
    const auto is_zero = [](double value) { return !(value > 0); };
    if (ours.size() < kPairs || theirs.size() < kPairs || std::ranges::any_of(ours, is_zero) ||
        std::ranges::any_of(theirs, is_zero)) {
      return found(id, std::nullopt, "a run had no good answer, or there were too few runs");
    }
    SeededRandom random(seed_);
    const auto change = loadtest::change_of_pairs(theirs, ours, kConfidence, random);
    const Estimate times{1 + change.value, 1 + change.low, 1 + change.high};
    found(id, larger_is_better ? times.low : times.high,
          fmt::format("{:.3g} ({:.3g} to {:.3g}) times: {} {:.4g} {}, {} {:.4g}", times.value,
                      times.low, times.high, sides_[0].name, scale * mean(ours), unit,
                      sides_[1].name, scale * mean(theirs)));
  }

  void say(std::string_view what) {
    fmt::print(progress_, "souk certify: {}\n", what);
    progress_.flush();
  }
  void found(std::string id, std::optional<double> measured, std::string note) {
    result_.findings.push_back({std::move(id), measured, std::move(note)});
  }

  const ComparisonConfig& config_;
  const Rival& rival_;
  std::ostream& progress_;
  const std::atomic<bool>& stop_;
  std::optional<TrialNode> node_;
  std::vector<Side> sides_;  // Souk, the rival
  std::uint64_t seed_ = 0;
  double rate_ = 0;
  certify::Certificate result_;
};

}  // namespace

Result<Rival> find_rival(const ComparisonConfig& config) {
  auto target = http::parse_target(config.url, config.ca_file);
  if (!target) return std::unexpected(target.error());
  auto shop = rivals::read_shop(*config.driver, *target, config.key);
  if (!shop) return std::unexpected(shop.error());
  auto mix = rivals::make_mix(*config.driver, *shop);
  return Rival{*std::move(target), *std::move(shop), std::move(mix)};
}

std::vector<certify::Claim> claims_of(const ComparisonConfig& config, const Rival& rival) {
  using enum Rule;
  const auto& make = config.driver->make;
  std::vector<certify::Claim> claims = {
      {"throughput",
       fmt::format(
           "{} users without pauses: good actions a second of Souk's as a multiple of {}'s; "
           "the lower end of the interval.",
           config.users, make),
       "times", kAtLeast, 1},
      {"latency.browsing",
       fmt::format("The same arrivals at both: Souk's p95 of requests but orders as a multiple of "
                   "{}'s; the upper end.",
                   make),
       "times", kAtMost, 1},
      {"latency.order",
       fmt::format("Likewise: the mean time of an order as a multiple of {}'s; the upper end.",
                   make),
       "times", kAtMost, 1},
      {"failures", "Under both loads: the share of Souk's requests that fail.", "share", kAtMost,
       0.001},
      {"generator", "The load generator sends on time: the worst p99 of its lateness.", "s",
       kAtMost, 0.05}};
  if (!has_orders(rival)) {
    std::erase_if(claims, [](const auto& claim) { return claim.id == "latency.order"; });
  }
  return claims;
}

Result<certify::Certificate> compare_shops(const PrivateShop& shop, const SettingList& settings,
                                           const ComparisonConfig& config, const Rival& rival,
                                           std::ostream& out, std::ostream& progress,
                                           const std::atomic<bool>& stop) {
  Comparison comparison(config, rival, progress, stop);
  if (auto begun = comparison.begin(shop, settings); !begun) return std::unexpected(begun.error());
  auto certificate = comparison.all();
  comparison.print_table(out);
  return certificate;
}

}  // namespace souk::app
