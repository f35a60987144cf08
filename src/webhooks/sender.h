// One POST to a webhook's URL: the name is resolved off the loop, forbidden addresses are removed,
// and only the checked addresses are connected to, one after the other. Redirects are not followed;
// only the status of the answer counts.
//
// Threading: loop thread only. Ownership: borrows loop, resolver and config, which outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "http/client/client_connection.h"
#include "runtime/context.h"
#include "runtime/loop.h"
#include "runtime/transport.h"
#include "webhooks/resolver.h"
#include "webhooks/types.h"
#include "webhooks/url.h"

namespace souk::webhooks {

class Sender {
 public:
  Sender(runtime::Loop& loop, Resolver& resolver, const Config& config)
      : loop_(loop), resolver_(resolver), config_(config) {}

  // Borrowed arguments outlive the task. Returns the status. Errors: unavailable, with the reason;
  // overloaded when too many names are being looked up. Bounded by connect_timeout (which includes
  // the name), answer_timeout and the context's deadline.
  runtime::Task<Result<int>> post(const runtime::Context& context, const Url& url,
                                  const http::HeaderList& headers, std::string_view body);

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Connection = std::unique_ptr<http::ClientConnection>;

  runtime::Task<Result<Resolver::Addresses>> addresses_of(const Url& url, Time until);
  runtime::Task<Result<Connection>> connect(const Url& url, http::ClientConnection::Options options,
                                            Time until);
  Result<const runtime::TlsContext*> tls();

  runtime::Loop& loop_;
  Resolver& resolver_;
  const Config& config_;
  std::optional<runtime::TlsContext> tls_;  // created for the first https:// URL
};

}  // namespace souk::webhooks
