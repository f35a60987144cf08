#include "loadtest/loadtest.h"

#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <functional>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/open_files.h"
#include "base/parse.h"
#include "http/client/blocking_request.h"
#include "loadtest/audit.h"
#include "loadtest/baseline.h"
#include "loadtest/builtin_budgets.h"
#include "loadtest/progress.h"
#include "loadtest/report.h"
#include "loadtest/report_files.h"
#include "loadtest/timeline.h"
#include "postgres/blocking.h"

namespace souk::loadtest {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kSpareDescriptors = 64;  // in addition to one per user

int exit_status_of(const Error& error) {
  return error.code == ErrorCode::kInvalidRequest ? kExitUsage : kExitCouldNotRun;
}

Result<telemetry::Budgets> read_budgets(const Options& options) {
  const auto& path = options.budgets_file;
  auto budgets = path.empty()
                     ? telemetry::parse_budgets(kBuiltinBudgets, "budgets.toml", options.metrics)
                     : telemetry::load_budgets(path, options.metrics);
  if (!budgets) return fail(ErrorCode::kInvalidRequest, budgets.error());
  return std::move(*budgets);
}

Result<std::vector<std::string>> read_tokens(const std::string& path) {
  const auto text = read_file(path);
  if (!text) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("--tokens: {}; `souk up` writes loadtest-tokens.txt into its --data, "
                            "`souk seed` its --tokens",
                            text.error()));
  }
  std::istringstream lines(*text);
  std::vector<std::string> tokens;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) tokens.push_back(line);
  }
  if (tokens.empty()) {
    return fail(ErrorCode::kInvalidRequest,
                fmt::format("--tokens: {} holds no session tokens; `souk seed` writes some", path));
  }
  return tokens;
}

Result<std::string> read_password(const std::string& path) {
  const auto text = read_file(path);
  if (text) return text->substr(0, text->find('\n'));
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("--password: {}; `souk up` writes demo-password.txt into its --data",
                          text.error()));
}

Result<> raise_descriptor_limit(const Plan& plan) {
  const auto users = plan.users / plan.streams + 1;
  const auto wanted = users + kSpareDescriptors;
  const auto allowed = allow_open_files(wanted);
  if (allowed >= wanted) return {};
  return fail(
      ErrorCode::kLimitReached,
      fmt::format("{} connections need {} open files and this process may have {}; raise it "
                  "with `ulimit -Hn` or in limits.conf, or use fewer --users",
                  users, wanted, allowed));
}

// Detects before the run that the shop refuses the test's requests.
Result<> rehearse(const http::Target& target, const Workload& workload, const std::string& token) {
  for (const auto& path : workload.sample_lists()) {
    const auto response = http::request_blocking(target, {.path_and_query = path});
    if (!response) return std::unexpected(response.error());
    if (response->status != 200) {
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: GET {} was answered {} instead of 200: {}", target.url(), path,
                              response->status, response->body.substr(0, 300)));
    }
  }
  const auto profile =
      http::request_blocking(target, {.path_and_query = "/api/users/me", .token = token});
  if (!profile) return std::unexpected(profile.error());
  if (profile->status == 401) {
    return fail(
        ErrorCode::kUnavailable,
        fmt::format("{} does not know the session tokens of --tokens (401): they are of another "
                    "shop, or expired",
                    target.url()));
  }
  return {};
}

// Sends each flow once, so that a shop whose answers are not the expected ones is not loaded.
Result<> rehearse_flows(const Options& options, const http::Target& target,
                        const Catalogue& catalogue) {
  http::HeaderList headers;
  for (const auto& [name, value] : options.wants.headers) headers.add(name, value);
  for (const auto& flow : options.scenario.flows) {
    if (flow.share <= 0) continue;
    auto wants = options.wants;
    wants.mix = {{flow.name, 1}};
    const Workload workload(options.scenario, catalogue, {""}, target.host, SystemRandom().next(),
                            options.plan.seed, std::move(wants));
    Shopper shopper(workload, 0);
    do {
      http::OutgoingRequest request;
      const auto endpoint = shopper.next(request);
      const auto answer = http::request_blocking(target, {.method = request.method,
                                                          .path_and_query = request.target,
                                                          .json = request.body,
                                                          .headers = &headers});
      if (!answer) return std::unexpected(answer.error());
      if (shopper.answered(answer->status, answer->body) == Outcome::kGood) continue;
      return fail(ErrorCode::kUnavailable,
                  fmt::format("{}: {} is not answered as expected: {} {}", target.url(),
                              options.scenario.endpoints[endpoint], answer->status,
                              answer->body.substr(0, 300)));
    } while (shopper.is_in_flow());
  }
  return {};
}

