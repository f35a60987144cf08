#include "confirmation/confirmation.h"

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
  using enum orders::Status;
  std::vector<std::string> kinds;
  for (const auto status : {kPending, kPartiallyShipped, kShipped, kRefunded}) {
    kinds.emplace_back(orders::event_kind(status));
  }
  kinds.emplace_back(orders::kPartiallyRefunded);
  return {std::string(kJobKind), std::move(kinds)};
}

Confirmations::Confirmations(mail::Mailer& mailer, postgres::Pool& pool,
                             telemetry::Registry& registry, telemetry::Log& log, Config config)
    : mailer_(mailer), pool_(pool), log_(log), config_(config), metrics_(registry) {}

Task<void> Confirmations::run(Context& context, const jobs::Job& job) {
  if (!mailer_.is_on()) {
    metrics_.off.increment();
    co_return;
  }
  const auto event = jobs::read_event(job.payload);
  const auto order = orders::read_event_payload(event.data);
  if (!order) throw jobs::Rejected(order.error().detail);
  const auto details = orders::read_event_details(event.data);
  if (!details) throw jobs::Rejected(details.error().detail);
  // An event of before it had details: there is nothing to say.
  if (!details->shipment && !details->returned && order->status != orders::Status::kPending) {
    co_return;
  }
  const auto buyer = co_await accounts::store::find_user(pool_, context, order->user_id);
  if (!buyer || !mail::is_plain_address(buyer->email)) {
    metrics_.no_recipient.increment();
    co_return;
  }
  if (co_await is_over_limit(context, *order)) {
    metrics_.over_limit.increment();
    co_return;
  }
  co_await send(context, message_of({event, *order, *details}, *buyer));
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

Task<void> Confirmations::send(const Context& context, const mail::Message& message) {
  using Kind = mail::Outcome::Kind;
  const auto outcome = co_await mailer_.send(context, message);
  switch (outcome.kind) {
    case Kind::kDelivered:
      metrics_.delivered.increment();
      co_return;
    case Kind::kRefused:
      metrics_.refused.increment();
      throw jobs::Rejected(outcome.reason);
    case Kind::kUnavailable:
      throw jobs::Postponed(outcome.reason, mailer_.pause());
    case Kind::kFailed:
      metrics_.failed.increment();
      throw std::runtime_error(outcome.reason);
  }
}

}  // namespace souk::confirmation
