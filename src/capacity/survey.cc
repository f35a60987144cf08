#include "capacity/survey.h"

#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>

#include "base/parse.h"
#include "capacity/sessions.h"
#include "postgres/blocking.h"

namespace souk::capacity {
namespace {

using loadtest::LoadShape;
using loadtest::Measurements;
using loadtest::Plan;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kConnectionSteps = 4;
constexpr std::chrono::seconds kConnecting{3};  // a step: each connection makes a request or two
constexpr std::size_t kOpenConnectionsMin = 64;
constexpr std::size_t kOrderUsers = 16;
constexpr int kWarmUpsMax = 6;
constexpr double kStillWarming = 1.03;  // times the rate of the run before

Point point_of(const Measurements& measured, double asked, std::size_t workers,
               const Sessions& sessions) {
  const auto overall = measured.total.overall();
  const auto means = loadtest::means_of(measured.timeline, Seconds(measured.plan.warm_up).count());
  const double mean = overall.latency.mean().count() / 1e6;
  const auto requests = static_cast<double>(overall.requests.get());
  const auto failed = static_cast<double>(overall.error_count());
  const double seconds = Seconds(measured.measured).count();
  return {.asked = asked,
          .per_second = seconds > 0 ? (requests - failed) / seconds : 0,
          .mean = mean,
          .p95 = Seconds(overall.latency.percentile(0.95)).count(),
          .p99 = Seconds(overall.latency.percentile(0.99)).count(),
          .failed = requests > 0 ? failed / requests : 0,
          .lateness = Seconds(measured.total.lateness.percentile(0.99)).count(),
          .usage = {.machine = means.cpu.machine,
                    .shop = means.shop_cores,
                    .postgres = means.cpu.postgres,
                    .redis = means.cpu.redis,
                    .generator = means.cpu.generator,
                    .cores = static_cast<double>(measured.environment.cores),
                    .workers = static_cast<double>(workers),
                    .generator_threads = static_cast<double>(measured.plan.threads),
                    .active = sessions.active,
                    .waiting_for_locks = sessions.locks,
                    .waiting_for_disk = sessions.disk,
                    .waiting_for_latches = sessions.latches,
                    .loop_delay = means.loop_delay,
                    .connection_wait = means.connection_wait,
                    .latency = mean}};
}

// CPU seconds of a request, second by second.
struct CostSamples {
  std::vector<double> shop;
  std::vector<double> postgres;
  std::vector<double> redis;

  void add(const Measurements& measured) {
    for (const auto& second : measured.timeline) {
      if (second.at - second.length < Seconds(measured.plan.warm_up).count()) continue;
      if (second.answers == 0 || !second.shop_cores) continue;
      const double per_second = static_cast<double>(second.answers) / second.length;
      shop.push_back(*second.shop_cores / per_second);
      postgres.push_back(second.cpu.postgres / per_second);
      redis.push_back(second.cpu.redis / per_second);
    }
  }
};

class Surveyor {
 public:
  Surveyor(Shops& shops, const loadtest::Options& options, const SurveyConfig& config,
           std::ostream& progress, const std::atomic<bool>& stop)
      : shops_(shops), options_(options), config_(config), progress_(progress), stop_(stop) {
    options_.audit = false;
    options_.scenario.think_time = {};
    options_.scenario.breakpoint.reset();
    result_.scenario = options_.scenario.name;
  }

  Result<Survey> all() {
    for (const auto workers : config_.workers) {
      if (stop_) break;
      if (auto done = series(workers); !done) return std::unexpected(done.error());
    }
    if (!stop_) {
      if (auto done = orders(); !done) return std::unexpected(done.error());
    }
    if (!stop_ && config_.connections > 0) {
      if (auto done = connections(); !done) return std::unexpected(done.error());
    }
    result_.calibrations.push_back(calibrate());
    result_.interrupted = stop_;
    return std::move(result_);
  }

 private:
  Result<loadtest::Session> session_of(const ServedShop& shop) {
    options_.url = shop.url;
    options_.operator_url = shop.operator_url;
    options_.database_url = shop.database_url;
    return loadtest::Session::begin(options_, progress_);
  }

  Plan closed(std::size_t users) const {
    auto plan = options_.plan;
    plan.users = users;
    plan.open.reset();
    plan.warm_up = config_.warm_up;
    plan.shape =
        LoadShape::ramp_and_hold(static_cast<double>(users), {}, config_.warm_up + config_.point);
    return plan;
  }
  Plan open(double rate, std::size_t connections, std::chrono::nanoseconds lasting) const {
    auto plan = options_.plan;
    plan.users = std::max(connections, kOpenConnectionsMin);
    plan.open = loadtest::Spacing::kPoisson;
    plan.warm_up = config_.warm_up;
    plan.shape = LoadShape::ramp_and_hold(rate, {}, config_.warm_up + lasting);
    return plan;
  }