std::optional<Scrape> scrape(const std::string& url, const std::string& ca_file) {
  const auto target = http::parse_target(url, ca_file);
  if (!target) return std::nullopt;
  const auto response = http::request_blocking(*target, {.path_and_query = "/metrics"});
  if (!response || response->status != 200) return std::nullopt;
  return Scrape(response->body);
}

std::optional<ShopFacts> shop_facts(const Options& options) {
  const auto target = http::parse_target(options.operator_url, options.ca_file);
  if (!target) return std::nullopt;
  const auto response = http::request_blocking(*target, {.path_and_query = "/settings"});
  if (!response || response->status != 200) return std::nullopt;
  return parse_shop_facts(response->body);
}

DataSize data_size(const Options& options, std::size_t products) {
  DataSize size{.products = products};
  if (const auto now = scrape(options.operator_url, options.ca_file)) {
    size.cache_entries = now->sum("souk_cache_entries");
    size.cache_bytes = now->sum("souk_cache_bytes");
  }
  if (options.database_url.empty()) return size;
  auto connection = postgres::BlockingConnection::open(options.database_url, "souk loadtest");
  if (!connection) return size;
  const auto rows = connection->run(
      "SELECT pg_database_size(current_database()), "
      "(SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = "
      "'public.orders'::regclass)");
  if (!rows || rows->size() != 1) return size;
  const auto number = [&](int column) -> std::optional<std::uint64_t> {
    const auto value = parse_integer(rows->text(0, column));
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  };
  size.database_bytes = number(0);
  size.orders = number(1);
  return size;
}

// The drivers of one run on their threads.
class Fleet {
 public:
  Fleet(const Run& run, std::size_t endpoints)
      : run_(run), endpoints_(endpoints), acknowledged_(run.plan.threads) {
    for (std::size_t i = 0; i < run.plan.threads; ++i) recordings_.emplace_back(endpoints);
    running_ = run.plan.threads;
    auto recording = recordings_.begin();
    for (std::size_t i = 0; i < run.plan.threads; ++i) {
      threads_.emplace_back([this, i, &mine = *recording++] { drive(i, mine); });
    }
  }

