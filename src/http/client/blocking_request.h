// One blocking request over its own connection: for commands, which have no loop.
// Threading: any thread. Ownership: borrows the target.
#pragma once

#include <string>
#include <string_view>

#include "http/client/target.h"
#include "http/headers.h"
#include "http/message.h"

namespace souk::http {

struct BlockingRequest {
  Method method = Method::kGet;
  std::string_view path_and_query;
  std::string_view token = {};          // the bearer token
  std::string_view json = {};           // the body
  const HeaderList* headers = nullptr;  // beside those of token and json; null: none
};

struct BlockingResponse {
  int status = 0;
  std::string body;
};

// Errors: unavailable, naming the address, when no complete response arrives within 30 s. Whether
// the server acted on the request is then unknown.
Result<BlockingResponse> request_blocking(const Target& target, const BlockingRequest& request);

}  // namespace souk::http
