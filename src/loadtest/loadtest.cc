#include "loadtest/loadtest.h"

#include <fmt/ostream.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>

#include "base/files.h"
#include "base/open_files.h"
#include "http/client/blocking_request.h"
#include "loadtest/audit.h"
#include "loadtest/builtin_budgets.h"
#include "loadtest/progress.h"
#include "loadtest/report.h"

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

std::optional<Scrape> scrape(const std::string& url, const std::string& ca_file) {
  const auto target = http::parse_target(url, ca_file);
  if (!target) return std::nullopt;
  const auto response = http::request_blocking(*target, {.path_and_query = "/metrics"});
  if (!response || response->status != 200) return std::nullopt;
  return Scrape(response->body);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The drivers of one run on their threads.
class Fleet {
 public:
  explicit Fleet(const Run& run) : run_(run), acknowledged_(run.plan.threads) {
    for (std::size_t i = 0; i < run.plan.threads; ++i) recorders_.emplace_back();
    running_ = run.plan.threads;
    auto recorder = recorders_.begin();
    for (std::size_t i = 0; i < run.plan.threads; ++i) {
      threads_.emplace_back([this, i, &mine = *recorder++] { drive(i, mine); });
    }
  }

  // Waits for all, with a line of progress at every interval. Rethrows the exception that ended
  // one.
  void wait(std::ostream& err, std::chrono::seconds interval) {
    Progress progress(recorders_);
    std::unique_lock lock(mutex_);
    auto next = run_.start + interval;
    while (!ended_.wait_until(lock, next, [this] { return running_ == 0; })) {
      fmt::print(err, "{}\n", progress.line(Clock::now() - run_.start));
      err.flush();
      next += interval;
    }
    if (failure_) std::rethrow_exception(failure_);
  }

  Recorder total() const {
    Recorder sum;
    for (const auto& recorder : recorders_) sum.add(recorder);
    return sum;
  }
  std::vector<Acknowledged> acknowledged() const {
    std::vector<Acknowledged> all;
    for (const auto& part : acknowledged_) all.insert(all.end(), part.begin(), part.end());
    return all;
  }

 private:
  void drive(std::size_t index, Recorder& recorder) {
    std::exception_ptr failure;
    try {
      Driver driver(run_, index, recorder);
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
  std::list<Recorder> recorders_;
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
};

Result<Preparation> prepare(const Options& options, std::ostream& err) {
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
  const auto catalogue = read_catalogue(*target);
  if (!catalogue) return std::unexpected(catalogue.error());
  fmt::print(err, "{}: {} products, {} categories, {} buyers\n", options.url,
             catalogue->products.size(), catalogue->categories.size(), tokens->size());
  const auto token = tokens->front();
  Preparation ready{*target, std::move(*budgets),
                    Workload(*catalogue, std::move(*tokens), target->host, SystemRandom().next(),
                             options.plan.seed, options.wants)};
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

Measurements measure(const Options& options, const Preparation& ready, const LedgerFile* ledger,
                     const Console& console, const std::atomic<bool>& stop,
                     std::vector<Acknowledged>& acknowledged) {
  Measurements measured{.scenario = options.scenario, .plan = options.plan};
  const auto before = scrape(options.operator_url, options.ca_file);
  const auto cpu_before = cpu_seconds();
  const Run run{ready.target, ready.workload, options.plan, ledger, Clock::now(), stop};
  {
    Fleet fleet(run);
    fleet.wait(console.err, std::chrono::seconds(console.is_terminal ? 1 : 10));
    measured.total = fleet.total();
    acknowledged = fleet.acknowledged();
  }
  measured.elapsed = Clock::now() - run.start;
  measured.interrupted = measured.elapsed < options.plan.duration;
  measured.steady = std::min(measured.elapsed, options.plan.duration) - options.plan.ramp_up;
  measured.generator_cpu_seconds = cpu_seconds() - cpu_before;
  const auto after = scrape(options.operator_url, options.ca_file);
  if (before && after) {
    measured.server = server_view(*before, *after);
    measured.scrapes = Scrapes{*before, *after};
  }
  return measured;
}

// Reports an unwritable file before the run, not after it.
Result<> try_target(const std::string& path) {
  if (path.empty() || std::ofstream(path, std::ios::app)) return {};
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("--json: cannot write {}: {}", path, std::strerror(errno)));
}

bool save(const std::string& path, const Buffer& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  return file.good();
}

int report_error(const Error& error, std::ostream& err) {
  fmt::print(err, "souk loadtest: {}\n", error.detail);
  return exit_status_of(error);
}

}  // namespace

int run_load_test(const Options& options, const Console& console, const std::atomic<bool>& stop) {
  if (const auto tried = try_target(options.json_file); !tried) {
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
  if (!options.json_file.empty()) {
    Buffer json;
    write_json(json, measured, judgements, audited);
    if (!save(options.json_file, json)) {
      fmt::print(console.err, "souk loadtest: --json: cannot write {}\n", options.json_file);
      return kExitCouldNotRun;
    }
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
