// One request on its way to its response: what a session hands to the server, and all that must
// live as long as it.
//
// Threading: belongs to one worker. Ownership: its session's; valid until the session has taken the
// response and, where that is a stream, it is finished.
#pragma once

#include <boost/intrusive/list_hook.hpp>
#include <chrono>

#include "http/incoming_body.h"
#include "http/message.h"
#include "http/router.h"
#include "runtime/context.h"

namespace souk::http {

struct Exchange : boost::intrusive::list_base_hook<> {
  Request request;  // its body is whole when a handler sees it
  IncomingBody body;
  Match match;
  runtime::Context context;
  Response response;
  std::chrono::steady_clock::time_point begun = {};  // when its latency began
};

}  // namespace souk::http
