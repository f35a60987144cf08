// Runs the jobs of a node: finds and claims them in batches under the node's lease, feeds them
// through a bounded channel to as many coroutines as may run at once, and acknowledges in batches.
//
//   outbox -> fetch() -> channel -> work() x concurrency -> settle() -> outbox
//
// At least once: what was run and not acknowledged when the node is lost, or its lease, is run
// again.
//
// Threading: one for a node, on a loop and thread of its own, so that handlers never hold a request
// up, and so that the order of an aggregate is kept in memory. Ownership: borrows all it is made
// with, which outlives it; run() ends, after stop(), before it is destroyed.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "jobs/claimer.h"
#include "jobs/config.h"
#include "jobs/doorbell.h"
#include "jobs/handler.h"
#include "jobs/lanes.h"
#include "jobs/metrics.h"
#include "postgres/listener.h"
#include "runtime/channel.h"
#include "runtime/scope.h"
#include "telemetry/log.h"

namespace souk::jobs {

class Runner {
 public:
  // Between two looks that rings ask for, NOTIFY included. While many jobs come it is longer: each
  // look, claim and acknowledgement then is for more of them.
  static constexpr std::chrono::milliseconds kRingSpacing{5};
  static constexpr std::chrono::milliseconds kBusyRingSpacing{20};
  static constexpr std::size_t kBusyClaim = 32;                  // jobs claimed at once
  static constexpr std::chrono::milliseconds kSettleSpacing{5};  // between two acknowledgements
  static constexpr std::chrono::milliseconds kDueSpacing{200};   // between two looks for retries
  static constexpr std::chrono::seconds kMeasureInterval{10};
  static constexpr std::size_t kMaxSettled = 1'000;  // in one transaction
  static constexpr std::size_t kMaxWaiting = 1'000;  // of one handler: see Handler::waits
  static constexpr std::chrono::milliseconds kMinPauseWithoutPlace{2'000};
  static constexpr std::chrono::milliseconds kMaxPauseWithoutPlace{60'000};
  static constexpr std::chrono::seconds kPauseAfterRefusal{5};  // of an acknowledgement
  static constexpr std::size_t kMaxErrorLength = 500;
  static constexpr auto kExchangeTimeout = Claimer::kExchangeTimeout;
  static constexpr auto kPauseAfterFailure = Claimer::kPauseAfterFailure;

  struct Environment {
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  Runner(runtime::Loop& loop, JobsConfig config, postgres::PoolConfig database, Handlers handlers,
         Doorbell& bell, Environment environment);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Until stop(); then what runs ends within drain_timeout and the rest is handed back.
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
  runtime::Task<void> free_unknown();
  void note_doubts();
  void look_anew();
  runtime::Task<void> hear();

  // Running.
  runtime::Task<void> work();
  runtime::Task<void> run_lane(Held first);
  runtime::Task<void> run_waiting(Held first);
  static Delay pause_without_place(const HeldJob& held);
  runtime::Task<void> run_or_hand_back(Held held);
  runtime::Task<void> attempt(Held held);
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
  Doorbell& bell_;
  telemetry::Log& log_;
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
  runtime::Event rung_;

  // Claims and acknowledgements go one at a time: what a claim has seen is still so when its jobs
  // are entered into the lanes.
  bool exchanging_ = false;
  runtime::WaitQueue exchange_;
  Cursor cursor_;
  bool start_over_ = false;             // with a new cursor
  bool unsure_ = false;                 // what is claimed may be more than what is held
  std::optional<Time> unsure_at_;       // from then on
  std::uint64_t listener_changes_ = 0;  // seen so far
  Time look_for_due_at_{};
  bool busy_ = false;  // the last claim that found any found many

  runtime::Channel<Held> channel_;
  Lanes lanes_;
  runtime::WaitQueue lane_moved_;
  std::set<runtime::Context*> running_;

  std::deque<Settled> settled_;  // never more than are held
  runtime::Event settled_some_;
  bool settling_fails_ = false;
  std::map<const Handler*, std::size_t> waiting_;  // jobs of handlers that wait
  bool work_ended_ = false;

  runtime::Scope claiming_;
  runtime::Scope scope_;
  runtime::Scope working_;
  runtime::Scope settling_;
};

}  // namespace souk::jobs