  // Waits for all, and calls `tick` when the warm-up ends and every second. Rethrows the exception
  // that ended one.
  void wait(const std::function<void(std::chrono::nanoseconds)>& tick) {
    std::unique_lock lock(mutex_);
    std::chrono::nanoseconds second = std::chrono::seconds(1);
    for (auto warm_up = run_.plan.warm_up;;) {
      const auto next = warm_up.count() > 0 ? std::min(second, warm_up) : second;
      if (ended_.wait_until(lock, run_.start + next, [this] { return running_ == 0; })) break;
      lock.unlock();
      tick(Clock::now() - run_.start);
      lock.lock();
      if (next == warm_up) warm_up = {};
      if (next == second) second += std::chrono::seconds(1);
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  const std::list<Recording>& recordings() const { return recordings_; }
  Recorder total(Recorder Recording::* part) const {
    Recorder sum(endpoints_);
    for (const auto& recording : recordings_) sum.add(recording.*part);
    return sum;
  }
  std::vector<Acknowledged> acknowledged() const {
    std::vector<Acknowledged> all;
    for (const auto& part : acknowledged_) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

 private:
  void drive(std::size_t index, Recording& recording) {
    std::exception_ptr failure;
    try {
      Driver driver(run_, index, recording);
      driver.run();
      acknowledged_[index] = driver.acknowledged();
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    if (failure && !failure_) failure_ = failure;
    --running_;
    ended_.notify_one();
  }

  const Run& run_;
  std::size_t endpoints_;
  std::list<Recording> recordings_;
  std::vector<std::vector<Acknowledged>> acknowledged_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_;                // guarded by mutex_
  std::exception_ptr failure_;         // guarded by mutex_
  std::vector<std::jthread> threads_;  // last: they use the others
};

// The data needed before the first request.
struct Preparation {
  http::Target target;
  telemetry::Budgets budgets;
  Workload workload;
  std::size_t products;
};

// Of a shop of another make.
Result<Preparation> prepare_other(const Options& options, std::ostream& err) {
  auto budgets = read_budgets(options);
  if (!budgets) return std::unexpected(budgets.error());
  const auto raised = raise_descriptor_limit(options.plan);
  if (!raised) return std::unexpected(raised.error());
  auto target = http::parse_target(options.url, options.ca_file);
  if (!target) return std::unexpected(target.error());
  const auto& catalogue = *options.catalogue;
  fmt::print(err, "{}: {} products, {} categories\n", options.url, catalogue.products.size(),
             catalogue.categories.size());
  if (auto rehearsed = rehearse_flows(options, *target, catalogue); !rehearsed) {
    return std::unexpected(rehearsed.error());
  }
  return Preparation{*target, std::move(*budgets),
                     Workload(options.scenario, catalogue, {""}, target->host,
                              SystemRandom().next(), options.plan.seed, options.wants),
                     catalogue.products.size()};
}

Result<Preparation> prepare(const Options& options, std::ostream& err) {
  if (options.catalogue) return prepare_other(options, err);
  auto budgets = read_budgets(options);
  if (!budgets) return std::unexpected(budgets.error());
  auto tokens = read_tokens(options.tokens_file);
  if (!tokens) return std::unexpected(tokens.error());
  const auto raised = raise_descriptor_limit(options.plan);
  if (!raised) return std::unexpected(raised.error());
  auto target = http::parse_target(options.url, options.ca_file);
  if (!target) return std::unexpected(target.error());
  if (options.plan.protocol == Protocol::kHttp3 && !target->tls) {
    return fail(ErrorCode::kInvalidRequest, "--http 3 needs an https:// address in --url");
  }
  auto wants = options.wants;
  if (options.scenario.uses(Variable::kPassword)) {
    auto password = read_password(options.password_file);
    if (!password) return std::unexpected(password.error());
    wants.password = *std::move(password);
  }
  const auto catalogue = read_catalogue(*target, options.scenario.data.products);
  if (!catalogue) {
    return fail(catalogue.error().code,
                fmt::format("{}; name another shop with --url, or by the --data of its `souk up`",
                            catalogue.error().detail));
  }
  const auto& scenario = options.scenario;
  if ((scenario.uses(Variable::kCategory) && catalogue->categories.empty()) ||
      (scenario.uses(Variable::kWord) && catalogue->search_words.empty())) {
    return fail(ErrorCode::kPreconditionFailed,
                fmt::format("{} has no categories, or no words in the names of its products, and "
                            "the scenario asks for some",
                            options.url));
  }
  fmt::print(err, "{}: {} products, {} categories, {} buyers\n", options.url,
             catalogue->products.size(), catalogue->categories.size(), tokens->size());
  const auto token = tokens->front();
  Preparation ready{*target, std::move(*budgets),
                    Workload(options.scenario, *catalogue, std::move(*tokens), target->host,
                             SystemRandom().next(), options.plan.seed, std::move(wants)),
                    catalogue->products.size()};
  const auto rehearsed = rehearse(ready.target, ready.workload, token);
  if (!rehearsed) return std::unexpected(rehearsed.error());
  return ready;
}

// Needed by the audit after the run, and by a later one that reads the acknowledged orders' file.
Result<Baseline> baseline_of(const Options& options) {
  if (!options.audit && options.acknowledged_file.empty()) {
    return fail(ErrorCode::kPreconditionFailed, "--no-audit");
  }
  if (options.database_url.empty()) {
    return fail(ErrorCode::kPreconditionFailed,
                "no database is known; name it with --database-url or DATABASE_URL");
  }
  return take_baseline(options.database_url);
}

AuditOutcome audit_books(const Options& options, const Result<Baseline>& baseline,
                         std::span<const Acknowledged> acknowledged) {
  AuditOutcome outcome{.wanted = options.audit, .report = {}, .why_not = {}};
  if (!options.audit) {
    outcome.why_not = "--no-audit";
  } else if (!baseline) {
    outcome.why_not = baseline.error().detail;
  } else if (auto report = audit(options.database_url, *baseline, acknowledged); report) {
    outcome.report = std::move(*report);
  } else {
    outcome.why_not = report.error().detail;
  }
  return outcome;
}

Result<std::optional<LedgerFile>> open_ledger(const Options& options,
                                              const Result<Baseline>& baseline) {
  if (options.acknowledged_file.empty()) return std::nullopt;
  auto file = LedgerFile::create(options.acknowledged_file,
                                 baseline ? std::optional(*baseline) : std::nullopt);
  if (!file) return std::unexpected(file.error());
  return std::move(*file);
}

// What happens beside the load: progress, the shop's metrics when the measured part begins, and the
// end of a run whose breakpoint is found.
class Watch {
 public:
  Watch(const Options& options, const telemetry::Budgets& budgets, const Fleet& fleet,
        const Console& console)
      : options_(options), budgets_(budgets), fleet_(fleet), console_(console) {}

  // True when the run has to end.
  bool tick(std::chrono::nanoseconds elapsed) {
    const auto now = scrape_now();
    if (!before_ && elapsed >= options_.plan.warm_up) before_ = now;
    auto total = fleet_.total(&Recording::warm_up);
    total.add(fleet_.total(&Recording::measured));
    timeline_.add(std::chrono::duration<double>(elapsed).count(), level_before(elapsed), total,
                  read_cpu_times(), now);
    if (elapsed >= next_line_) {
      next_line_ += std::chrono::seconds(console_.is_terminal ? 1 : 10);
      fmt::print(console_.err, "{}\n", progress_.line(elapsed));
      console_.err.flush();
    }
    return options_.scenario.breakpoint && broke(elapsed);
  }

  std::optional<Scrape> scrape_now() const {
    return scrape(options_.operator_url, options_.ca_file);
  }
  const std::optional<Scrape>& before() const { return before_; }
  std::optional<double> broke_at() const { return broke_at_; }
  const std::vector<Second>& seconds() const { return timeline_.seconds(); }

 private:
  // The level that led to what has happened by then.
  double level_before(std::chrono::nanoseconds elapsed) const {
    const auto& shape = options_.plan.shape;
    return shape.level(std::min(elapsed, shape.duration()) - std::chrono::nanoseconds(1));
  }

  static constexpr int kBrokenSeconds = 3;  // in a row: one may be a checkpoint's

  bool broke(std::chrono::nanoseconds elapsed) {
    auto now = fleet_.total(&Recording::measured).overall();
    auto second = now.latency;
    second.subtract(last_.latency);
    const auto requests = now.requests.get() - last_.requests.get();
    const auto errors = now.error_count() - last_.error_count();
    last_ = std::move(now);
    if (elapsed < options_.scenario.breakpoint->begin || requests == 0) return false;
    const auto* p95 = budgets_.find(telemetry::Section::kApi, {}, "p95");
    const auto* failed = budgets_.find(telemetry::Section::kApi, {}, "error_rate");
    const std::chrono::duration<double> latency = second.percentile(0.95);
    const bool is_broken =
        (p95 != nullptr && latency.count() > p95->threshold) ||
        (failed != nullptr &&
         static_cast<double>(errors) > failed->threshold * static_cast<double>(requests));
    seconds_ = is_broken ? seconds_ + 1 : 0;
    if (seconds_ == 1) suspected_ = options_.plan.shape.level(elapsed);
    if (seconds_ < kBrokenSeconds) return false;
    if (!broke_at_) broke_at_ = suspected_;
    return true;
  }

  const Options& options_;
  const telemetry::Budgets& budgets_;
  const Fleet& fleet_;
  const Console& console_;
  Progress progress_{fleet_.recordings()};
  Timeline timeline_;
  std::chrono::nanoseconds next_line_ = std::chrono::seconds(1);
  std::optional<Scrape> before_;
  EndpointRecord last_;
  int seconds_ = 0;
  double suspected_ = 0;
  std::optional<double> broke_at_;
};

Measurements measure(const Options& options, const Preparation& ready, const LedgerFile* ledger,
                     const Console& console, const std::atomic<bool>& stop,
                     std::vector<Acknowledged>& acknowledged) {
  const auto& plan = options.plan;
  Measurements measured{.scenario = options.scenario,
                        .plan = plan,
                        .started = SystemClock().now(),
                        .total = Recorder(options.scenario.endpoints.size()),
                        .warm_up = Recorder(options.scenario.endpoints.size())};
  measured.environment = read_environment();
  measured.data = data_size(options, ready.products);
  measured.shop = shop_facts(options);
  const auto cpu_before = read_cpu_times();
  std::atomic<bool> ends = stop.load();
  const Run run{ready.target, ready.workload, plan, ledger, Clock::now(), ends};
  Fleet fleet(run, options.scenario.endpoints.size());
  Watch watch(options, ready.budgets, fleet, console);
  watch.tick({});
  fleet.wait([&](std::chrono::nanoseconds elapsed) {
    if (watch.tick(elapsed) || stop) ends = true;
  });
  measured.total = fleet.total(&Recording::measured);
  measured.warm_up = fleet.total(&Recording::warm_up);
  acknowledged = fleet.acknowledged();
  measured.elapsed = Clock::now() - run.start;
  measured.broke_at = watch.broke_at();
  measured.timeline = watch.seconds();
  measured.interrupted = measured.elapsed < plan.shape.duration() && !measured.broke_at;
  measured.measured = std::max<std::chrono::nanoseconds>(
      std::min(measured.elapsed, plan.shape.duration()) - plan.warm_up, {});
  measured.generator_cpu_seconds = (read_cpu_times() - cpu_before).generator;
  const auto after = watch.scrape_now();
  if (watch.before() && after) {
    measured.server = server_view(options.scenario.endpoints, *watch.before(), *after);
    measured.scrapes = Scrapes{*watch.before(), *after};
  }
  return measured;
}

// Reports an unwritable file before the run, not after it.
Result<> try_target(std::string_view flag, const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::app)) return {};
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("{}: cannot write {}: {}", flag, path, std::strerror(errno)));
}

Result<> try_targets(const Options& options) {
  for (const auto& [flag, path] : {std::pair{"--json", &options.json_file},
                                   {"--junit", &options.junit_file},
                                   {"--html", &options.html_file}}) {
    if (auto tried = try_target(flag, *path); !tried) return tried;
  }
  return {};
}

Result<> save(std::string_view flag, const std::string& path, std::string_view text) {
  if (path.empty()) return {};
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.flush()) return {};
  return fail(ErrorCode::kUnavailable, fmt::format("{}: cannot write {}", flag, path));
}

