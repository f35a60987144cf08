#include "orders/search.h"

#include <fmt/format.h>

#include <algorithm>

#include "orders/orders.h"
#include "orders/search_store.h"
#include "orders/store.h"

namespace souk::orders {

using runtime::Context;
using runtime::Task;

namespace {

bool is_ascii_separator(char c) {
  return static_cast<unsigned char>(c) < 0x80 &&
         !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

std::unexpected<Error> refuse_text(std::string reason) {
  return fail(ErrorCode::kValidationFailed, "the text finds no buyers",
              {{"text", std::move(reason)}});
}

using Buyers = std::optional<std::vector<UserId>>;  // nothing: any

void keep_only(Buyers& buyers, std::optional<UserId> one) {
  const bool kept = one && (!buyers || std::ranges::find(*buyers, *one) != buyers->end());
  buyers.emplace();
  if (kept) buyers->push_back(*one);
}

}  // namespace

std::string prefix_query(std::string_view text) {
  std::string query;
  bool in_word = false;
  for (const char c : text) {
    if (is_ascii_separator(c)) {
      if (in_word) query += "':*";
      in_word = false;
      continue;
    }
    if (!in_word) query += query.empty() ? "'" : " & '";
    in_word = true;
    query += c;
  }
  if (in_word) query += "':*";
  return query;
}

static Task<Result<Buyers>> buyers_of(postgres::Pool& pool, Context& context,
                                      const OrderFilter& filter) {
  Buyers buyers;
  if (filter.text) {
    auto query = prefix_query(*filter.text);
    if (query.empty() || filter.text->size() > kMaxSearchText) {
      co_return refuse_text(
          fmt::format("must be 1 to {} bytes with a letter or digit", kMaxSearchText));
    }
    buyers = co_await search_store::buyers_named(pool, context, std::move(query));
    if (buyers->size() > kMaxBuyersFound) {
      co_return refuse_text(
          fmt::format("means more than {} buyers: write more of it", kMaxBuyersFound));
    }
  }
  if (filter.email) {
    keep_only(buyers, co_await search_store::buyer_with_email(pool, context, *filter.email));
  }
  if (filter.buyer) keep_only(buyers, filter.buyer);
  co_return buyers;
}

Task<Result<FoundPage>> Orders::search(Context& context, OrderFilter filter, std::size_t limit,
                                       std::optional<OrderCursor> after) {
  const auto buyers = co_await buyers_of(pool_, context, filter);
  if (!buyers) co_return std::unexpected(buyers.error());
  const auto& of = *buyers;
  search_store::Range range{
      .before = after.value_or(filter.to ? OrderCursor{*filter.to, OrderId{}} : kAfterAll),
      .from = filter.from.value_or(Timestamp::min()),
      .status = filter.status};
  if (range.status && !search_store::has_index(*range.status)) range.status.reset();
  FoundPage page;
  if (filter.number) {
    const OrderNumbers numbers(co_await store::number_secret(pool_, context));
    if (const auto serial = numbers.serial(*filter.number)) {
      page.items = co_await search_store::find_serial(pool_, context, *serial, range, filter);
    }
    std::erase_if(page.items, [&](const FoundOrder& order) {
      return of && std::ranges::find(*of, order.user_id) == of->end();
    });
  } else if (of) {
    page.items = co_await search_store::find_of(pool_, context, *of, range, filter, limit + 1);
  } else {
    page.items = co_await search_store::find(pool_, context, range, filter, limit + 1);
    if (page.items.size() <= limit) {
      page.next = co_await search_store::last_examined(pool_, context, range);
    }
  }
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next = OrderCursor{page.items.back().order_date, page.items.back().id};
  }
  co_return page;
}

}  // namespace souk::orders
