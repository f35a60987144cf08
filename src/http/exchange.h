// One request with its response: what a session hands to the server, and all that lives as long.
//
// Threading: belongs to one worker. Ownership: the session's; valid until the session has taken the
// whole response or abandon() was called.
#pragma once

#include <chrono>

#include "http/incoming_body.h"
#include "http/message.h"
#include "http/router.h"
#include "runtime/context.h"

namespace souk::http {

inline constexpr Refusal kCutBody{400, "the connection ended before the body did"};

struct Exchange {
  Request request;  // the body is complete when a handler gets it
  IncomingBody body;
  Match match;
  Spans spans;
  runtime::Context context;
  Response response;
  // Its client does not wait for the response any more.
  bool cancelled = false;
  // Bytes of the response's body that the session has put into its output.
  std::uint64_t sent_bytes = 0;
  // When its first byte arrived, in the kernel if it knows (runtime/tls/receive.h), or else in the
  // session: start of its latency.
  std::chrono::steady_clock::time_point arrived = {};
  // When next() returned it.
  std::chrono::steady_clock::time_point begun = {};
  // How long it waited before, complete, for the server to read it. Start of its deadline is
  // begun - waited.
  std::chrono::nanoseconds waited{0};

  // Its client has disconnected or has reset its stream. Cancels a read; a change is completed: a
  // client that retries learns its outcome.
  void cancel();
};

}  // namespace souk::http
