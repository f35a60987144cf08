#include "app/shop/shop.h"

#include "app/shop/front.h"
#include "app/shop/order_desk.h"
#include "telemetry/buffer_metrics.h"

namespace souk::app {

using runtime::Task;
using runtime::Worker;

std::size_t Shop::database_connections(const Settings& settings) {
  return Connections::most_to_database(settings);
}

Result<Listeners> Shop::bind(const Settings& settings) {
  return bind_listeners(settings, worker_count(settings));
}

Result<std::unique_ptr<Shop>> Shop::open(const Settings& settings, Listeners listeners,
                                         const Clock& clock, telemetry::Registry& registry,
                                         telemetry::Log& log) {
  redis::Url redis_url;
  if (!settings.redis.url.empty()) {
    auto parsed = redis::parse_url(settings.redis.url);
    if (!parsed) return std::unexpected(parsed.error());
    redis_url = *std::move(parsed);
  }
  if (auto texts = mail::Templates::load(settings.mail.templates); !texts) {
    return std::unexpected(std::move(texts.error()));
  }
  std::unique_ptr<runtime::TlsServer> tls;
  if (settings.tls.is_on()) {
    auto opened = runtime::TlsServer::open(settings.tls.server);
    if (!opened) return std::unexpected(std::move(opened.error()));
    tls = *std::move(opened);
  }
  std::shared_ptr<const http::h3::Credentials> http3;
  if (settings.http3.enabled) {
    auto loaded = http::h3::Credentials::load(settings.tls.server);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    http3 = *std::move(loaded);
  }
  auto listening = http::listen(listeners.shop, settings.http);
  if (listening && tls) listening = http::listen(listeners.tls, settings.http);
  if (listening) {
    listening =
        http::listen(listeners.operators, operator_server(settings, listeners.shop.front().port()));
  }
  if (!listening) return std::unexpected(std::move(listening.error()));
  auto node = std::make_unique<Node>(settings, clock, registry, log, std::move(redis_url),
                                     std::move(listeners), std::move(tls));
  if (http3) {
    node->http3 = std::make_unique<Http3>(settings, node->shop_server, node->limits, node->workers,
                                          node->listeners.http3.front().port(), std::move(http3));
  }
  return std::unique_ptr<Shop>(new Shop(std::move(node)));
}

Shop::Shop(std::unique_ptr<Node> node)
    : node_(std::move(node)),
      port_(node_->listeners.shop.front().port()),
      tls_port_(node_->tls ? node_->listeners.tls.front().port() : 0),
      orders_(
          1, [this](Worker& worker) { return run(&Shop::write_orders, "orders", worker); },
          "orders"),
      workers_(node_->workers,
               [this](Worker& worker) { return run(&Shop::serve, "worker", worker); }) {}

Shop::~Shop() = default;

void Shop::close() {
  workers_.stop();
  workers_.join();
  orders_.stop();
  orders_.join();
  node_->dashboard.stop();
  node_->jobs.stop();
  node_->cache.stop();
  node_->traces.stop();
}

Task<void> Shop::run(Main main, std::string_view thread, Worker& worker) {
  try {
    co_await (this->*main)(worker);
  } catch (const std::exception& error) {
    node_->log.error("worker_failed",
                     {{"thread", thread}, {"worker", worker.index}, {"reason", error.what()}});
    failed_ = true;
    throw;
  }
}

Task<void> Shop::serve(Worker& worker) {
  const BufferPool buffers(node_->settings.memory);
  const telemetry::BufferMetrics buffer_metrics(node_->registry, buffers);
  SystemRandom random;
  Connections connections(*node_, worker, random, Connections::Use::kRequests);
  Services services(*node_, worker, connections, random);
  Front front(*node_, worker, connections, services, random);

  // Clients are answered from the start, with 503 while the database is unreachable.
  runtime::Scope scope(worker.loop);
  runtime::Event usable(worker.loop);
  front.start(scope);
  connections.start(scope);
  if (!node_->settings.serve.read_only) scope.spawn(services.note_session_uses(worker));
  if (worker.index == 0) {
    scope.spawn(node_->database.run(connections.pool(), worker.stopping, usable));
    scope.spawn(services.warm_up(worker, usable));
    if (!node_->settings.serve.read_only) {
      scope.spawn(services.resume_payments(worker));
      scope.spawn(services.record_failed_sign_ins(worker));
      scope.spawn(services.store_visits(worker));
    }
  }
  co_await worker.stopping.wait();
  usable.set();
  co_await front.stop();
  co_await services.close();
  co_await connections.close();
  co_await scope.join();
}

Task<void> Shop::write_orders(Worker& worker) {
  SystemRandom random;
  Connections connections(*node_, worker, random, Connections::Use::kOrders);
  OrderDesk desk(*node_, worker, connections, random);
  runtime::Scope scope(worker.loop);
  connections.start(scope);
  desk.start();
  co_await worker.stopping.wait();
  co_await desk.close();
  co_await connections.close();
  co_await scope.join();
}

}  // namespace souk::app
