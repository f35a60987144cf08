#include "app/shop/dashboard_node.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/reference.h"
#include "base/random.h"
#include "observe/history/keeper.h"
#include "runtime/scope.h"

namespace souk::app {
namespace {

using runtime::Task;

constexpr std::size_t kRenderingThreads = 1;
constexpr std::size_t kMaxRenderingsWaiting = 64;

postgres::PoolConfig history_pool(postgres::PoolConfig config) {
  config.application_name = "souk history";
  config.session.push_back({"lock_timeout", "'2s'"});
  config.min_connections = 1;
  config.max_connections = 2;
  config.worker = 0;
  config.workers = 1;
  return config;
}

observe::NodeStart this_node(std::string name, const Clock& clock) {
  SystemRandom random;
  UuidGenerator ids(clock, random);
  return {ids.next(), std::move(name), SOUK_VERSION, clock.now()};
}

std::optional<Currency> currency_of(const CostSettings& cost) {
  return cost.core_hour_price ? std::optional(cost.core_hour_price->currency) : std::nullopt;
}

// Retries while the database is unreachable.
Task<void> start(postgres::Pool& pool, telemetry::Log& log) {
  try {
    co_await pool.start();
  } catch (const Unavailable& error) {
    log.warning("database_unavailable", {{"pool", "history"}, {"reason", error.what()}});
  }
}

std::string event(std::string_view name, std::string_view data) {
  return fmt::format("event: {}\ndata: {}\n\n", name, data);
}

}  // namespace

DashboardNode::DashboardNode(const Settings& settings, std::string name, const FollowedClock& clock,
                             telemetry::Registry& registry, telemetry::Log& log,
                             const telemetry::Traces& traces)
    : settings_(settings),
      clock_(clock),
      registry_(registry),
      log_(log),
      traces_(traces),
      budgets_(builtin_budgets().value()),
      history_(budgets_, registry, this_node(std::move(name), clock), currency_of(settings.cost)),
      live_(registry),
      rendering_(kRenderingThreads, kMaxRenderingsWaiting),
      rendering_metrics_(registry, "rendering", rendering_),
      worker_(1, [this](runtime::Worker& worker) { return work(worker); }, "history") {}

void DashboardNode::stop() {
  worker_.stop();
  worker_.join();
}

Task<void> DashboardNode::work(runtime::Worker& worker) {
  // A standby cannot store: a node with read_only shows itself.
  const bool stores = !settings_.serve.read_only;
  postgres::Pool pool(worker.loop, registry_, history_pool(settings_.database));
  observe::Keeper keeper(history_, stores ? &pool : nullptr, [this] { publish(); },
                         {worker.loop, clock_, registry_, log_});
  runtime::Scope scope(worker.loop);
  if (stores) scope.spawn(start(pool, log_));
  co_await keeper.run(worker.stopping);
  co_await pool.close();
  co_await scope.join();
}

void DashboardNode::publish() {
  std::string text;
  if (const auto points = history_.new_points(); !points.empty()) {
    text = event("points", fmt::format("[{}]", fmt::join(points, ",")));
  }
  if (ticks_++ % observe::kStateEvery == 0) {
    state_ = event("state", history_.state());
    text += state_;
  }
  live_.publish(std::move(text), state_);
}

}  // namespace souk::app
