// What writes the orders of all workers: the writer, and the cache that shows what is left of the
// stocks.
//
// Threading: the loop of the thread for orders. Ownership: borrows node, worker and connections,
// which outlive it. close() before the connections close.
#pragma once

#include "app/shop/connections.h"
#include "app/shop/node.h"
#include "checkout/order_writer.h"

namespace souk::app {

class OrderDesk {
 public:
  OrderDesk(Node& node, runtime::Worker& worker, Connections& connections, Random& random);

  void start();
  // Waits for the orders that are being written. REQUIRES: no new ones.
  runtime::Task<void> close();

 private:
  Node& node_;
  runtime::Loop& loop_;
  UuidGenerator ids_;
  cache::HybridCache cache_;
  inventory::Inventory inventory_;
  checkout::Metrics metrics_;
  checkout::OrderWriter writer_;
  runtime::Scope scope_;
};

}  // namespace souk::app
