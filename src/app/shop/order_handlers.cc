#include "app/shop/order_handlers.h"

#include "orders/events.h"

namespace souk::app {
namespace {

constexpr std::size_t kMaxMailWaiting = 256;
// Concurrent and waiting name look-ups of webhooks; more are postponed.
constexpr std::size_t kNameThreads = 4;
constexpr std::size_t kMaxNamesWaiting = 32;

}  // namespace

OrderHandlers::OrderHandlers(runtime::Loop& loop, postgres::Pool& pool, jobs::Notifier& notifier,
                             const Settings& settings, Environment environment)
    : ids_(environment.clock, random_),
      mail_threads_(settings.mail.connections, kMaxMailWaiting),
      mail_metrics_(environment.registry, "mail", mail_threads_),
      names_(kNameThreads, kMaxNamesWaiting),
      names_metrics_(environment.registry, "names", names_),
      statistics_(loop, pool, environment.clock, environment.registry, settings.statistics),
      mailer_(loop, mail_threads_, environment.registry, environment.log, settings.mail),
      confirmations_(mailer_, pool, environment.registry, environment.log, settings.confirmation),
      request_mail_(mailer_, environment.templates, pool, environment.registry,
                    settings.accounts.requests),
      deliveries_(loop, names_, pool, settings.webhooks,
                  {environment.clock, random_, environment.registry, environment.log,
                   settings.jobs.config}),
      confirmed_(confirmation::consumer()),
      subscriptions_(pool),
      placed_events_(pool),
      fan_out_(loop, pool, ids_, notifier, environment.registry, consumers(settings.mail.is_on()),
               placed_events_) {}

// Avoids jobs without effect, which would cost rows for every order.
std::vector<jobs::Consumer*> OrderHandlers::consumers(bool confirms) {
  std::vector<jobs::Consumer*> all = {&counted_, &subscriptions_};
  if (confirms) all.push_back(&confirmed_);
  return all;
}

jobs::Handlers OrderHandlers::by_kind() {
  jobs::Handlers handlers = {{statistics::kJobKind, &statistics_},
                             {statistics::kOrdersKind, &statistics_},
                             {confirmation::kJobKind, &confirmations_},
                             {webhooks::kJobKind, &deliveries_},
                             {accounts::kRequestMailKind, &request_mail_},
                             {jobs::kNamedEvents, &fan_out_},
                             {jobs::kFirstEvents, &fan_out_}};
  for (const auto kind : orders::kEventKinds) handlers[kind] = &fan_out_;
  return handlers;
}

void OrderHandlers::drain() {
  fan_out_.drain();
  statistics_.drain();
}

runtime::Task<void> OrderHandlers::close() {
  co_await fan_out_.close();
  co_await statistics_.close();
  co_await deliveries_.close();
}

}  // namespace souk::app