Result<> save_reports(const Options& options, const Measurements& measured,
                      const std::vector<Judgement>& judgements, const AuditOutcome& audited) {
  Buffer json;
  write_json(json, measured, judgements, audited);
  if (auto saved = save("--json", options.json_file, json.view()); !saved) return saved;
  if (auto saved = save("--html", options.html_file, html_report(json.view())); !saved) {
    return saved;
  }
  return save("--junit", options.junit_file, junit_report(measured, judgements, audited));
}

int report_error(const Error& error, std::ostream& err) {
  fmt::print(err, "souk loadtest: {}\n", error.detail);
  return exit_status_of(error);
}

// The repeats of one shop.
class Repeated {
 public:
  static Result<Repeated> begin(const Options& options, std::ostream& err) {
    auto session = Session::begin(options, err);
    if (!session) return std::unexpected(session.error());
    return Repeated(*std::move(session));
  }

  Result<> run(const std::atomic<bool>& stop) {
    const auto measured = session_.run(session_.options().plan, stop);
    if (repeats_.metrics().empty()) repeats_ = Repeats(measured);
    last_ = format_time(measured.total.overall().latency.percentile(0.95));
    return repeats_.add(measured);
  }
  const Repeats& repeats() const { return repeats_; }
  const std::string& last() const { return last_; }

