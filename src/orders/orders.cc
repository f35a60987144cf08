#include "orders/orders.h"

#include "orders/store.h"

namespace souk::orders {

using runtime::Context;
using runtime::Task;

Task<Result<Order>> Orders::order(Context& context, OrderId id, std::optional<UserId> buyer) {
  auto order = co_await store::find(pool_, context, id);
  if (!order || (buyer && order->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no such order");
  }
  co_return std::move(*order);
}

Task<OrderPage> Orders::list(Context& context, UserId buyer, std::size_t limit,
                             std::optional<OrderCursor> after) {
  OrderPage page;
  page.items = co_await store::list(pool_, context, buyer, limit + 1, after);
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = OrderCursor{page.items.back().order_date, page.items.back().id};
  }
  co_return page;
}

}  // namespace souk::orders
