// An HTTP/1.1 session: for any input, split anywhere, it yields the same requests and sends the
// same bytes, holds a bounded number of bytes, and makes progress.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "http/h1/session.h"
#include "http/test_body_source.h"
#include "pieces.h"
#include "runtime/scope.h"

namespace souk::http::h1 {
namespace {

// Small, so that the fuzzer reaches them.
ServerConfig small() {
  ServerConfig config;
  config.max_request_line = 128;
  config.max_header_bytes = 512;
  config.max_headers = 8;
  config.max_body_bytes = 256;
  return config;
}

struct Host {
  const ServerConfig config = small();
  ManualClock clock{Timestamp{}};
  telemetry::Registry registry;
  Router router;
  Metrics metrics{registry, router};
  Protocol protocol{config, metrics, clock};
  runtime::Loop loop;
};

Host& host() {
  static Host host;
  return host;
}

class Reading final {
 public:
  // False when the session accepts no more input.
  bool feed(std::string_view piece) {
    while (!piece.empty() && session_->takes_input()) {
      const auto room = session_->input();
      SOUK_ASSERT(!room.empty());
      const auto n = std::min(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), n);
      piece.remove_prefix(n);
      session_->received(n, {});
      go_on();
    }
    return piece.empty();
  }
  void finish() {
    session_->input_ended();
    go_on();
    SOUK_ASSERT(!bodies_.awaited());
  }
  const std::string& read() const { return read_; }

 private:
  void go_on() {
    bodies_.arrived();
    while (auto* const exchange = session_->next()) {
      bodies_.read(*exchange);
      scope_.spawn(answer(*exchange));
    }
    take_output();
  }

  runtime::Task<void> answer(Exchange& exchange) {
    const auto& request = exchange.request;
    note(request.method_text);
    note(request.target);
    note(request.path);
    note(request.query);
    note(request.authority);
    for (const auto& [name, value] : request.headers) {
      SOUK_ASSERT(!name.empty());
      note(name);
      note(value);
    }
    SOUK_ASSERT(request.headers.size() <= host().config.max_headers);
    SOUK_ASSERT(
        request.headers.count("content-length") + request.headers.count("transfer-encoding") <= 1);
    // Some bodies are read whole, some in pieces, some not at all.
    const auto way = request.path.size() % 3;
    int status = exchange.body.fits(host().config.max_body_bytes) ? 200 : 413;
    if (way != 2 && status == 200) exchange.body.want(host().config.max_body_bytes);
    if (way == 0 && status == 200) {
      const auto body = co_await exchange.body.gather();
      if (body) note(*body);
      if (!body) status = body.error().status;
    }
    std::string all;
    while (way == 1 && status == 200) {
      const auto piece = co_await exchange.body.next();
      if (!piece) status = piece.error().status;
      if (!piece || piece->empty()) break;
      all += *piece;
    }
    if (status == 200) note(all);
    SOUK_ASSERT(all.size() <= host().config.max_body_bytes);
    exchange.response = text(status, "answer");
    session_->respond(exchange);
    read_ += session_->closing() ? "|close\n" : "|keep\n";
  }

  void take_output() {
    auto* const out = session_->pending();
    if (out == nullptr) return;
    SOUK_ASSERT(out->size() <= 1024 * 1024);
    out->sent(out->size());
  }
  void note(std::string_view part) {
    read_ += part;
    read_ += '|';
  }

  std::unique_ptr<http::Session> session_ = host().protocol.open();
  runtime::Scope scope_{host().loop};
  test::TestBodySource bodies_{*session_};
  std::string read_;
};

std::string read(std::string_view wire, std::size_t largest_piece) {
  Reading reading;
  fuzz::feed_in_pieces(wire, largest_piece,
                       [&](std::string_view piece) { return reading.feed(piece); });
  reading.finish();
  return reading.read();
}

}  // namespace
}  // namespace souk::http::h1

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::http::h1::read;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  const auto whole = read(wire, wire.size() + 1);
  SOUK_ASSERT(read(wire, 1) == whole);
  SOUK_ASSERT(read(wire, 40) == whole);
  return 0;
}
