// The search of a shop's orders, for administrators: what they may look for, and what they find.
// Threading: plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "orders/types.h"

namespace souk::orders {

// Orders that one request examines, and buyers that a text may name: both bound its cost.
inline constexpr std::size_t kMaxExamined = 5'000;
inline constexpr std::size_t kMaxBuyersFound = 100;
inline constexpr std::size_t kMaxSearchText = 100;  // bytes

// All that are given must hold.
struct OrderFilter {
  std::optional<Status> status;
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
  std::optional<UserId> buyer;
  std::optional<std::string> email;   // of the account, whole
  std::optional<std::string> number;  // as a person writes it
  std::optional<ProductId> product;
  std::optional<std::string> text;  // beginnings of words of the account's name or e-mail
};

struct FoundOrder : Order {
  std::string buyer_name;
};

// May have fewer orders than wanted, or none, though there is a next page: where many orders had to
// be examined for few.
struct FoundPage {
  std::vector<FoundOrder> items;
  std::optional<OrderCursor> next;
};

// The text as a tsquery: each word as a prefix. Empty if it has no word.
std::string prefix_query(std::string_view text);

}  // namespace souk::orders
