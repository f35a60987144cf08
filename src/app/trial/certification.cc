#include "app/trial/certification.h"

#include <fmt/ostream.h>
#include <signal.h>
#include <simdjson.h>

#include <algorithm>
#include <thread>

#include "app/shop/shop.h"
#include "base/files.h"
#include "base/json_writer.h"
#include "capacity/survey.h"
#include "http/client/blocking_request.h"
#include "loadtest/audit.h"
#include "loadtest/catalogue.h"
#include "loadtest/report.h"
#include "probe/prober.h"
#include "runtime/scope.h"

namespace souk::app {
namespace {

using certify::Claim;
using certify::Rule;
using loadtest::LoadShape;
using loadtest::Measurements;
using loadtest::Plan;
using Seconds = std::chrono::duration<double>;
using Steady = std::chrono::steady_clock;

// Shares of the whole time.
constexpr double kBudgetsShare = 0.4;
constexpr double kCeilingShare = 0.05;  // each of two
constexpr double kOverloadShare = 0.1;
constexpr double kRecoveryShare = 0.05;
constexpr double kKillShare = 0.1;  // each of three
constexpr double kOverload = 3;     // times the ceiling
constexpr std::chrono::seconds kRestAfterOverload{5};
constexpr std::size_t kBusyUsers = 32;  // without think time
constexpr std::size_t kOpenConnections = 500;
constexpr std::size_t kChangesPerMinute = 30;
constexpr std::chrono::seconds kFreshWaitMax{10};
constexpr std::chrono::milliseconds kProbeEvery{50};
constexpr std::chrono::seconds kReturnWaitMax{60};

std::chrono::nanoseconds part(const CertificationConfig& config, double share) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(config.lasting * share);
}

// Probes a URL on a thread of its own until it is stopped.
class ProbeThread {
 public:
  static Result<std::unique_ptr<ProbeThread>> start(const std::string& url) {
    auto address = probe::Address::parse(url, {});
    if (!address) return std::unexpected(address.error());
    return std::unique_ptr<ProbeThread>(new ProbeThread(*std::move(address)));
  }
  // Ends it.
  const probe::Availability& result() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return result_.front();
  }

 private:
  explicit ProbeThread(probe::Address address)
      : addresses_{std::move(address)}, thread_([this] { run(); }) {}

  void run() {
    runtime::Loop loop;
    result_ = loop.run_until_done(probe(loop));
  }
  runtime::Task<std::vector<probe::Availability>> probe(runtime::Loop& loop) {
    runtime::Event stopping(loop);
    runtime::Scope scope(loop);
    scope.spawn(watch(loop, stopping));
    auto all = co_await probe::probe(loop, addresses_, {.interval = kProbeEvery}, stopping,
                                     [](const auto&, const auto&, bool) {});
    co_await scope.join();
    co_return all;
  }
  runtime::Task<void> watch(runtime::Loop& loop, runtime::Event& stopping) {
    while (!stop_) co_await loop.sleep(kProbeEvery);
    stopping.set();
  }

  std::vector<probe::Address> addresses_;
  std::vector<probe::Availability> result_{probe::Availability(Steady::now())};
  std::atomic<bool> stop_ = false;
  std::jthread thread_;
};

std::string report_json(const Measurements& measured,
                        const std::vector<loadtest::Judgement>& judgements) {
  Buffer out;
  loadtest::write_json(out, measured, judgements, {.wanted = false, .why_not = "at the end"});
  return std::string(out.view());
}

double failed_share(const Measurements& measured) {
  const auto overall = measured.total.overall();
  const auto requests = overall.requests.get();
  return requests == 0 ? 1
                       : static_cast<double>(overall.error_count()) / static_cast<double>(requests);
}

double good_per_second(const Measurements& measured) {
  const auto overall = measured.total.overall();
  const double seconds = Seconds(measured.measured).count();
  return seconds <= 0
             ? 0
             : static_cast<double>(overall.requests.get() - overall.error_count()) / seconds;
}

