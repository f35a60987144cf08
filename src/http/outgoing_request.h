// A request to be sent, for every protocol version.
// Threading: plain values. Ownership: views, valid until the request is serialised.
#pragma once

#include <string_view>

#include "http/headers.h"
#include "http/message.h"

namespace souk::http {

struct OutgoingRequest {
  Method method = Method::kGet;
  std::string_view target;
  std::string_view authority;                 // the Host field
  const PreparedHeaders* prepared = nullptr;  // null: none
  const HeaderList* headers = nullptr;        // null: none
  std::string_view body = {};
  bool close = false;  // HTTP/1.1: asks the server to close the connection after its response
};

}  // namespace souk::http
