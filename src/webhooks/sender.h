// One POST to a webhook's URL: the name is looked up off the loop, each address held against what
// is allowed, and the address that was looked at is the one connected to. Redirects are not
// followed, and of the answer only the status counts.
//
// Threading: loop thread only. Ownership: borrows loop and config, which outlive it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "runtime/context.h"
#include "runtime/loop.h"
#include "runtime/transport.h"
#include "webhooks/types.h"
#include "webhooks/url.h"

namespace souk::webhooks {

class Sender {
 public:
  Sender(runtime::Loop& loop, const Config& config) : loop_(loop), config_(config) {}

  // What is borrowed outlives the task. The status, or why there is none: unavailable, with a
  // sentence. Within connect_timeout, answer_timeout and the
  // context's deadline; looking a name up takes what the system's
  // resolver takes.
  runtime::Task<Result<int>> post(const runtime::Context& context, const Url& url,
                                  const http::HeaderList& headers, std::string_view body);

 private:
  runtime::Task<Result<boost::asio::ip::address>> address_of(const Url& url);
  Result<const runtime::TlsContext*> tls();

  runtime::Loop& loop_;
  const Config& config_;
  std::optional<runtime::TlsContext> tls_;  // made with the first https:// URL
};

}  // namespace souk::webhooks
