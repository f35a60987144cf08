// The money for an order: what the provider has done, and what the shop wants.
// Threading: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/actor.h"
#include "base/clock.h"
#include "base/idempotency.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::payments {

inline constexpr std::size_t kMaxPaymentsPerOrder = 20;  // declined ones included
inline constexpr std::size_t kMaxMethodLength = 200;
inline constexpr std::size_t kMaxFailureLength = 200;
inline constexpr std::size_t kMaxReferenceLength = 200;
inline constexpr std::size_t kMaxEventIdLength = 200;

// In chronological order.
enum class Status : std::uint8_t {
  kCreated,     // in our books; the provider may not have it yet
  kAuthorised,  // the buyer's money is held
  kCaptured,    // the shop has the money
  kRefunded,
  kFailed,     // declined: nothing is held
  kCancelled,  // the authorised amount was released
};
inline constexpr std::array<std::string_view, 6> kStatusNames = {
    "created", "authorised", "captured", "refunded", "failed", "cancelled"};

enum class Goal : std::uint8_t { kCaptured, kReturned };
inline constexpr std::array<std::string_view, 2> kGoalNames = {"captured", "returned"};

// The provider of orders whose total is 0.
inline constexpr std::string_view kNothingToPay = "none";

struct Payment {
  PaymentId id;
  OrderId order_id;
  std::string provider;
  Money amount;
  Status status = Status::kCreated;
  Goal goal = Goal::kCaptured;
  std::optional<std::string> reference;        // the provider's own id of the charge
  std::optional<std::string> method;           // the provider's token, while it is created
  std::optional<std::string> failure;          // why it failed, in the provider's words
  std::optional<std::string> idempotency_key;  // of the buyer's request
  Actor actor;                                 // who set the goal
  Timestamp created_at;
  bool pays_later = false;                      // a person records its receipt
  std::optional<std::string> refund_reference;  // of money returned by a person
  std::optional<RequestHash> request_hash;
  std::optional<Timestamp> disagrees_since;  // since the provider's books contradict ours
  Money refunded{};                          // what refunds have returned, or are about to

  Money left() const { return {amount.amount - refunded.amount, amount.currency}; }
};

inline constexpr std::size_t kMaxRefunds = 100;  // of an order
inline constexpr std::size_t kMaxReasonLength = 500;

using RefundId = Id<struct RefundTag>;

enum class RefundStatus : std::uint8_t {
  kRequested,  // in our books; the provider may not have done it yet
  kDone,
};
inline constexpr std::array<std::string_view, 2> kRefundStatusNames = {"requested", "done"};

// A part of a payment that is returned.
struct Refund {
  // Units whose price is returned.
  struct Item {
    ProductId product_id;
    std::int32_t quantity = 0;
    bool restocked = false;  // they can be sold again
  };

  RefundId id;
  OrderId order_id;
  PaymentId payment_id;
  Money amount;
  RefundStatus status = RefundStatus::kRequested;
  std::string reason;
  std::optional<std::string> reference;  // of money returned by a person
  Actor actor;
  std::optional<std::string> idempotency_key;
  std::optional<RequestHash> request_hash;
  Timestamp created_at;
  std::vector<Item> items;  // none: of an amount alone

  bool is_requested() const { return status == RefundStatus::kRequested; }
};

// Payments that were resumed without success.
struct Waiting {
  std::int64_t unsettled = 0;
  double longest_unsettled_seconds = 0;  // since its last change
  std::int64_t disagreeing = 0;
  double longest_disagreeing_seconds = 0;
};

}  // namespace souk::payments