// The price of a product that a node shows now.
struct Price {
  std::int64_t amount = 0;
  std::string currency;
};
std::optional<Price> price_at(const http::Target& node, const std::string& path) {
  const auto answer = http::request_blocking(node, {.path_and_query = path});
  if (!answer || answer->status != 200) return std::nullopt;
  simdjson::dom::parser parser;
  simdjson::dom::element product;
  std::string_view currency;
  Price price;
  if (parser.parse(answer->body).get(product) != simdjson::SUCCESS ||
      product["price"]["amount"].get(price.amount) != simdjson::SUCCESS ||
      product["price"]["currency"].get(currency) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  price.currency = currency;
  return price;
}

class Certification {
 public:
  Certification(const PrivateShop& shop, const SettingList& settings,
                const CertificationConfig& config, std::ostream& progress,
                const std::atomic<bool>& stop)
      : shop_(shop), settings_(settings), config_(config), progress_(progress), stop_(stop) {}

  Result<certify::Certificate> all() {
    result_.claims = claims_of(config_);
    result_.begun = SystemClock().now();
    calibrations_.push_back(capacity::calibrate());
    using Step = Result<> (Certification::*)();
    for (const Step step :
         {&Certification::begin, &Certification::ceiling, &Certification::budgets,
          &Certification::overload, &Certification::kill_shop, &Certification::kill_postgres,
          &Certification::kill_redis, &Certification::freshness, &Certification::audit}) {
      if (stop_) break;
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    calibrations_.push_back(capacity::calibrate());
    Buffer out;
    JsonWriter json(out);
    json.begin_array();
    for (const double value : calibrations_) json.value(value);
    json.end_array();
    result_.raw.emplace_back("calibrations", std::string(out.view()));
    result_.interrupted = stop_;
    result_.ended = SystemClock().now();
    return std::move(result_);
  }

 private:
  Result<> begin() {
    for (const auto* const name : {"node-1", "node-2"}) {
      auto node = shop_.serve(name, settings_);
      if (!node) return std::unexpected(node.error());
      nodes_.push_back(*std::move(node));
    }
    auto baseline = loadtest::take_baseline(shop_.database_url());
    if (!baseline) return std::unexpected(baseline.error());
    baseline_ = *std::move(baseline);
    auto options = config_.load;
    options.audit = false;
    options.url = nodes_[0].url();
    options.operator_url = nodes_[0].operator_url();
    options.database_url = shop_.database_url();
    options.tokens_file = shop_.tokens();
    options.password_file = shop_.password();
    auto mix = loadtest::Session::begin(options, progress_);
    if (!mix) return std::unexpected(mix.error());
    mix_.emplace(*std::move(mix));
    options.scenario.think_time = {};
    auto busy = loadtest::Session::begin(options, progress_);
    if (!busy) return std::unexpected(busy.error());
    busy_.emplace(*std::move(busy));
    return {};
  }

  Plan plan(double level, std::size_t users, std::chrono::nanoseconds lasting, bool open) {
    auto made = config_.load.plan;
    made.users = users;
    made.seed = ++seed_;
    made.open = open ? std::optional(loadtest::Spacing::kPoisson) : std::nullopt;
    made.warm_up = lasting / 5;
    made.shape =
        LoadShape::ramp_and_hold(level, open ? std::chrono::nanoseconds{} : lasting / 10, lasting);
    return made;
  }

  Measurements load(loadtest::Session& session, const Plan& plan) {
    return session.run(plan, stop_, &acknowledged_);
  }
  void say(std::string_view what) {
    fmt::print(progress_, "souk certify: {}\n", what);
    progress_.flush();
  }
  void found(std::string id, std::optional<double> measured, std::string note = {}) {
    result_.findings.push_back({std::move(id), measured, std::move(note)});
  }

  // Without pauses: once to fill the caches, which make it slower, and once to measure.
  Result<> ceiling() {
    say("the ceiling");
    const auto lasting = part(config_, kCeilingShare);
    load(*busy_, plan(kBusyUsers, kBusyUsers, lasting, false));
    const auto measured = load(*busy_, plan(kBusyUsers, kBusyUsers, lasting, false));
    ceiling_ = good_per_second(measured);
    result_.raw.emplace_back("ceiling", report_json(measured, {}));
    return {};
  }

  Result<> budgets() {
    say(fmt::format("{} users of the mix", config_.users));
    const auto measured = load(*mix_, plan(static_cast<double>(config_.users), config_.users,
                                           part(config_, kBudgetsShare), false));
    const auto judgements = mix_->judge(measured);
    double broken = 0;
    std::string note;
    for (const auto& judgement : judgements) {
      if (judgement.verdict != loadtest::Verdict::kBroken) continue;
      ++broken;
      note += fmt::format("{} {}: {}; ", judgement.budget, judgement.limit, judgement.measured);
    }
    found("budgets", broken, note);
    found("generator", Seconds(measured.total.lateness.percentile(0.99)).count());
    result_.raw.emplace_back("budgets", report_json(measured, judgements));
    describe(measured);
    return {};
  }

  void describe(const Measurements& measured) {
    const auto& on = measured.environment;
    result_.subject = fmt::format("Souk {} (commit {}, {})", on.version, on.commit, on.build_type);
    result_.machine = {on.kernel, on.processor, fmt::format("{} cores", on.cores),
                       fmt::format("{} MiB of memory", on.memory_bytes >> 20),
                       fmt::format("compiler: {}", on.compiler)};
  }

  Result<> overload() {
    say("overload");
    const double carried = ceiling_;
    const auto over = load(*busy_, plan(kOverload * std::max(carried, 1.0), kOpenConnections,
                                        part(config_, kOverloadShare), true));
    found("overload.goodput", carried > 0 ? good_per_second(over) / carried : 0,
          fmt::format("{:.0f} requests/s of {:.0f}, of which {:.0f} were answered well",
                      over.rate(), kOverload * carried, good_per_second(over)));
    std::this_thread::sleep_for(kRestAfterOverload);
    const auto after = load(*busy_, plan(std::max(carried, 1.0) / 2, kOpenConnections,
                                         part(config_, kRecoveryShare), true));
    found("overload.recovery", failed_share(after));
    found("overload.recovery.p95", Seconds(after.total.overall().latency.percentile(0.95)).count());
    result_.raw.emplace_back("overload", report_json(over, {}));
    result_.raw.emplace_back("recovery", report_json(after, {}));
    return {};
  }

  Result<> kill_shop() {
    return kill_under_load("shop", [this]() -> Result<> {
      nodes_[0].kill();
      return nodes_[0].restart();
    });
  }
  // The servers' supervisor starts them again.
  Result<> kill_postgres() {
    return kill_under_load("postgresql", [this] { return kill_server(shop_.postgres()); });
  }
  Result<> kill_redis() {
    return kill_under_load("redis", [this] { return kill_server(shop_.redis()); });
  }
  static Result<> kill_server(pid_t server) {
    if (server > 0 && ::kill(server, SIGKILL) == 0) return {};
    return fail(ErrorCode::kUnavailable, "a server to kill does not run");
  }

  template <class Kill>
  Result<> kill_under_load(const std::string& whom, Kill&& kill) {
    say(fmt::format("kill -9 of {} under load", whom));
    const auto lasting = part(config_, kKillShare);
    auto prober = ProbeThread::start(nodes_[0].url() + "/readyz");
    if (!prober) return std::unexpected(prober.error());
    std::optional<Measurements> measured;
    std::jthread loading(
        [&] { measured.emplace(load(*busy_, plan(kBusyUsers, kBusyUsers, lasting, false))); });
    std::this_thread::sleep_for(lasting / 3);
    const auto killed = kill();
    const auto returned = killed ? await_return() : killed;
    loading.join();
    const auto& seen = (*prober)->result();
    if (!returned) return returned;
    found(fmt::format("kill.{}.longest", whom), Seconds(seen.longest()).count(),
          fmt::format("{} probes, {} failed, {} outages{}{}", seen.probes(), seen.failures(),
                      seen.outages(), seen.kept().empty() ? "" : "; the first: ",
                      seen.kept().empty() ? "" : seen.kept().front().reason));
    result_.raw.emplace_back(fmt::format("kill.{}", whom), report_json(*measured, {}));
    return {};
  }

  // Until the node is ready, as far as a client is told.
  Result<> await_return() {
    const auto target = http::parse_target(nodes_[0].url());
    if (!target) return std::unexpected(target.error());
    const auto give_up = Steady::now() + kReturnWaitMax;
    while (Steady::now() < give_up && !stop_) {
      const auto ready = http::request_blocking(*target, {.path_and_query = "/readyz"});
      if (ready && ready->status == 200) return {};
      std::this_thread::sleep_for(kProbeEvery);
    }
    return {};  // the probe tells how long it was away
  }

  Result<> freshness() {
    say("freshness of two nodes");
    const auto writer = http::parse_target(nodes_[0].url());
    const auto reader = http::parse_target(nodes_[1].url());
    if (!writer) return std::unexpected(writer.error());
    if (!reader) return std::unexpected(reader.error());
    const auto catalogue = loadtest::read_catalogue(*writer, kOpenConnections);
    if (!catalogue) return std::unexpected(catalogue.error());
    const auto token = read_file(shop_.admin_token()).value_or("");
    const auto minutes = std::chrono::ceil<std::chrono::minutes>(config_.lasting).count();
    const auto changes = kChangesPerMinute * static_cast<std::size_t>(minutes);
    std::vector<double> delays;
    std::size_t own_stale = 0;
    for (std::size_t i = 0; i < changes && !stop_; ++i) {
      const auto path =
          fmt::format("/api/products/{}", catalogue->products[i % catalogue->products.size()]);
      const auto before = price_at(*reader, path);  // so that it is cached there
      if (!before) return fail(ErrorCode::kUnavailable, "a product cannot be read");
      const auto body = fmt::format(R"({{"price":{{"amount":{},"currency":"{}"}}}})",
                                    before->amount + 1, before->currency);
      const auto changed = http::request_blocking(
          *writer, {.method = http::Method::kPatch,
                    .path_and_query = path,
                    .token = std::string_view(token).substr(0, token.find('\n')),
                    .json = body});
      if (!changed || changed->status != 200) {
        return fail(ErrorCode::kUnavailable,
                    fmt::format("a price cannot be changed: {}",
                                changed ? changed->body : changed.error().detail));
      }
      const auto acknowledged = Steady::now();
      const auto own = price_at(*writer, path);
      if (!own || own->amount != before->amount + 1) ++own_stale;
      delays.push_back(delay_until(*reader, path, before->amount + 1, acknowledged));
    }
    judge_freshness(std::move(delays), own_stale);
    return {};
  }

  static double delay_until(const http::Target& node, const std::string& path, std::int64_t amount,
                            Steady::time_point acknowledged) {
    while (Steady::now() < acknowledged + kFreshWaitMax) {
      const auto asked = Steady::now();
      const auto price = price_at(node, path);
      // What was asked for then was answered with the new price.
      if (price && price->amount == amount) return Seconds(asked - acknowledged).count();
    }
    return Seconds(kFreshWaitMax).count();
  }

  void judge_freshness(std::vector<double> delays, std::size_t own_stale) {
    Buffer out;
    JsonWriter json(out);
    json.begin_array();
    for (const double delay : delays) json.value(delay);
    json.end_array();
    result_.raw.emplace_back("freshnessSeconds", std::string(out.view()));
    if (delays.empty()) return;
    std::ranges::sort(delays);
    const auto rank = static_cast<std::size_t>(0.99 * static_cast<double>(delays.size() - 1));
    found("freshness.own", static_cast<double>(own_stale));
    found("freshness.other.p99", delays[rank],
          fmt::format("{} changes, the slowest {:.3f} s", delays.size(), delays.back()));
  }

  Result<> audit() {
    say("audit");
    const auto report = loadtest::audit(shop_.database_url(), baseline_, acknowledged_);
    if (!report) return std::unexpected(report.error());
    std::string note = fmt::format("{} acknowledged orders, {} more whose answer was lost",
                                   report->acknowledged, report->unacknowledged);
    for (const auto& finding : report->findings) {
      note += fmt::format("; {}: {}", finding.code, finding.count);
    }
    found("audit", static_cast<double>(report->findings.size()), note);
    return {};
  }

  const PrivateShop& shop_;
  const SettingList& settings_;
  const CertificationConfig& config_;
  std::ostream& progress_;
  const std::atomic<bool>& stop_;
  std::vector<TrialNode> nodes_;
  std::optional<loadtest::Baseline> baseline_;
  std::optional<loadtest::Session> mix_;
  std::optional<loadtest::Session> busy_;
  std::vector<loadtest::Acknowledged> acknowledged_;
  std::vector<double> calibrations_;
  double ceiling_ = 0;  // requests a second
  std::uint64_t seed_ = 0;
  certify::Certificate result_;
};

}  // namespace

std::vector<Claim> claims_of(const CertificationConfig& config) {
  using enum Rule;
  return {
      {"budgets",
       fmt::format("No budget of budgets.toml is broken by {} users of the mix of {}.",
                   config.users, config.load.scenario.name),
       "budgets", kAtMost, 0},
      {"generator", "The load generator sends on time: p99 of its lateness under that load.", "s",
       kAtMost, 0.05},
      {"overload.goodput",
       fmt::format("At {:.0f} times the ceiling as much is answered well as this share of it.",
                   kOverload),
       "share", kAtLeast, 0.5},
      {"overload.recovery",
       fmt::format("{} s after an overload, at half of the ceiling: the share that fails.",
                   kRestAfterOverload.count()),
       "share", kAtMost, 0.01},
      {"overload.recovery.p95", "Likewise: p95 of the latency.", "s", kAtMost, 0.2},
      {"kill.shop.longest", "kill -9 of a node under load: its longest outage, restarted at once.",
       "s", kAtMost, 10},
      {"kill.postgresql.longest", "kill -9 of PostgreSQL under load: the longest outage.", "s",
       kAtMost, 30},
      {"kill.redis.longest", "kill -9 of Redis under load: the longest outage.", "s", kAtMost, 1},
      {"freshness.own", "Changes that the node that made them does not show at once.", "changes",
       kAtMost, 0},
      {"freshness.other.p99",
       "From the answer to a change to a request that another node answers with it: p99.", "s",
       kAtMost, 0.1},
      {"audit",
       "Kinds of faults in the books afterwards: each acknowledged order exists once and adds up, "
       "and no unit of stock appeared or was lost.",
       "findings", kAtMost, 0},
  };
}

std::size_t certification_connections(const Settings& settings) {
  constexpr std::size_t kNodes = 2;
  return kNodes * Shop::database_connections(settings);
}

Result<certify::Certificate> certify_shop(const PrivateShop& shop, const SettingList& settings,
                                          const CertificationConfig& config, std::ostream& progress,
                                          const std::atomic<bool>& stop) {
  return Certification(shop, settings, config, progress, stop).all();
}

}  // namespace souk::app
