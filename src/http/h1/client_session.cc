#include "http/h1/client_session.h"

#include "http/h1/request_writer.h"

namespace souk::http::h1 {

void ClientSession::send(Tag tag, const OutgoingRequest& request) {
  tag_ = tag;
  waiting_ = true;
  parser_.start(0, request.method == Method::kHead);
  write_request(out_, request);
}

bool ClientSession::received(std::string_view bytes) {
  if (!waiting_) return false;  // e.g. a 408 before the server closes
  in_.append(bytes);
  auto event = parser_.parse(in_);
  if (event == Event::kHead) event = parser_.parse(in_);
  if (event == Event::kNeedMore) return true;
  const bool more_than_asked_for = parser_.end() != in_.size();
  if (event == Event::kError || more_than_asked_for) return false;
  finish();
  return true;
}

bool ClientSession::ended() {
  reusable_ = false;
  if (!waiting_) return true;
  if (parser_.finish(in_) != Event::kComplete) return false;
  finish();
  return true;
}

void ClientSession::finish() {
  waiting_ = false;
  reusable_ = parser_.keeps_alive();
  answers_.answered({.tag = tag_, .status = parser_.status(), .body = parser_.body(in_)});
  in_.recycle(0);
}

void ClientSession::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < out_.size()) return;
  sent_ = 0;
  out_.recycle(0);
}

}  // namespace souk::http::h1
