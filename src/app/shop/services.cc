#include "app/shop/services.h"

#include <algorithm>

#include "orders/events.h"
#include "runtime/repeat.h"
#include "statistics/store.h"
#include "telemetry/failure_reporter.h"

namespace souk::app {

using runtime::Task;

namespace {

constexpr std::chrono::seconds kSessionUseInterval{2};
constexpr std::chrono::minutes kFailedSignInInterval{1};
constexpr std::chrono::minutes kVisitInterval{1};
constexpr std::chrono::seconds kLastRecordTimeout{1};

}  // namespace

Services::Services(Node& node, runtime::Worker& worker, Connections& connections, Random& random)
    : node_(node),
      pool_(connections.pool()),
      ids_(node.database_clock, random),
      cache_(node.cache.shared(), connections.redis_level(), worker.loop, node.registry, node.log,
             node.database_clock),
      inspector_(node.cache.shared(), cache_, connections.redis_level(), connections.pool()),
      searches_(connections.pool(), worker.loop, node.registry, node.settings.search, node.workers),
      catalog_(connections.pool(), cache_, searches_, ids_, catalog_caching(node.settings.cache)),
      inventory_(connections.pool(), cache_, inventory_caching(node.settings.cache)),
      reservations_(connections.pool(), inventory_, ids_, node.settings.checkout.holds),
      orders_(connections.pool()),
      shared_failures_(connections.redis(), node.cache.shared().redis_secret, node.registry),
      accounts_(connections.pool(), worker.loop,
                {node.hashing, node.sign_in_guard, shared_failures_}, node.database_clock, ids_,
                node.registry, node.settings.accounts.config),
      account_requests_(accounts_, connections.pool(), node.database_clock, ids_,
                        node.jobs.notifier(), requests_config()),
      checkout_(worker.loop, connections.pool(), node.order_queue, node.registry, ids_),
      payment_metrics_(node.registry),
      sandbox_(worker.loop, connections.pool(), node.database_clock, ids_,
               node.settings.payments.webhooks, node.settings.payments.sandbox_late),
      payments_(connections.pool(), after_commit(), payments::Providers(providers()),
                node.database_clock, ids_, {payment_metrics_, node.log},
                node.settings.payments.config),
      receipts_(connections.pool(), after_commit(), node.database_clock, ids_, payment_metrics_),
      order_flow_(connections.pool(), after_commit(), payments_, node.database_clock, ids_),
      jobs_(connections.pool(), node.jobs.notifier()),
      webhooks_(connections.pool(), node.jobs.notifier(), node.database_clock, ids_,
                node.settings.webhooks, orders::kEventKinds),
      reports_(connections.pool(), node.export_slots, node.registry, node.settings.reports),
      bulk_(connections.pool(), ids_, node.registry, {&catalog_, &inventory_}),
      ledger_(connections.pool(), inventory_, ids_),
      managed_(connections.pool()),
      vitals_(node.settings.vitals, node.registry) {}

accounts::RequestsConfig Services::requests_config() const {
  auto config = node_.settings.accounts.requests;
  config.can_mail = node_.settings.mail.is_on();
  return config;
}

std::vector<payments::Provider*> Services::providers() {
  const auto& settings = node_.settings.payments;
  std::vector<payments::Provider*> providers;
  if (settings.sandbox) providers.push_back(&sandbox_);
  if (settings.manual) providers.push_back(&manual_);
  if (settings.default_provider == manual_.name()) std::ranges::reverse(providers);
  return providers;
}

Task<void> Services::warm_up(runtime::Worker& worker, runtime::Event& usable) {
  co_await node_.warm_up.run({pool_, cache_, catalog_}, worker, usable);
}

api::Services Services::for_api() {
  return {cache_,        inspector_,  catalog_,  inventory_,
          reservations_, orders_,     accounts_, account_requests_,
          checkout_,     order_flow_, payments_, receipts_,
          jobs_,         webhooks_,   reports_,  bulk_,
          ledger_,       managed_,    vitals_,   pool_};
}

Task<void> Services::resume_payments(runtime::Worker& worker) {
  telemetry::FailureReporter failures(
      node_.log, node_.registry.cell(payments::kMetrics.resume_failures),
      {.failed = "payments_not_resumed", .resumed = "payments_resumed", .what = "look"});
  co_await runtime::repeat(worker.stopping, {.interval = node_.settings.payments.resume_interval},
                           failures, [this] { return resume_payments(); });
}

Task<void> Services::resume_payments() {
  runtime::Context context;
  co_await payments_.resume(context);
}

Task<void> Services::note_session_uses(runtime::Worker& worker) {
  telemetry::FailureReporter failures(
      node_.log, node_.registry.cell(accounts::kMetrics.sessions_not_noted),
      {.failed = "session_uses_not_noted", .resumed = "session_uses_noted", .what = "note"});
  co_await runtime::repeat(worker.stopping, {.interval = kSessionUseInterval}, failures,
                           [this] { return note_session_uses(); });
}

Task<void> Services::note_session_uses() {
  runtime::Context context;
  co_await accounts_.note_session_uses(context);
}

Task<void> Services::record_failed_sign_ins(runtime::Worker& worker) {
  telemetry::FailureReporter failures(
      node_.log, node_.registry.cell(accounts::kMetrics.failed_sign_ins_not_recorded),
      {.failed = "failed_sign_ins_not_recorded",
       .resumed = "failed_sign_ins_recorded",
       .what = "record"});
  co_await runtime::repeat(worker.stopping, {.interval = kFailedSignInInterval}, failures,
                           [this] { return record_failed_sign_ins(); });
}

Task<void> Services::record_failed_sign_ins() {
  runtime::Context context;
  co_await accounts_.record_failed_sign_ins(context);
}

Task<void> Services::record_last_failed_sign_ins() {
  try {
    runtime::Context context;
    context.deadline = std::chrono::steady_clock::now() + kLastRecordTimeout;
    co_await accounts_.record_failed_sign_ins(context);
  } catch (const Failure& error) {
    node_.log.warning("failed_sign_ins_not_recorded",
                      {{"what", "record"}, {"reason", error.what()}});
  }
}

Task<void> Services::store_visits(runtime::Worker& worker) {
  telemetry::FailureReporter failures(
      node_.log, node_.registry.cell(statistics::kMetrics.visits_not_stored),
      {.failed = "visits_not_stored", .resumed = "visits_stored", .what = "store"});
  co_await runtime::repeat(worker.stopping, {.interval = kVisitInterval}, failures,
                           [this] { return store_visits(statistics::Visits::Which::kEnded); });
}

// After a lost COMMIT nothing is put back: visits are lost rather than counted twice.
Task<void> Services::store_visits(statistics::Visits::Which which) {
  const auto sums = node_.visits.take(std::chrono::steady_clock::now(), which);
  if (sums.empty()) co_return;
  runtime::Context context;
  if (which == statistics::Visits::Which::kAll) {
    context.deadline = std::chrono::steady_clock::now() + kLastRecordTimeout;
  }
  try {
    co_await statistics::store::add_visits(pool_, context, sums);
  } catch (const Unavailable&) {
    node_.visits.put_back(sums);
    throw;
  }
}

// Those in progress, too: they end with the node.
Task<void> Services::store_last_visits() {
  try {
    co_await store_visits(statistics::Visits::Which::kAll);
  } catch (const Failure& error) {
    node_.log.warning("visits_not_stored", {{"what", "store"}, {"reason", error.what()}});
  }
}

Task<void> Services::close() {
  if (!node_.settings.serve.read_only) {
    co_await record_last_failed_sign_ins();
    co_await store_last_visits();
  }
  co_await cache_.close();
}

}  // namespace souk::app
