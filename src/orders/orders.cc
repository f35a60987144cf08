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

Task<Result<Order>> Orders::order_of_number(Context& context, std::string number,
                                            std::optional<UserId> buyer) {
  const OrderNumbers numbers(co_await store::number_secret(pool_, context));
  std::optional<Order> order;
  if (const auto serial = numbers.serial(number)) {
    order = co_await store::find_serial(pool_, context, *serial);
  }
  if (!order || (buyer && order->user_id != *buyer)) {
    co_return fail(ErrorCode::kNotFound, "there is no order with this number");
  }
  co_return *std::move(order);
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

Task<Result<std::vector<Transition>>> Orders::transitions(Context& context, OrderId id,
                                                          std::optional<UserId> buyer) {
  const auto found = co_await order(context, id, buyer);
  if (!found) co_return std::unexpected(found.error());
  co_return co_await store::transitions(pool_, context, id);
}

Task<Result<std::vector<Shipment>>> Orders::shipments(Context& context, OrderId id,
                                                      std::optional<UserId> buyer) {
  const auto found = co_await order(context, id, buyer);
  if (!found) co_return std::unexpected(found.error());
  co_return co_await store::shipments(pool_, context, id);
}

}  // namespace souk::orders
