#include "http/h2/stream.h"

namespace souk::http::h2 {

void Stream::reset() {
  head.clear();
  refusal = {};
  expects_continue = false;
  received = granted = 0;
  reserved = 0;
  awaits_memory = false;
  body.begin_empty();
  body.recycle();
  response = {};
  cancelled = false;
  sent_bytes = 0;
  unsent = {};
  piece.recycle(0);
  left = 0;
  unsent_heads = 0;
  is_stream = finished = false;
  state = State::kHead;
  remote_ended = closed = false;
}

}  // namespace souk::http::h2
