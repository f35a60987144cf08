#include "checkout/checkout.h"

#include <fmt/format.h>

#include "checkout/rules.h"
#include "inventory/reservation_store.h"
#include "orders/store.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

Checkout::Checkout(runtime::Loop& loop, postgres::Pool& pool, OrderQueue& queue,
                   telemetry::Registry& registry, UuidGenerator& ids)
    : loop_(loop), pool_(pool), queue_(queue), ids_(ids), metrics_(registry) {}

Task<PlaceOutcome> Checkout::place(Context& context, PlaceOrder request) {
  if (auto valid = rules::check(request); !valid) co_return Refused{std::move(valid.error())};
  PendingOrder order(loop_, std::move(request));
  if (order.request.idempotency_key) {
    order.key = {*order.request.idempotency_key, hash_of_request(rules::canonical(order.request))};
  }
  order.lines = rules::joined(order.request.lines);
  if (order.request.reservation) {
    if (auto taken = co_await take_reservation(context, order); !taken) {
      co_return Refused{std::move(taken.error())};
    }
  }
  for (const auto& line : order.lines) order.products.push_back(line.product_id);
  for (int tries = 1;; ++tries) {
    order.id = OrderId{ids_.next()};
    co_await queue_.decide(context, order, metrics_);
    if (!std::holds_alternative<KeyTaken>(order.decision)) break;
    if (auto first = co_await replay(context, order)) {
      count(*first);
      co_return *std::move(first);
    }
    if (tries == kMaxKeyTries) throw Unavailable("the idempotency key is in dispute");
  }
  auto outcome = co_await outcome_of(order);
  count(outcome);
  co_return outcome;
}

// A reservation only shrinks: the transaction that closes it takes what is left.
Task<Result<>> Checkout::take_reservation(Context& context, PendingOrder& order) {
  auto found =
      co_await inventory::reservation_store::find(pool_, context, *order.request.reservation);
  if (!found || found->user_id != order.request.buyer) {
    co_return fail(ErrorCode::kNotFound, "there is no such reservation");
  }
  order.lines = lines_left(*found);
  co_return Result<>{};
}

Task<PlaceOutcome> Checkout::outcome_of(PendingOrder& order) {
  if (const auto* const failed = std::get_if<Failed>(&order.decision)) {
    metrics_.failed.increment();
    std::rethrow_exception(failed->reason);
  }
  if (std::holds_alternative<Written>(order.decision)) co_return co_await read_back(order.id);
  if (auto* const placed = std::get_if<Placed>(&order.decision)) co_return std::move(*placed);
  if (auto* const lacks = std::get_if<OutOfStock>(&order.decision)) co_return std::move(*lacks);
  co_return std::get<Refused>(std::move(order.decision));
}

// The order is committed: it must be returned even after the request's own deadline.
Task<PlaceOutcome> Checkout::read_back(OrderId id) {
  Context context{.deadline = std::chrono::steady_clock::now() + kReadBackBound};
  try {
    co_return Placed{.order = (co_await orders::store::find(pool_, context, id)).value()};
  } catch (const Failure& error) {
    throw OutcomeUnknown(fmt::format("the order is written, but cannot be read: {}", error.what()));
  }
}

Task<std::optional<PlaceOutcome>> Checkout::replay(Context& context, const PendingOrder& order) {
  const auto claim =
      co_await orders::store::find_claim(pool_, context, order.request.buyer, order.key->key);
  if (!claim) co_return std::nullopt;
  if (claim->request_hash != order.key->request_hash) {
    co_return Refused{rules::key_reused("order")};
  }
  auto first = co_await orders::store::find(pool_, context, claim->order_id);
  if (!first) co_return std::nullopt;
  co_return Placed{.order = *std::move(first), .replayed = true};
}

void Checkout::count(const PlaceOutcome& outcome) {
  if (const auto* const refused = std::get_if<Refused>(&outcome)) {
    count(refused->error.code);
  } else if (const auto* const placed = std::get_if<Placed>(&outcome)) {
    (placed->replayed ? metrics_.replayed : metrics_.placed).increment();
  } else {
    metrics_.out_of_stock.increment();
  }
}

void Checkout::count(ErrorCode refusal) {
  if (refusal == ErrorCode::kOverloaded) return;  // counted by the queue
  if (refusal == ErrorCode::kLimitReached) return metrics_.limited_user.increment();
  if (refusal == ErrorCode::kTooManyRequests) return metrics_.limited_network.increment();
  metrics_.refused.increment();
}

}  // namespace souk::checkout
