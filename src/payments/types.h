// The money for an order: what the provider has done, and what the shop wants of it.
// Threading: plain values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/actor.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/money.h"

namespace souk::payments {

inline constexpr std::size_t kMaxPaymentsPerOrder = 20;  // declined ones included
inline constexpr std::size_t kMaxMethodLength = 200;
inline constexpr std::size_t kMaxFailureLength = 200;  // bytes
inline constexpr std::size_t kMaxReferenceLength = 200;
inline constexpr std::size_t kMaxEventIdLength = 200;

// In the order of time.
enum class Status : std::uint8_t {
  kCreated,     // written down; the provider may or may not know of it
  kAuthorised,  // the buyer's money is held
  kCaptured,    // it is ours
  kRefunded,
  kFailed,     // declined: nothing is held
  kCancelled,  // what was held was let go
};
inline constexpr std::array<std::string_view, 6> kStatusNames = {
    "created", "authorised", "captured", "refunded", "failed", "cancelled"};

enum class Goal : std::uint8_t { kCaptured, kReturned };
inline constexpr std::array<std::string_view, 2> kGoalNames = {"captured", "returned"};

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
  Actor actor;                                 // who wants the goal
  Timestamp created_at;
};

}  // namespace souk::payments
