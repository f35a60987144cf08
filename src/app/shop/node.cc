#include "app/shop/node.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace souk::app {
namespace {

// argon2id takes 19 MiB and some 20 ms of a core per hash: a few threads, and a bounded queue.
constexpr std::size_t kMaxHashingThreads = 16;
constexpr std::size_t kMaxHashingWaiting = 1'024;
constexpr std::size_t kMaxHashingOfNetwork = 16;

std::size_t hashing_threads(const Settings& settings) {
  if (settings.accounts.hashing_threads > 0) return settings.accounts.hashing_threads;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMaxHashingThreads);
}

// "host:port".
std::string node_name(std::uint16_t port) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("{}:{}", host.data(), port);
}

}  // namespace

std::size_t worker_count(const Settings& settings) {
  if (settings.runtime.workers > 0) return settings.runtime.workers;
  return std::max(1u, std::thread::hardware_concurrency());
}

Node::Node(const Settings& s, const Clock& c, telemetry::Registry& r, telemetry::Log& l,
           redis::Url url, Listeners bound, std::unique_ptr<runtime::TlsServer> tls_server)
    : settings(s),
      clock(c),
      registry(r),
      log(l),
      redis_url(std::move(url)),
      listeners(std::move(bound)),
      tls(std::move(tls_server)),
      workers(listeners.shop.size()),
      shop_server(app::shop_server(s, listeners.tls.empty() ? 0 : listeners.tls.front().port())),
      operator_server(app::operator_server(s, listeners.shop.front().port())),
      limits(s.http),
      operator_limits(operator_server),
      hashing(hashing_threads(s), kMaxHashingWaiting, kMaxHashingOfNetwork),
      hashing_metrics(r, "hashing", hashing),
      sign_in_guard(s.accounts.sign_in, r, l),
      export_slots(s.reports.max_exports),
      database_clock(c),
      visits(database_clock, r),
      database(s.serve.read_only, database_clock, r, l),
      traces(s, node_name(listeners.shop.front().port()), r, l),
      cache(s, database_clock, r, l),
      warm_up(s, r, l),
      order_queue(r, s.checkout.queue),
      jobs(s, database_clock, r, l, traces.traces()),
      dashboard(s, node_name(listeners.shop.front().port()), database_clock, r, l, traces.traces()),
      process_metrics(r, s.cost.core_hour_price) {}

}  // namespace souk::app
