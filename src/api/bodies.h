// What clients send, member by member, as the domain takes it.
// Threading: one worker. Ownership: results own what they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/money.h"
#include "http/message.h"
#include "inventory/types.h"

namespace souk::api {

class JsonInput;

struct StockLevel {
  std::int32_t quantity = 0;  // on hand
};

// One of them.
struct CacheDrop {
  std::optional<std::string> key;
  std::optional<std::string> tag;
  std::optional<std::string> pattern;
};

// What a cart wants to be held for it, and for how long.
struct StockHold {
  std::vector<inventory::Line> lines;
  std::optional<std::int32_t> seconds;
};

// What a buyer pays with.
struct PaymentDraft {
  std::string method;  // the provider's token
  std::optional<std::string> provider;
};

// Money that came or went back outside of the shop.
struct PaymentReceipt {
  Money amount;
  std::string reference;
};

// What the payment provider tells of a payment.
struct PaymentEvent {
  std::string id;
  std::string type;  // "payment." and the status it has come into
  PaymentId payment;
  std::string reference;
  Money amount;
  std::string reason;
};

// Which dead jobs; all where it names no kind.
struct JobReplay {
  std::optional<std::string> kind;
};

// Reads the body as a T: catalog::ProductDraft and ProductPatch, accounts::Registration,
// Credentials, ProfilePatch and AddressDraft, checkout::PlaceOrder (all but the buyer and the key),
// webhooks::EndpointDraft, or one of the above. Errors: see JsonInput::read. What values may be is
// the domain's business.
template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request);

}  // namespace souk::api
