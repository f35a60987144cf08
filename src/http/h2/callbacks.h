// What nghttp2 tells a session while it reads and writes frames.
// Threading: loop thread only. Ownership: the callbacks belong to the caller.
#pragma once

#include <nghttp2/nghttp2.h>

#include "http/h2/stream.h"

namespace souk::http::h2 {

nghttp2_session_callbacks* make_callbacks();
// The bytes of the stream's response.
nghttp2_data_provider body_of(Stream& stream);

}  // namespace souk::http::h2
