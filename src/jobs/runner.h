// Runs the jobs of a node: finds and claims them in batches under the node's lease, feeds them
// through a bounded channel to as many coroutines as may run at once, and acknowledges in batches.
//
//   outbox -> fetch() -> channel -> work() x concurrency -> settle() -> outbox
//
// At least once: jobs that were run but not acknowledged when the node or its lease is lost are run
// again.
//
// Threading: one per node, on a loop and thread of its own, so that handlers never delay a request
// and the order of an aggregate is kept in memory. Ownership: borrows all it is made with, which
// outlives it; run() ends, after stop(), before it is destroyed.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "jobs/claimer.h"
#include "jobs/config.h"
#include "jobs/handler.h"
#include "jobs/lanes.h"
#include "jobs/metrics.h"
#include "jobs/notifier.h"
#include "postgres/listener.h"
#include "runtime/channel.h"
#include "runtime/scope.h"
#include "telemetry/log.h"
#include "telemetry/traces.h"

namespace souk::jobs {

class Runner {
 public:
  // Minimum time between two looks after notifications, NOTIFY included. Longer under load: each
  // look, claim and acknowledgement is then for more jobs.
  static constexpr std::chrono::milliseconds kNotifySpacing{5};
  static constexpr std::chrono::milliseconds kBusyNotifySpacing{20};
  static constexpr std::size_t kBusyClaim = 32;                  // jobs claimed at once
  static constexpr std::chrono::milliseconds kSettleSpacing{5};  // between two acknowledgements
  static constexpr std::chrono::milliseconds kDueSpacing{200};   // between two looks for retries
  static constexpr std::chrono::seconds kMeasureInterval{10};
  static constexpr std::size_t kMaxSettled = 1'000;  // in one transaction
  static constexpr std::size_t kMaxWaiting = 1'000;  // of one handler: see Handler::waits
  static constexpr std::chrono::milliseconds kMinDelayWhenFull{2'000};
  static constexpr std::chrono::milliseconds kMaxDelayWhenFull{60'000};
  static constexpr std::chrono::seconds kPauseAfterRefusal{5};  // of an acknowledgement
  static constexpr std::size_t kMaxErrorLength = 500;
  static constexpr auto kExchangeTimeout = Claimer::kExchangeTimeout;
  static constexpr auto kPauseAfterFailure = Claimer::kPauseAfterFailure;

  struct Environment {
    telemetry::Registry& registry;
    telemetry::Log& log;
    telemetry::Traces* traces = nullptr;  // null: none are kept
  };

  Runner(runtime::Loop& loop, JobsConfig config, postgres::PoolConfig database, Handlers handlers,
         Notifier& notifier, Environment environment);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Until stop(); then running jobs get drain_timeout to end and the rest is handed back.
  runtime::Task<void> run();
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Delay = std::chrono::milliseconds;
  class Turn;
  struct Settled {
    enum class Outcome : std::uint8_t { kDone, kDeferred, kDead };
    Held held;
    Outcome outcome = Outcome::kDone;
    Delay delay{0};
    int attempts = 0;  // made so far
    std::string error = {};
  };

  // Finding and claiming.
  runtime::Task<void> fetch();
  bool may_claim() const;
  runtime::Task<bool> fetch_batch();
  runtime::Task<std::vector<std::int64_t>> find(runtime::Context& context, bool& more);
  runtime::Task<void> adopt();
  runtime::Task<void> feed(std::vector<store::ClaimedJob> jobs, store::ClaimerId claimer);
  runtime::Task<void> release_unheld();
  void check_for_lost_claims();
  void start_over();
  runtime::Task<void> forward_notifications();

  // Running.
  runtime::Task<void> work();
  runtime::Task<void> run_lane(Held first);
  runtime::Task<void> run_waiting(Held first);
  static Delay delay_when_full(const HeldJob& held);
  runtime::Task<void> run_or_hand_back(Held held);
  runtime::Task<void> attempt(Held held);
  TraceContext trace_of(const Job& job, std::optional<TraceContext>& caller);
  void keep_trace(const Job& job, Spans& spans, const std::optional<TraceContext>& caller,
                  bool failed, Time begun);
  void failed(Held held, std::string error, bool rejected);
  void hand_back(Held held, Delay delay);

  // Acknowledging.
  void settle_later(Settled settled);
  runtime::Task<void> settle();
  runtime::Task<void> settle_batch();
  runtime::Task<void> settle_one_by_one(std::span<const Settled* const> batch);
  runtime::Task<void> send(std::span<const Settled* const> batch);
  store::Settlement settlement_of(std::span<const Settled* const> batch) const;

  runtime::Task<void> measure();
  void publish(const std::vector<store::KindState>& kinds);
  runtime::Task<void> take_turn();

  runtime::Loop& loop_;
  const JobsConfig config_;
  const Handlers handlers_;
  std::vector<std::string> kinds_;
  Notifier& notifier_;
  telemetry::Log& log_;
  telemetry::Traces* const traces_;
  SystemRandom random_;
  NodeMetrics metrics_;
  std::map<std::string_view, KindMetrics> kind_metrics_;

  postgres::Pool pool_;
  postgres::Listener listener_;
  telemetry::FailureReporter fetching_;
  telemetry::FailureReporter acknowledging_;
  telemetry::FailureReporter notifying_;
  telemetry::FailureReporter measuring_;
  Claimer claimer_;
  runtime::Event stopped_;
  runtime::Event notified_;

  // Claims and acknowledgements exclude each other: what a claim has read stays true until its jobs
  // are in the lanes.
  bool exchanging_ = false;
  runtime::WaitQueue exchange_;
  Cursor cursor_;
  bool start_over_ = false;                  // the next look uses a new cursor
  bool claims_uncertain_ = false;            // more may be claimed than is held
  std::optional<Time> claims_uncertain_at_;  // claims become uncertain then
  std::uint64_t listener_changes_ = 0;       // seen so far
  Time look_for_due_at_{};
  bool busy_ = false;  // the last non-empty claim was large

  runtime::Channel<Held> channel_;
  Lanes lanes_;
  runtime::WaitQueue lane_moved_;
  std::set<runtime::Context*> running_;

  std::deque<Settled> settled_;  // bounded by the jobs held
  runtime::Event settled_some_;
  bool settling_fails_ = false;
  std::map<const Handler*, std::size_t> waiting_;  // running jobs of waiting handlers
  bool work_ended_ = false;

  runtime::Scope claiming_;
  runtime::Scope scope_;
  runtime::Scope working_;
  runtime::Scope settling_;
};

}  // namespace souk::jobs
