// Handlers of orders' events, of the jobs fanned out from them (statistics, confirmation,
// webhooks), and of the mail about accounts. Threading: the loop of the node's jobs. Ownership:
// borrows its arguments, which outlive it; close() before it is destroyed.
#pragma once

#include "accounts/request_mail.h"
#include "app/settings.h"
#include "app/shop/offload_metrics.h"
#include "base/random.h"
#include "confirmation/confirmation.h"
#include "jobs/fan_out.h"
#include "mail/mailer.h"
#include "orders/placed_events.h"
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
    const mail::Templates& templates;
  };

  OrderHandlers(runtime::Loop& loop, postgres::Pool& pool, jobs::Notifier& notifier,
                const Settings& settings, Environment environment);

  jobs::Handlers by_kind();
  // Writes waiting batches at once, so that their jobs end.
  void drain();
  // REQUIRES: no handler is running.
  runtime::Task<void> close();

 private:
  std::vector<jobs::Consumer*> consumers(bool confirms);

  SystemRandom random_;
  UuidGenerator ids_;
  runtime::Offload mail_threads_;
  OffloadMetrics mail_metrics_;
  runtime::Offload names_;
  OffloadMetrics names_metrics_;
  statistics::Statistics statistics_;
  mail::Mailer mailer_;
  confirmation::Confirmations confirmations_;
  accounts::RequestMail request_mail_;
  webhooks::Deliveries deliveries_;
  statistics::Counting counted_;
  jobs::EachEvent confirmed_;
  webhooks::Subscriptions subscriptions_;
  orders::PlacedEvents placed_events_;
  jobs::FanOut fan_out_;
};

}  // namespace souk::app
