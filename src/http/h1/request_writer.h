// Serialises HTTP/1.1 requests (RFC 9112), for clients.
// Threading: pure functions. Ownership: appends to the caller's buffer.
#pragma once

#include "base/buffer.h"
#include "http/outgoing_request.h"

namespace souk::http::h1 {

void write_request(Buffer& out, const OutgoingRequest& request);

}  // namespace souk::http::h1
