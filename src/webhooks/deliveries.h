// The handler of `webhook.deliver` jobs: delivers one event to one endpoint. 2xx is delivered, 410
// disables the endpoint, anything else is retried with the jobs' back-off.
//
// Threading: loop thread only. Ownership: borrows all it is made with, which outlives it; close()
// before it is destroyed.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "jobs/config.h"
#include "jobs/handler.h"
#include "postgres/pool.h"
#include "runtime/wait_queue.h"
#include "telemetry/log.h"
#include "webhooks/circuit.h"
#include "webhooks/metrics.h"
#include "webhooks/sender.h"
#include "webhooks/store.h"

namespace souk::webhooks {

class Deliveries final : public jobs::Handler, private runtime::TimerWheel::Timer {
 public:
  // How much later than its pause a delivery comes again, and how often that is looked at.
  static constexpr std::chrono::seconds kMostLate{5};
  static constexpr std::chrono::seconds kLook{1};

  struct Environment {
    const Clock& clock;
    Random& random;
    telemetry::Registry& registry;
    telemetry::Log& log;
    jobs::JobsConfig jobs;  // their attempts and pauses
  };

  // Names are looked up on `threads`.
  Deliveries(runtime::Loop& loop, runtime::Offload& threads, postgres::Pool& pool, Config config,
             Environment environment);

  runtime::Task<void> run(runtime::Context& context, const jobs::Job& job) override;
  bool waits() const override { return true; }
  // REQUIRES: run() is not active and not called again.
  runtime::Task<void> close() {
    cancel();
    return resolver_.close();
  }

 private:
  // This node's state of an endpoint.
  struct Peer {
    Peer(runtime::Loop& loop, const Config& config, Random& random)
        : circuit(config, random), turn(loop) {}
    Circuit circuit;
    std::size_t under_way = 0;
    runtime::WaitQueue turn;
    // Until then a delivery that was put off comes again, on this node or another.
    std::chrono::steady_clock::time_point expected_until;
  };
  class Turn;

  std::shared_ptr<Peer> peer_of(EndpointId id);
  // Throws Postponed when the circuit is open, or too many deliveries are waiting.
  runtime::Task<Circuit::Pass> wait_for_turn(const runtime::Context& context, Peer& peer);
  std::string trace_of_call(const runtime::Context& context, OpenSpan& span);
  // Throws Postponed when too many name look-ups are running.
  runtime::Task<Result<int>> send(const runtime::Context& context, const store::Receiver& receiver,
                                  const Uuid& event_id, std::string_view body);
  // Notes what became of an attempt, for administrators.
  runtime::Task<void> note(runtime::Context& context, Delivery delivery);
  // Records the outcome; throws the job's failure.
  runtime::Task<void> judge(runtime::Context& context, const Endpoint& endpoint,
                            Result<int> answer);
  runtime::Task<void> record_failure(runtime::Context& context, const Endpoint& endpoint);
  static void expect(Peer& peer, std::chrono::milliseconds pause);
  // An open circuit counts while a delivery is under way or expected: only a delivery closes it,
  // and none may ever come, when all are dead letters or the endpoint was deleted.
  void update_circuit_metrics();
  void on_timer() override { update_circuit_metrics(); }

  runtime::Loop& loop_;
  postgres::Pool& pool_;
  const Config config_;
  const Environment environment_;
  Metrics metrics_;
  Resolver resolver_;
  Sender sender_;
  std::unordered_map<EndpointId, std::shared_ptr<Peer>> peers_;  // endpoints used by this node
};

}  // namespace souk::webhooks