 private:
  explicit Repeated(Session session) : session_(std::move(session)) {}

  Session session_;
  Repeats repeats_;
  std::string last_;  // p95
};

int print_changes(const Result<std::vector<Change>>& changes, const Console& console) {
  if (!changes) return report_error(changes.error(), console.err);
  for (const auto& change : *changes) {
    fmt::print(console.out, "{:<36}{}{}\n", change.metric, change.sentence,
               change.is_worse ? "  WORSE" : "");
  }
  return std::ranges::any_of(*changes, &Change::is_worse) ? kExitBroken : kExitKept;
}

Result<Repeats> repeat(const Options& options, std::size_t repeats, const Console& console,
                       const std::atomic<bool>& stop) {
  auto shop = Repeated::begin(options, console.err);
  if (!shop) return std::unexpected(shop.error());
  for (std::size_t i = 1; i <= repeats; ++i) {
    if (auto done = shop->run(stop); !done) return std::unexpected(done.error());
    fmt::print(console.err, "{} of {}: p95 {}\n", i, repeats, shop->last());
  }
  return shop->repeats();
}

}  // namespace

struct Session::State {
  Options options;
  std::optional<Preparation> ready = {};  // its workload borrows the options' scenario
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Result<Session> Session::begin(Options options, std::ostream& err) {
  auto state = std::make_unique<State>(State{std::move(options)});
  auto ready = prepare(state->options, err);
  if (!ready) return std::unexpected(ready.error());
  state->ready.emplace(*std::move(ready));
  return Session(std::move(state));
}

const Options& Session::options() const { return state_->options; }

Measurements Session::run(const Plan& plan, const std::atomic<bool>& stop,
                          std::vector<Acknowledged>* acknowledged) {
  state_->options.plan = plan;
  std::ostringstream unread;
  std::vector<Acknowledged> orders;
  auto measured =
      measure(state_->options, *state_->ready, nullptr, {unread, unread, false}, stop, orders);
  if (acknowledged != nullptr) {
    acknowledged->insert(acknowledged->end(), orders.begin(), orders.end());
  }
  return measured;
}

std::vector<Judgement> Session::judge(const Measurements& measured) const {
  return loadtest::judge(state_->ready->budgets, measured);
}

int save_baseline(const Options& options, std::size_t repeats, const std::string& file,
                  const Console& console, const std::atomic<bool>& stop) {
  if (const auto tried = try_target("baseline", file); !tried) {
    return report_error(tried.error(), console.err);
  }
  const auto made = repeat(options, repeats, console, stop);
  if (!made) return report_error(made.error(), console.err);
  Buffer json;
  made->write(json);
  const auto saved = save("baseline", file, json.view());
  return saved ? kExitKept : report_error(saved.error(), console.err);
}

int compare_with_file(const Options& options, std::size_t repeats, const std::string& file,
                      const Console& console, const std::atomic<bool>& stop) {
  const auto text = read_file(file);
  if (!text) return report_error({ErrorCode::kInvalidRequest, text.error()}, console.err);
  const auto before = Repeats::read(*text, file);
  if (!before) return report_error(before.error(), console.err);
  const auto after = repeat(options, repeats, console, stop);
  if (!after) return report_error(after.error(), console.err);
  fmt::print(
      console.out,
      "{}\nThe baseline (commit {}) was measured at another time: what the machine has become "
      "since is part of each difference.\n",
      after->subject(), before->commit());
  return print_changes(compare(*before, *after, false), console);
}

int compare_with_shop(const Options& options, const Options& baseline, std::size_t repeats,
                      const Console& console, const std::atomic<bool>& stop) {
  auto before = Repeated::begin(baseline, console.err);
  if (!before) return report_error(before.error(), console.err);
  auto after = Repeated::begin(options, console.err);
  if (!after) return report_error(after.error(), console.err);
  for (std::size_t i = 1; i <= repeats; ++i) {
    // Each is first in turn: what the first leaves behind helps or hurts both alike.
    auto* const first = i % 2 == 0 ? &*after : &*before;
    auto* const second = i % 2 == 0 ? &*before : &*after;
    for (auto* const shop : {first, second}) {
      if (auto done = shop->run(stop); !done) return report_error(done.error(), console.err);
    }
    fmt::print(console.err, "{} of {}: p95 {}, baseline {}\n", i, repeats, after->last(),
               before->last());
  }
  fmt::print(console.out, "{}\n", after->repeats().subject());
  return print_changes(compare(before->repeats(), after->repeats(), true), console);
}

int run_load_test(const Options& options, const Console& console, const std::atomic<bool>& stop) {
  if (const auto tried = try_targets(options); !tried) {
    return report_error(tried.error(), console.err);
  }
  const auto ready = prepare(options, console.err);
  if (!ready) return report_error(ready.error(), console.err);
  const auto baseline = baseline_of(options);
  if (!baseline && options.audit) {
    fmt::print(console.err, "no audit will be possible: {}\n", baseline.error().detail);
  }
  const auto ledger = open_ledger(options, baseline);
  if (!ledger) return report_error(ledger.error(), console.err);

  std::vector<Acknowledged> acknowledged;
  const auto measured =
      measure(options, *ready, *ledger ? &**ledger : nullptr, console, stop, acknowledged);
  const auto audited = audit_books(options, baseline, acknowledged);
  const auto judgements = judge(ready->budgets, measured);
  print_report(console.out, measured, judgements, audited);
  if (const auto saved = save_reports(options, measured, judgements, audited); !saved) {
    return report_error(saved.error(), console.err);
  }
  return all_kept(judgements) && audited.clean() ? kExitKept : kExitBroken;
}

int run_audit(const std::string& database_url, const std::string& acknowledged_file,
              const Console& console) {
  const auto ledger = read_ledger(acknowledged_file);
  if (!ledger) return report_error(ledger.error(), console.err);
  const auto report = audit(database_url, ledger->baseline, ledger->orders);
  if (!report) return report_error(report.error(), console.err);
  print_audit(console.out, {.wanted = true, .report = *report, .why_not = {}});
  return report->clean() ? kExitKept : kExitBroken;
}

}  // namespace souk::loadtest
