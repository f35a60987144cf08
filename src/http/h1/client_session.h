// HTTP/1.1 (RFC 9112) as a client session: one request at a time.
// Threading, ownership: as ClientSession.
#pragma once

#include "base/buffer.h"
#include "http/client_session.h"
#include "http/h1/response_parser.h"

namespace souk::http::h1 {

class ClientSession final : public http::ClientSession {
 public:
  explicit ClientSession(Answers& answers) : answers_(answers) {}

  bool takes_requests() const override { return reusable_; }
  void send(Tag tag, const OutgoingRequest& request) override;
  bool abandon(Tag) override { return false; }
  bool received(std::string_view bytes) override;
  bool ended() override;
  std::string_view pending() override { return out_.view().substr(sent_); }
  void sent(std::size_t bytes) override;

 private:
  void finish();

  Answers& answers_;
  ResponseParser parser_;
  Buffer in_;  // of an incomplete response
  Buffer out_;
  std::size_t sent_ = 0;  // of out_
  Tag tag_ = 0;
  bool waiting_ = false;
  bool reusable_ = true;
};

}  // namespace souk::http::h1
