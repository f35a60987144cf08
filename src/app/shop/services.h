// A worker's services: the cache, the domain modules and the flows across them.
//
// Threading: the worker's loop. Ownership: borrows node, worker and connections, which outlive it.
// close() before the connections close.
#pragma once

#include <vector>

#include "accounts/accounts.h"
#include "accounts/requests.h"
#include "api/api.h"
#include "app/shop/connections.h"
#include "app/shop/node.h"
#include "payments/manual_provider.h"
#include "payments/sandbox_provider.h"

namespace souk::app {

class Services {
 public:
  Services(Node& node, runtime::Worker& worker, Connections& connections, Random& random);

  api::Services for_api();

  const cache::HybridCache& cache() const { return cache_; }
  // Fills the cache once the database is usable. Runs on one worker of each node.
  runtime::Task<void> warm_up(runtime::Worker& worker, runtime::Event& usable);
  // Resumes payments left unfinished by a crash or a lost answer, until the worker stops. Runs on
  // one worker of each node.
  runtime::Task<void> resume_payments(runtime::Worker& worker);
  // Notes which sessions were used, until the worker stops. Runs on each worker.
  runtime::Task<void> note_session_uses(runtime::Worker& worker);
  // Writes failed sign-ins into the audit log every minute, until the worker stops. Runs on one
  // worker of each node.
  runtime::Task<void> record_failed_sign_ins(runtime::Worker& worker);
  // Stores the sums of ended visits every minute, until the worker stops. Runs on one worker of
  // each node.
  runtime::Task<void> store_visits(runtime::Worker& worker);
  // Ends background work: loads of the cache.
  runtime::Task<void> close();

 private:
  runtime::Task<void> resume_payments();
  runtime::Task<void> note_session_uses();
  runtime::Task<void> record_failed_sign_ins();
  runtime::Task<void> record_last_failed_sign_ins();
  runtime::Task<void> store_visits(statistics::Visits::Which which);
  runtime::Task<void> store_last_visits();
  checkout::AfterCommit after_commit() { return {inventory_, node_.jobs.notifier(), node_.log}; }
  std::vector<payments::Provider*> providers();
  accounts::RequestsConfig requests_config() const;

  Node& node_;
  postgres::Pool& pool_;
  UuidGenerator ids_;
  cache::HybridCache cache_;
  cache::Inspector inspector_;
  catalog::Searches searches_;
  catalog::Catalog catalog_;
  inventory::Inventory inventory_;
  checkout::Reservations reservations_;
  orders::Orders orders_;
  accounts::SharedFailures shared_failures_;
  accounts::Accounts accounts_;
  accounts::Requests account_requests_;
  checkout::Checkout checkout_;
  payments::Metrics payment_metrics_;
  payments::ManualProvider manual_;
  payments::SandboxProvider sandbox_;
  checkout::PaymentFlow payments_;
  checkout::PaymentReceipts receipts_;
  checkout::OrderFlow order_flow_;
  jobs::Inspector jobs_;
  webhooks::Webhooks webhooks_;
  reports::Reports reports_;
  bulk::Writer bulk_;
  inventory::Ledger ledger_;
  catalog::Managed managed_;
  vitals::Vitals vitals_;
};

}  // namespace souk::app
