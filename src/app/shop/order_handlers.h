// What follows from an order: the handlers of its events, and of the jobs that those are handed on
// as (statistics, confirmation, webhooks).
// Threading: the loop of the node's jobs. Ownership: borrows all it is made with, which outlives
// it; close() before it is destroyed.
#pragma once

#include "app/settings.h"
#include "app/shop/offload_metrics.h"
#include "base/random.h"
#include "confirmation/confirmation.h"
#include "jobs/fan_out.h"
#include "statistics/statistics.h"
#include "webhooks/deliveries.h"
#include "webhooks/webhooks.h"

namespace souk::app {

class OrderHandlers {
 public:
  struct Environment {
    const Clock& clock;
    telemetry::Registry& registry;
    telemetry::Log& log;
  };

  OrderHandlers(runtime::Loop& loop, postgres::Pool& pool, jobs::Notifier& notifier,
                const Settings& settings, Environment environment);

  jobs::Handlers by_kind();
  // What waits to be written with others is written at once, so that its jobs end.
  void drain();
  // REQUIRES: no handler runs any more.
  runtime::Task<void> close();

 private:
  std::vector<jobs::Consumer*> consumers(bool confirms);

  SystemRandom random_;
  UuidGenerator ids_;
  runtime::Offload disk_;
  OffloadMetrics disk_metrics_;
  runtime::Offload names_;
  OffloadMetrics names_metrics_;
  statistics::Statistics statistics_;
  confirmation::Confirmations confirmations_;
  webhooks::Deliveries deliveries_;
  jobs::EventsTogether counted_;
  jobs::EachEvent confirmed_;
  webhooks::Subscriptions subscriptions_;
  jobs::FanOut fan_out_;
};

}  // namespace souk::app
