// A connection of HTTP/3 over UDP.
// Threading, ownership: as Link.
#pragma once

#include <string>
#include <vector>

#include "http/h3/client.h"
#include "loadtest/link.h"

namespace souk::loadtest {

class QuicLink final : public Link {
 public:
  // REQUIRES: the target has TLS.
  QuicLink(const http::Target& target, http::ClientSession::Answers& answers)
      : target_(target), answers_(answers) {}
  ~QuicLink() override { close(); }

  std::optional<ErrorKind> open(int epoll, std::uint32_t index) override;
  void close() override;
  bool is_open() const override { return fd_ >= 0; }
  bool is_connected() const override { return client_ && client_->is_ready(); }
  bool takes_requests() const override { return !client_->has_ended() && !client_->got_goaway(); }
  void send(Tag tag, const http::OutgoingRequest& request) override;
  bool abandon(Tag tag) override;
  std::optional<ErrorKind> advance(std::uint32_t events) override;
  SteadyTime due() const override { return client_ ? client_->due() : SteadyTime::max(); }

 private:
  struct Unsent {
    Tag tag;
    http::h3::ClientRequest request;
  };
  struct InProgress {
    Tag tag;
    http::h3::Client::Id id;
  };

  void submit();
  void flush();
  void read();
  void answer();

  const http::Target& target_;
  http::ClientSession::Answers& answers_;
  int fd_ = -1;
  std::unique_ptr<http::h3::Client> client_;
  std::vector<Unsent> unsent_;  // until the handshake is complete, or streams are free
  std::vector<InProgress> in_progress_;
};

}  // namespace souk::loadtest
