#include "confirmation/confirmation.h"

#include <fmt/format.h>

#include <array>
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

std::span<const telemetry::MetricSpec* const> metric_specs() {
  static constexpr std::array<const telemetry::MetricSpec*, 1> kAll = {&kMessages};
  return kAll;
}

Confirmations::Confirmations(runtime::Loop& loop, runtime::Offload& offload, postgres::Pool& pool,
                             telemetry::Registry& registry, telemetry::Log& log, Config config)
    : loop_(loop),
      offload_(offload),
      pool_(pool),
      log_(log),
      config_(std::move(config)),
      maildir_(config_.maildir),
      delivered_(registry.counter(kMessages, {"delivered"})),
      off_(registry.counter(kMessages, {"off"})),
      no_recipient_(registry.counter(kMessages, {"no_recipient"})),
      over_limit_(registry.counter(kMessages, {"over_limit"})),
      failed_(registry.counter(kMessages, {"failed"})) {}

Task<void> Confirmations::run(Context& context, const jobs::Job& job) {
  if (config_.maildir.empty()) {
    off_.increment();
    co_return;
  }
  const auto event = jobs::read_event(job.payload);
  const auto order = orders::read_event_payload(event.data);
  if (!order) throw jobs::Rejected(order.error().detail);
  const auto buyer = co_await accounts::store::find_user(pool_, context, order->user_id);
  if (!buyer || !is_plain_address(buyer->email)) {
    no_recipient_.increment();
    co_return;
  }
  if (co_await is_over_limit(context, *order)) {
    over_limit_.increment();
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
  if (std::cmp_equal(place, config_.max_per_day + 1)) {  // the first of the day; a line for all
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
    delivered_.increment();
    co_return;
  }
  failed_.increment();
  throw std::runtime_error(failure);
}

}  // namespace souk::confirmation
