// An HTTP/1.1 client connection, optionally with TLS: one request at a time, kept alive between
// them. No proxies, redirects or name resolution: the caller passes the address.
//
// Threading: loop thread only. Ownership: borrows the loop, which outlives it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/error.h"
#include "http/h1/response_parser.h"
#include "http/message.h"
#include "runtime/loop.h"
#include "runtime/transport.h"

namespace souk::http {

struct ClientRequest {
  Method method = Method::kGet;
  std::string_view target;
  const HeaderList& headers;  // without Host and Content-Length
  std::string_view body = {};
};

// Views into the connection's buffer, valid until its next exchange.
struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string_view body;
};

class ClientConnection final : private runtime::TimerWheel::Timer {
 public:
  struct Options {
    std::chrono::microseconds connect_timeout = std::chrono::seconds(5);
    std::chrono::microseconds exchange_timeout = std::chrono::seconds(30);
    h1::Limits limits = {.max_body_bytes = std::size_t{64} * 1024 * 1024};
    std::string authority = {};                // the Host field; empty: address and port
    const runtime::TlsContext* tls = nullptr;  // null: no TLS. Borrowed while connecting
    std::string tls_name = {};                 // the name in the certificate
    bool one_exchange = false;                 // asks the server to close afterwards
    // False: a response counts even when its body is too large or late.
    bool body_matters = true;
  };

  // Errors: unavailable, with the reason, also for a time-out.
  static runtime::Task<Result<std::unique_ptr<ClientConnection>>> connect(runtime::Loop& loop,
                                                                          std::string address,
                                                                          std::uint16_t port,
                                                                          Options options);

  // Objects that the request borrows outlive the task. Errors: unavailable; the connection is then
  // unusable, and whether the server acted on the request is unknown.
  runtime::Task<Result<ClientResponse>> exchange(ClientRequest request);

  // Whether the connection can be used for another exchange.
  bool is_reusable() const { return reusable_; }

 private:
  ClientConnection(runtime::Loop& loop, std::string host, Options options);

  runtime::Task<Result<>> open(boost::asio::ip::tcp::endpoint peer);
  void write(const ClientRequest& request);
  runtime::Task<bool> send();
  runtime::Task<Result<ClientResponse>> receive();
  runtime::Task<bool> read_more();
  Result<ClientResponse> lost(std::string_view why);
  void on_timer() override;

  runtime::Loop& loop_;
  runtime::Transport transport_;
  std::string host_;
  Options options_;
  h1::ResponseParser parser_;
  Buffer in_;
  Buffer out_;
  bool reusable_ = true;
  bool late_ = false;
};

}  // namespace souk::http