  // The plan's seed is another each time, or every run would ask for the same things.
  Measurements run(loadtest::Session& session, Plan plan) {
    plan.seed = ++seed_;
    auto measured = session.run(plan, stop_);
    result_.environment = measured.environment;
    result_.data = measured.data;
    result_.shop = measured.shop;
    return measured;
  }

  Result<> series(std::size_t workers) {
    const auto shop = shops_.serve(workers);
    if (!shop) return std::unexpected(shop.error());
    auto session = session_of(*shop);
    if (!session) return std::unexpected(session.error());
    const auto sampler = SessionSampler::start(shop->database_url);
    if (!sampler) return std::unexpected(sampler.error());
    Series series{.workers = workers, .calibration = calibrate()};
    result_.calibrations.push_back(series.calibration);
    warm_up(*session);
    for (std::size_t repeat = 0; repeat < config_.repeats; ++repeat) {
      for (const auto users : config_.concurrencies) {
        if (stop_) return {};
        (*sampler)->read();
        const auto measured = run(*session, closed(users));
        series.closed.push_back(
            point_of(measured, static_cast<double>(users), workers, (*sampler)->read()));
        say(series.closed.back(), workers, "users");
      }
    }
    find_ceiling(series);
    CostSamples costs;
    double cycle = 0;
    for (const double share : config_.shares) {
      if (stop_) return {};
      (*sampler)->read();
      const double rate = share * series.ceiling.value;
      const auto measured = run(
          *session, open(rate, static_cast<std::size_t>(4 * series.ceiling_users), config_.rate));
      RatePoint point{.share = share,
                      .point = point_of(measured, rate, workers, (*sampler)->read())};
      for (const auto& judgement : session->judge(measured)) {
        if (judgement.verdict == loadtest::Verdict::kBroken) {
          point.broken.push_back(
              fmt::format("{} {}: {}", judgement.budget, judgement.limit, judgement.measured));
        }
      }
      say(point.point, workers, "requests/s asked");
      const bool all_below = std::ranges::all_of(
          series.rates, [](const RatePoint& below) { return below.broken.empty(); });
      if (all_below && point.broken.empty()) {
        series.certified = rate;
        costs.add(measured);
        cycle = Seconds(config_.think_time).count() + point.point.mean;
      }
      series.rates.push_back(std::move(point));
    }
    keep(std::move(series), costs, cycle);
    return {};
  }

  // Fills the caches and the database's buffers: until a run is hardly faster than the one before.
  void warm_up(loadtest::Session& session) {
    double before = 0;
    for (int i = 0; i < kWarmUpsMax && !stop_; ++i) {
      const double now = run(session, closed(config_.concurrencies.back())).rate();
      fmt::print(progress_, "warm-up: {:.0f} requests/s\n", now);
      if (now < before * kStillWarming) return;
      before = now;
    }
  }

  void find_ceiling(Series& series) const {
    std::vector<Throughput> measured;
    for (const auto& point : series.closed) measured.push_back({point.asked, point.per_second});
    if (auto law = fit_scalability(measured, kConfidence)) {
      series.law = *law;
    } else {
      series.why_no_law = law.error().detail;
    }
    for (const auto users : config_.concurrencies) {
      double sum = 0;
      Usage usage;
      for (const auto& point : series.closed) {
        if (point.asked != static_cast<double>(users)) continue;
        sum += point.per_second;
        usage = point.usage;
      }
      const double mean = sum / static_cast<double>(config_.repeats);
      if (mean <= series.ceiling.value) continue;
      series.ceiling.value = mean;
      series.ceiling_users = static_cast<double>(users);
      series.at_ceiling = usage;
    }
    const double error = series.law ? series.law->error_of_mean(config_.repeats, kConfidence) : 0;
    series.ceiling.low = series.ceiling.value * std::max(0.0, 1 - error);
    series.ceiling.high = series.ceiling.value * (1 + error);
  }

  void keep(Series series, const CostSamples& costs, double cycle) {
    const bool is_best =
        series.certified &&
        (!result_.best || *series.certified > *result_.series[*result_.best].certified);
    if (is_best && costs.shop.size() >= 2) {
      SeededRandom random(1);
      const auto mean = [&random](const std::vector<double>& samples) {
        return loadtest::mean_of(samples, kConfidence, random);
      };
      result_.best = result_.series.size();
      result_.costs = Costs{mean(costs.shop), mean(costs.postgres), mean(costs.redis), cycle};
    }
    result_.series.push_back(std::move(series));
  }

