// What clients send, member by member, as the domain takes it.
// Threading: one worker. Ownership: results own what they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
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

// Reads the body as a T: catalog::ProductDraft, ProductPatch, StockLevel, CacheDrop, StockHold,
// accounts::Registration, Credentials, ProfilePatch and AddressDraft, checkout::PlaceOrder (all but
// the buyer and the key). Errors: see JsonInput::read. What values may be is the domain's business.
template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request);

}  // namespace souk::api
