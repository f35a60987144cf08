#include "checkout/checkout.h"

#include <sodium/crypto_hash_sha256.h>

#include "accounts/store.h"
#include "catalog/store.h"
#include "checkout/rules.h"
#include "inventory/rules.h"
#include "inventory/store.h"
#include "orders/store.h"

namespace souk::checkout {

using runtime::Context;
using runtime::Task;

namespace {

orders::RequestHash hash_of(const PlaceOrder& request) {
  const auto text = rules::canonical(request);
  orders::RequestHash hash;
  ::crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size());
  return hash;
}

std::vector<ProductId> products_of(const std::vector<inventory::Line>& lines) {
  std::vector<ProductId> ids;
  ids.reserve(lines.size());
  for (const auto& line : lines) ids.push_back(line.product_id);
  return ids;
}

bool cancellable(const std::string& status) { return status == "pending" || status == "confirmed"; }

}  // namespace

// One order on its way into the database; the same through every attempt.
struct Checkout::Attempt {
  const PlaceOrder& request;
  std::vector<inventory::Line> lines;
  std::optional<orders::IdempotencyKey> key;
  OrderId id;
  Timestamp now;
};

Task<Result<PlaceOutcome>> Checkout::place(Context& context, PlaceOrder request) {
  if (auto valid = rules::check(request); !valid) co_return std::unexpected(valid.error());
  Attempt attempt{.request = request,
                  .lines = rules::joined(request.lines),
                  .key = std::nullopt,
                  .id = OrderId{ids_.next()},
                  .now = clock_.now()};
  if (request.idempotency_key) attempt.key = {*request.idempotency_key, hash_of(request)};

  for (int tries = 1;; ++tries) {
    try {
      co_return co_await write(context, attempt);
    } catch (const postgres::OutcomeUnknown&) {
      break;
    } catch (const postgres::StatementError& error) {
      if (!error.retryable() || tries == kMaxAttempts) throw;
    }
  }
  co_return co_await look_up(context, attempt);
}

Task<Result<PlaceOutcome>> Checkout::write(Context& context, const Attempt& attempt) {
  const auto& request = attempt.request;
  auto transaction = co_await pool_.begin(context);

  // First trip: claim the key, lock the stock, read the prices. The claim comes first, so that a
  // retry waits for its twin without holding a lock.
  std::vector<postgres::Call> calls;
  if (attempt.key) {
    calls.push_back(orders::store::claim(request.buyer, *attempt.key, attempt.id));
  }
  if (request.address) {
    calls.push_back(accounts::store::has_address(request.buyer, *request.address));
  }
  calls.push_back(inventory::store::lock(attempt.lines));
  calls.push_back(catalog::store::sale_items(products_of(attempt.lines)));
  const auto rows = co_await transaction.pipeline(std::move(calls));

  auto next = rows.begin();
  if (attempt.key && (next++)->empty()) co_return co_await replay(transaction, attempt);
  if (request.address && (next++)->empty()) {
    co_return fail(ErrorCode::kUnknownAddress, "the address does not exist or is not the buyer's");
  }
  const auto stocks = inventory::store::read_stocks(*next++);
  auto order = rules::price(attempt.lines, catalog::store::read_sale_items(*next));
  if (!order) co_return std::unexpected(order.error());
  if (auto shortages = inventory::rules::shortages(attempt.lines, stocks); !shortages.empty()) {
    co_return OutOfStock{std::move(shortages)};
  }

  // Second trip: write and commit.
  order->id = attempt.id;
  order->user_id = request.buyer;
  order->status = "pending";
  order->order_date = attempt.now;
  const auto written = co_await transaction.pipeline_and_commit(
      inventory::store::take(attempt.lines), orders::store::insert(*order, request.address));
  inventory_.show(inventory::store::read_changed(written[0]));
  co_return Placed{.order = std::move(*order)};
}

Task<Result<PlaceOutcome>> Checkout::replay(postgres::Transaction& transaction,
                                            const Attempt& attempt) {
  const auto found = co_await transaction.pipeline(
      orders::store::find_claim(attempt.request.buyer, attempt.key->key));
  const auto claim = orders::store::read_claim(found[0]);
  if (claim.request_hash != attempt.key->request_hash) {
    co_return fail(ErrorCode::kIdempotencyKeyReused,
                   "this Idempotency-Key was used before with a different order");
  }
  const auto rows = co_await transaction.pipeline(orders::store::find_call(claim.order_id));
  co_return Placed{.order = orders::store::read_order(rows[0]).value(), .replayed = true};
}

// Was it committed or not? The stock rows that the lost transaction locked are locked once more:
// whoever gets them knows that it has ended, whichever way.
Task<Result<PlaceOutcome>> Checkout::look_up(Context& context, const Attempt& attempt) {
  const auto give_up = std::chrono::steady_clock::now() + kLookUpBound;
  context.deadline = std::max(context.deadline, give_up);
  while (std::chrono::steady_clock::now() < give_up) {
    bool answered = false;
    try {
      auto transaction = co_await pool_.begin(context);
      const auto rows = co_await transaction.pipeline(inventory::store::lock_all(attempt.lines),
                                                      orders::store::find_call(attempt.id));
      answered = true;
      if (auto order = orders::store::read_order(rows[1])) co_return Placed{std::move(*order)};
    } catch (const postgres::Failure&) {  // still away
    }
    if (answered) throw postgres::Unavailable("the database was lost before the order was placed");
    co_await loop_.sleep(kLookUpPause);
  }
  throw postgres::OutcomeUnknown("the database was lost while the order was written");
}

Task<Result<orders::Order>> Checkout::cancel(Context& context, OrderId id,
                                             std::optional<UserId> buyer) {
  auto transaction = co_await pool_.begin(context);
  const auto found = co_await transaction.pipeline(orders::store::lock(id));
  const auto locked = orders::store::read_locked(found[0]);
  if (!locked || (buyer && locked->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no such order");
  }
  if (!cancellable(locked->status)) {
    co_return fail(ErrorCode::kNotCancellable, "the order is " + locked->status);
  }
  std::vector<inventory::Line> lines;
  for (std::size_t i = 0; i < locked->products.size(); ++i) {
    lines.push_back({locked->products[i], locked->quantities[i]});
  }
  const auto rows = co_await transaction.pipeline_and_commit(
      inventory::store::lock_all(lines), inventory::store::put_back(lines),
      orders::store::cancel(id, clock_.now()), orders::store::find_call(id));
  inventory_.show(inventory::store::read_changed(rows[1]));
  co_return orders::store::read_order(rows[3]).value();
}

}  // namespace souk::checkout
