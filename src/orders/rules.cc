#include "orders/rules.h"

#include <algorithm>
#include <utility>

namespace souk::orders::rules {
namespace {

using enum Status;

constexpr std::array<std::pair<Status, Status>, 12> kLegal = {{
    {kPending, kConfirmed},
    {kPending, kCancelled},
    {kConfirmed, kPaid},
    {kConfirmed, kCancelled},
    {kPaid, kPartiallyShipped},
    {kPaid, kShipped},
    {kPaid, kRefunded},
    {kPartiallyShipped, kShipped},
    {kPartiallyShipped, kRefunded},
    {kShipped, kDelivered},
    {kShipped, kRefunded},
    {kDelivered, kRefunded},
}};

}  // namespace

bool is_legal(Status from, Status to) {
  return std::ranges::find(kLegal, std::pair(from, to)) != kLegal.end();
}

bool returns_stock(Status from, Status to) {
  return to == kCancelled || (to == kRefunded && (from == kPaid || from == kPartiallyShipped));
}

bool is_payable(Status status) { return status == kPending || status == kConfirmed; }

}  // namespace souk::orders::rules
