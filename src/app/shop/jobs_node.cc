#include "app/shop/jobs_node.h"

#include "app/shop/housekeeping.h"
#include "app/shop/order_handlers.h"
#include "jobs/periodic.h"
#include "jobs/runner.h"
#include "runtime/scope.h"

namespace souk::app {
namespace {

using runtime::Task;

constexpr std::size_t kHandlerConnections = 4;

postgres::PoolConfig handlers_pool(postgres::PoolConfig config) {
  config.application_name = "souk handlers";
  // A row left locked by a forgotten transaction must not block the other jobs.
  config.session.push_back({"lock_timeout", "'2s'"});
  config.min_connections = 1;
  config.max_connections = kHandlerConnections;
  config.worker = 0;
  config.workers = 1;
  return config;
}

// Retries while the database is unreachable.
Task<void> start(postgres::Pool& pool, telemetry::Log& log) {
  try {
    co_await pool.start();
  } catch (const Unavailable& error) {
    log.warning("database_unavailable", {{"pool", "handlers"}, {"reason", error.what()}});
  }
}

}  // namespace

JobsNode::JobsNode(const Settings& settings, const FollowedClock& clock,
                   telemetry::Registry& registry, telemetry::Log& log, telemetry::Traces& traces)
    : settings_(settings),
      clock_(clock),
      registry_(registry),
      log_(log),
      traces_(traces),
      templates_(mail::Templates::load(settings.mail.templates).value()),
      worker_(
          settings.serve.read_only ? 0 : 1,
          [this](runtime::Worker& worker) { return work(worker); }, "jobs") {}

void JobsNode::stop() {
  worker_.stop();
  worker_.join();
}

Task<void> JobsNode::work(runtime::Worker& worker) {
  auto& loop = worker.loop;
  postgres::Pool pool(loop, registry_, handlers_pool(settings_.database));
  OrderHandlers orders(loop, pool, notifier_, settings_, {clock_, registry_, log_, templates_});
  Housekeeping housekeeping(
      pool, clock_,
      {settings_.jobs.key_retention, settings_.jobs.history_retention,
       settings_.accounts.audit_retention, settings_.webhooks.delivery_retention},
      registry_);
  ReservationExpiry expiry(pool);
  SystemRandom random;
  UuidGenerator ids(clock_, random);
  checkout::UnpaidOrders unpaid(pool, notifier_, registry_, clock_, ids, settings_.checkout.unpaid);
  UnpaidOrderExpiry unpaid_expiry(unpaid, clock_, registry_);
  const std::vector<jobs::Periodic> periodic = {
      {"housekeeping", settings_.jobs.housekeeping_interval, &housekeeping},
      {"reservation_expiry", settings_.checkout.expiry_interval, &expiry},
      {"unpaid_order_expiry", settings_.checkout.expiry_interval, &unpaid_expiry}};

  jobs::Runner runner(loop, settings_.jobs.config, settings_.database, orders.by_kind(), notifier_,
                      {registry_, log_, &traces_});
  jobs::PeriodicRunner periodic_runner(loop, pool, periodic, registry_, log_);
  runtime::Scope scope(loop);
  scope.spawn(start(pool, log_));
  scope.spawn(runner.run());
  scope.spawn(periodic_runner.run());
  co_await worker.stopping.wait();
  orders.drain();
  runner.stop();
  periodic_runner.stop();
  if (!co_await scope.join(settings_.jobs.config.drain_timeout)) {
    log_.warning("periodic_jobs_not_drained");
  }
  co_await pool.close();
  co_await scope.join();
  co_await orders.close();
}

}  // namespace souk::app
