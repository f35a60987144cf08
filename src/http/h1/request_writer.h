// Serialises HTTP/1.1 requests (RFC 9112), for clients.
// Threading: pure functions. Ownership: appends to the caller's buffer.
#pragma once

#include <string_view>

#include "base/buffer.h"
#include "http/message.h"

namespace souk::http::h1 {

struct OutgoingRequest {
  Method method = Method::kGet;
  std::string_view target;
  std::string_view authority;                 // the Host field
  const PreparedHeaders* prepared = nullptr;  // null: none
  const HeaderList* headers = nullptr;        // null: none
  std::string_view body = {};
  bool close = false;  // asks the server to close the connection after its response
};

void write_request(Buffer& out, const OutgoingRequest& request);

}  // namespace souk::http::h1
