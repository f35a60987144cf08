// One request with its response: what a session hands to the server, and all that lives as long.
//
// Threading: belongs to one worker. Ownership: the session's; valid until the session has taken the
// response and, for a stream, finish() was called.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <chrono>

#include "http/incoming_body.h"
#include "http/message.h"
#include "http/router.h"
#include "runtime/context.h"

namespace souk::http {

struct Exchange : boost::intrusive::list_base_hook<> {
  Request request;  // the body is complete when a handler gets it
  IncomingBody body;
  Match match;
  runtime::Context context;
  Response response;
  // When its first byte was read: start of its latency. The time that byte spent in the kernel's
  // socket buffer is unknown.
  std::chrono::steady_clock::time_point arrived = {};
  // When next() returned it: start of its deadline.
  std::chrono::steady_clock::time_point begun = {};
};

}  // namespace souk::http
