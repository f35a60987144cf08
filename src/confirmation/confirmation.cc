#include "confirmation/confirmation.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "accounts/store.h"
#include "confirmation/message.h"
#include "orders/events.h"
#include "orders/store.h"

namespace souk::confirmation {

using runtime::Context;
using runtime::Task;

jobs::EachEvent consumer() {
  return {std::string(kJobKind), {std::string(orders::event_kind(orders::Status::kPending))}};
}

Confirmations::Confirmations(runtime::Loop& loop, runtime::Offload& offload, postgres::Pool& pool,
                             telemetry::Registry& registry, telemetry::Log& log, Config config)
    : loop_(loop),
      offload_(offload),
      pool_(pool),
      log_(log),
      config_(std::move(config)),
      maildir_(config_.maildir),
      metrics_(registry) {}

Task<void> Confirmations::run(Context& context, const jobs::Job& job) {
  if (config_.maildir.empty()) {
    metrics_.off.increment();
    co_return;
  }
  const auto event = jobs::read_event(job.payload);
  const auto order = orders::read_event_payload(event.data);
  if (!order) throw jobs::Rejected(order.error().detail);
  const auto buyer = co_await accounts::store::find_user(pool_, context, order->user_id);
  if (!buyer || !is_plain_address(buyer->email)) {
    metrics_.no_recipient.increment();
    co_return;
  }
  if (co_await is_over_limit(context, *order)) {
    metrics_.over_limit.increment();
    co_return;
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(event.created_at);
  co_await deliver(
      fmt::format("{}.{}.souk", seconds.time_since_epoch().count(), event.id.to_string()),
      compose(event, *order, config_.from, buyer->email, buyer->name));
}

Task<bool> Confirmations::is_over_limit(Context& context, const orders::Order& order) {
  if (config_.max_per_day == 0) co_return false;
  const auto place = co_await orders::store::place_in_day(pool_, context, order.id);
  if (std::cmp_equal(place, config_.max_per_day + 1)) {  // log once a day
    log_.warning("confirmations_over_limit", {{"userId", order.user_id.value.to_string()},
                                              {"orderId", order.id.value.to_string()},
                                              {"limit", config_.max_per_day}});
  }
  co_return std::cmp_greater(place, config_.max_per_day);
}

Task<void> Confirmations::deliver(std::string name, std::string message) {
  const auto done = co_await offload_.run(
      loop_, [this, &name, &message] { return maildir_.deliver(name, message); });
  const auto failure = !done ? done.error().detail : *done ? "" : done->error().detail;
  if (failure.empty()) {
    metrics_.delivered.increment();
    co_return;
  }
  metrics_.failed.increment();
  throw std::runtime_error(failure);
}

}  // namespace souk::confirmation