  // Only orders, between two looks at the database.
  Result<> orders() {
    const auto shop = shops_.serve(config_.workers.back());
    if (!shop) return std::unexpected(shop.error());
    if (options_.scenario.flows.end() ==
        std::ranges::find(options_.scenario.flows, "order", &loadtest::Flow::name)) {
      return {};
    }
    options_.wants.mix = {{"order", 1}};
    auto session = session_of(*shop);
    options_.wants.mix.clear();
    if (!session) return std::unexpected(session.error());
    auto database = postgres::BlockingConnection::open(shop->database_url, "souk capacity");
    if (!database) return std::unexpected(database.error());
    const auto before = sizes(*database);
    std::vector<loadtest::Acknowledged> acknowledged;
    auto plan = closed(kOrderUsers);
    plan.seed = ++seed_;
    session->run(plan, stop_, &acknowledged);
    const auto after = sizes(*database);
    if (!before) return std::unexpected(before.error());
    if (!after) return std::unexpected(after.error());
    if (acknowledged.empty()) return {};
    const auto count = static_cast<double>(acknowledged.size());
    result_.order = OrderCost{acknowledged.size(), (after->first - before->first) / count,
                              (after->second - before->second) / count};
    return {};
  }

  // Bytes of the database, and of the log that was ever written.
  static Result<std::pair<double, double>> sizes(postgres::BlockingConnection& database) {
    const auto rows = database.run(
        "SELECT pg_database_size(current_database()), "
        "pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint");
    if (!rows) return std::unexpected(rows.error());
    const auto number = [&rows](int column) {
      return static_cast<double>(parse_integer(rows->text(0, column)).value_or(0));
    };
    return std::pair(number(0), number(1));
  }

  // More and more connections to a fresh shop: what it has given back to the allocator is not
  // counted as their memory.
  Result<> connections() {
    const auto shop = shops_.serve(config_.workers.back());
    if (!shop) return std::unexpected(shop.error());
    auto session = session_of(*shop);
    if (!session) return std::unexpected(session.error());
    std::vector<Sample> samples;
    for (std::size_t step = 1; step <= kConnectionSteps && !stop_; ++step) {
      const auto held = config_.connections * step / kConnectionSteps;
      const double rate = static_cast<double>(held) / 2;
      auto plan = open(rate, held, kConnecting);
      plan.users = held;
      plan.open = loadtest::Spacing::kConstant;
      const auto measured = run(*session, plan);
      for (const auto& second : measured.timeline) {
        if (second.at < Seconds(kConnecting).count() || !second.resident_bytes) continue;
        samples.push_back({static_cast<double>(plan.users), *second.resident_bytes});
      }
    }
    if (const auto line = fit_line(samples, kConfidence)) result_.connection = line->slope;
    return {};
  }

  void say(const Point& point, std::size_t workers, std::string_view what) {
    fmt::print(progress_, "{} workers, {:.0f} {}: {:.0f} requests/s, p95 {}\n", workers,
               point.asked, what, point.per_second, loadtest::format_time(Seconds(point.p95)));
    progress_.flush();
  }

  Shops& shops_;
  loadtest::Options options_;
  const SurveyConfig& config_;
  std::ostream& progress_;
  const std::atomic<bool>& stop_;
  std::uint64_t seed_ = 0;
  Survey result_;
};

}  // namespace

std::optional<double> Survey::users() const {
  if (!best || !costs) return std::nullopt;
  return *series[*best].certified * costs->cycle_seconds;
}

double calibrate(std::chrono::nanoseconds lasting) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t kBatch = 1'000'000;
  const auto begun = Clock::now();
  std::uint64_t state = 1;
  std::uint64_t steps = 0;
  Clock::duration passed{};
  do {
    for (std::uint64_t i = 0; i < kBatch; ++i) {  // Marsaglia's xorshift: each needs the last one
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
    }
    steps += kBatch;
    passed = Clock::now() - begun;
  } while (passed < lasting || state == 0);
  return static_cast<double>(steps) / Seconds(passed).count() / 1e6;
}

Result<Survey> survey(Shops& shops, const loadtest::Options& options, const SurveyConfig& config,
                      std::ostream& progress, const std::atomic<bool>& stop) {
  return Surveyor(shops, options, config, progress, stop).all();
}

}  // namespace souk::capacity
