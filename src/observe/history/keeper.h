// Keeps a node's history going: samples once a second, exchanges rows with the other nodes through
// the database, and stores complete minutes there, so that a node that starts continues where the
// shop was. While the database is away each node shows itself; what it could not store, up to an
// hour, is stored afterwards.
//
// Threading: one loop. Ownership: borrows all it is made with, which outlives it; run() ends before
// it is destroyed.
#pragma once

#include <functional>

#include "base/clock.h"
#include "observe/history/history.h"
#include "observe/metrics.h"
#include "postgres/pool.h"
#include "runtime/loop.h"
#include "runtime/wait_queue.h"
#include "telemetry/log.h"

namespace souk::observe {

class Keeper {
 public:
  static constexpr std::chrono::seconds kInterval{1};
  static constexpr std::chrono::seconds kTimeout{5};      // of an exchange
  static constexpr std::chrono::seconds kLastTimeout{2};  // of storing, when the node stops
  static constexpr int kExchangesPerForget = 60;

  struct Environment {
    runtime::Loop& loop;
    const Clock& clock;  // the database's, so that the nodes' seconds are the same
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  // `pool` is null where nothing may be written: this node then shows itself. `on_tick` is called
  // after each sample.
  Keeper(History& history, postgres::Pool* pool, std::function<void()> on_tick,
         Environment environment);

  // Until the event is set.
  runtime::Task<void> run(runtime::Event& stopping);

 private:
  runtime::Task<void> tick(runtime::Event& stopping);
  runtime::Task<void> exchange(runtime::Event& stopping);
  runtime::Task<void> exchange_once();
  runtime::Task<void> restore(runtime::Context& context);
  runtime::Task<void> keep(runtime::Context& context, bool unfinished);

  History& history_;
  postgres::Pool* const pool_;
  const std::function<void()> on_tick_;
  runtime::Loop& loop_;
  const Clock& clock_;
  telemetry::Registry& registry_;
  telemetry::Log& log_;
  telemetry::Counter& sent_bytes_;
  telemetry::Counter& damaged_;
  bool restored_ = false;
  int exchanges_ = 0;
};

}  // namespace souk::observe
