// One connection of a load test's users to the shop, of any protocol version: a non-blocking socket
// and the client's side of the protocol.
//
// Threading: one thread. Ownership: owns its descriptor; borrows target and answers, which outlive
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "http/client/target.h"
#include "http/client_session.h"
#include "loadtest/arrival.h"
#include "loadtest/recorder.h"

namespace souk::loadtest {

enum class Protocol : std::uint8_t { kHttp1, kHttp2, kHttp3 };

class Link {
 public:
  using Tag = http::ClientSession::Tag;

  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  // Begins to connect, and registers with `epoll` for edge-triggered events that carry `index`.
  // Requests may be sent at once. Errors: the kernel refuses.
  virtual std::optional<ErrorKind> open(int epoll, std::uint32_t index) = 0;
  virtual void close() = 0;
  virtual bool is_open() const = 0;
  virtual bool is_connected() const = 0;  // the TLS handshake included

  // As of ClientSession. REQUIRES: is_open().
  virtual bool takes_requests() const = 0;
  virtual void send(Tag tag, const http::OutgoingRequest& request) = 0;
  virtual bool abandon(Tag tag) = 0;

  // Continues to connect, reads what has arrived, as `events` of epoll tell, and sends what is
  // pending, as far as possible. An error: the connection is lost and to be closed; kClosed: by the
  // server.
  virtual std::optional<ErrorKind> advance(std::uint32_t events) = 0;
  // When advance(0) must be called without an event.
  virtual SteadyTime due() const { return SteadyTime::max(); }
};

std::unique_ptr<Link> make_link(Protocol protocol, const http::Target& target,
                                http::ClientSession::Answers& answers);

}  // namespace souk::loadtest
