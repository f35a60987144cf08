#include "inventory/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "inventory/ledger_store.h"
#include "inventory/store.h"

namespace souk::inventory {

using runtime::Context;
using runtime::Task;

namespace {

Result<> check(const AdjustmentDraft& draft) {
  std::vector<FieldError> errors;
  if (draft.change == 0 || draft.change < -kMaxQuantity || draft.change > kMaxQuantity) {
    errors.push_back(
        {"/change", fmt::format("must be {} to {}, and not 0", -kMaxQuantity, kMaxQuantity)});
  }
  if (auto problem = line_problem(draft.reason, 1, kMaxReasonLength)) {
    errors.push_back({"/reason", *std::move(problem)});
  }
  if (errors.empty()) return {};
  return fail(ErrorCode::kValidationFailed, "the adjustment is not valid", std::move(errors));
}

}  // namespace

Task<std::optional<Adjustment>> Ledger::earlier(Context& context, const AdjustmentDraft& draft) {
  if (!draft.idempotency_key) co_return std::nullopt;
  co_return co_await ledger_store::with_key(pool_, context, draft.by, *draft.idempotency_key);
}

Task<Result<Adjusted>> Ledger::adjust(Context& context, AdjustmentDraft draft) {
  if (auto valid = check(draft); !valid) co_return std::unexpected(valid.error());
  if (auto found = co_await earlier(context, draft)) co_return Adjusted{*std::move(found), true};
  const Uuid id = ids_.next();
  try {
    auto transaction = co_await pool_.begin(context);
    const auto stamp = inventory_.stamp();
    const auto [begun, rows] = co_await transaction.pipeline_and_commit(
        ledger_store::begin_stock(draft.product_id), ledger_store::adjust(id, draft));
    if (rows.empty()) co_return fail(ErrorCode::kNotFound, "there is no such product");
    const auto made = ledger_store::read_adjusted(rows);
    if (!made) {
      co_return fail(
          ErrorCode::kValidationFailed, "the adjustment is not valid",
          {{"/change", fmt::format("must leave what is reserved, and at most {}", kMaxQuantity)}});
    }
    inventory_.write_through({&made->changed, 1}, stamp);
    co_return Adjusted{{.id = id,
                        .product_id = draft.product_id,
                        .change = draft.change,
                        .reason = std::move(draft.reason),
                        .on_hand = made->changed.stock.on_hand,
                        .created_at = made->created_at}};
  } catch (const postgres::StatementError& error) {
    if (!error.unique_violation()) throw;
  }
  // Another request with the same key was faster.
  auto found = co_await earlier(context, draft);
  if (!found) co_return fail(ErrorCode::kUnavailable, "another request has the same key");
  co_return Adjusted{*std::move(found), true};
}

Task<MovementPage> Ledger::movements(Context& context, ProductId product,
                                     std::optional<MovementCursor> after, std::size_t limit) {
  MovementPage page{
      .items = co_await ledger_store::movements(pool_, context, product, after, limit + 1)};
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = MovementCursor{page.items.back().id};
  }
  co_return page;
}

Task<LowStockPage> Ledger::low(Context& context, std::int64_t below,
                               std::optional<LowStockCursor> after, std::size_t limit) {
  auto [items, edge] = co_await ledger_store::low(pool_, context, below, after, limit + 1);
  LowStockPage page{.items = std::move(items)};
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = LowStockCursor{page.items.back().stock.product_id};
  } else if (edge) {
    page.next = LowStockCursor{*edge};
  }
  co_return page;
}

Task<std::vector<Stock>> Ledger::stocks(Context& context, std::vector<ProductId> ids) {
  const auto found = co_await store::find(pool_, context, ids);
  std::vector<Stock> stocks;
  stocks.reserve(ids.size());
  for (const auto& id : ids) {
    const auto row = std::ranges::find(found, id, &Stock::product_id);
    stocks.push_back(row != found.end() ? *row : Stock{.product_id = id});
  }
  co_return stocks;
}

}  // namespace souk::inventory
