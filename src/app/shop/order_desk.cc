#include "app/shop/order_desk.h"

namespace souk::app {

OrderDesk::OrderDesk(Node& node, runtime::Worker& worker, Connections& connections, Random& random)
    : node_(node),
      loop_(worker.loop),
      ids_(node.database_clock, random),
      cache_(node.cache.shared(), connections.redis_level(), worker.loop, node.registry, node.log,
             node.database_clock),
      inventory_(connections.pool(), cache_, inventory_caching(node.settings.cache)),
      metrics_(node.registry),
      writer_(worker.loop, connections.pool(), {inventory_, node.jobs.notifier(), node.log},
              node.database_clock, ids_, metrics_,
              {node.settings.checkout.open, node.settings.checkout.require_address}),
      scope_(worker.loop) {}

void OrderDesk::start() { scope_.spawn(node_.order_queue.serve(loop_, writer_, metrics_)); }

runtime::Task<void> OrderDesk::close() {
  node_.order_queue.stop();
  co_await scope_.join();
  co_await cache_.close();
}

}  // namespace souk::app
