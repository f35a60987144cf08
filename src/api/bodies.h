// What clients send, member by member, as the domain takes it.
// Threading: one worker. Ownership: results own what they hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "http/message.h"

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

// Reads the body as a T: catalog::ProductDraft, catalog::ProductPatch, StockLevel, CacheDrop,
// accounts::Registration, Credentials, ProfilePatch and AddressDraft, checkout::PlaceOrder (lines
// and address). Errors: see JsonInput::read. What values may be is the domain's business.
template <class T>
Result<T> read_body(JsonInput& input, const http::Request& request);

}  // namespace souk::api
