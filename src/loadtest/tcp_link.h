// A connection over TCP, with TLS where the target asks for it, and HTTP/1.1 or HTTP/2.
// Threading, ownership: as Link.
#pragma once

#include "loadtest/link.h"
#include "runtime/tls/stream.h"

namespace souk::loadtest {

class TcpLink final : public Link {
 public:
  TcpLink(bool http2, const http::Target& target, http::ClientSession::Answers& answers)
      : target_(target), http2_(http2), answers_(answers) {}
  ~TcpLink() override { close(); }

  std::optional<ErrorKind> open(int epoll, std::uint32_t index) override;
  void close() override;
  bool is_open() const override { return fd_ >= 0; }
  bool is_connected() const override { return connected_; }
  bool takes_requests() const override { return session_->takes_requests(); }
  void send(Tag tag, const http::OutgoingRequest& request) override {
    session_->send(tag, request);
  }
  bool abandon(Tag tag) override { return session_->abandon(tag); }
  std::optional<ErrorKind> advance(std::uint32_t events) override;

 private:
  std::optional<ErrorKind> connect();
  std::optional<ErrorKind> read(bool peer_closed);
  std::optional<ErrorKind> flush();
  runtime::Io receive_some(char* to, std::size_t size);
  runtime::Io send_some(std::string_view bytes);

  const http::Target& target_;
  const bool http2_;
  http::ClientSession::Answers& answers_;
  int fd_ = -1;
  bool connected_ = false;
  std::unique_ptr<runtime::TlsStream> tls_;  // null: plain text
  std::unique_ptr<http::ClientSession> session_;
};

}  // namespace souk::loadtest
