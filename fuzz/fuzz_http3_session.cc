// An HTTP/3 session, without QUIC: for any bytes on any streams it holds a bounded number of them,
// answers or resets every request that it took, and ends with all its exchanges. The input is a
// list of pieces: a stream's number, flags (end, client cancels, closed by QUIC), a length, bytes.
#include <cstring>
#include <deque>
#include <map>
#include <set>

#include "base/assert.h"
#include "http/h3/session.h"
#include "http/router.h"
#include "http/test_body_source.h"
#include "runtime/scope.h"

namespace souk::http::h3 {
namespace {

// Small, so that the fuzzer reaches them.
ServerConfig small() {
  ServerConfig config;
  config.max_request_line = 64;
  config.max_header_bytes = 256;
  config.max_headers = 8;
  config.max_body_bytes = 256;
  return config;
}

struct Host {
  const ServerConfig server = small();
  const Config config{.max_streams = 8};
  ManualClock clock{Timestamp{}};
  telemetry::Registry registry;
  Router router;
  http::Metrics requests{registry, router};
  Metrics metrics{registry};
  DateCache date{clock};
  Protocol protocol{server, config, requests, metrics, date};
  runtime::Loop loop;
};

Host& host() {
  static Host host;
  return host;
}

constexpr std::size_t kWindow = 1024;

class Connection final : public Streams {
 public:
  Connection() { SOUK_ASSERT(session_.begin(3, 7, 11)); }
  ~Connection() override {
    session_.cancel_all();
    resume();
    SOUK_ASSERT(scope_.active() == 0);
  }

  // False when the connection is to be closed.
  bool receive(std::int64_t id, std::span<const std::uint8_t> bytes, bool end) {
    auto& stream = streams_[id];
    if (stream.ended || stream.closed) return true;
    bytes = bytes.first(std::min(bytes.size(), kWindow - stream.unconsumed));
    stream.unconsumed += bytes.size();
    stream.ended = end;
    if (session_.received(id, bytes, end, {}) != 0) return false;
    go_on();
    return true;
  }
  bool cancel(std::int64_t id) {
    auto& stream = streams_[id];
    if (stream.closed) return true;
    stream.ended = true;
    const bool goes_on = session_.cancelled(id, {}) == 0;
    go_on();
    return goes_on;
  }
  bool close(std::int64_t id) {
    auto& stream = streams_[id];
    if (std::exchange(stream.closed, true)) return true;
    const bool goes_on = session_.closed(id, NGHTTP3_H3_NO_ERROR, {}) == 0;
    go_on();
    return goes_on;
  }
  // Sends what there is, and acknowledges it.
  bool send() {
    for (int i = 0; i < 1000; ++i) {
      Session::Output out;
      if (!session_.output(out)) return false;
      if (out.stream < 0) return true;
      std::size_t size = 0;
      for (std::size_t piece = 0; piece < out.count; ++piece) size += out.pieces[piece].len;
      session_.sent(out.stream, size, {});
      if (size > 0 && session_.acknowledged(out.stream, size, {}) != 0) return false;
      if (size == 0 && !out.end) return true;
    }
    return true;
  }

 private:
  struct Stream {
    std::size_t unconsumed = 0;
    bool ended = false;
    bool closed = false;
  };

  void consumed(std::int64_t id, std::size_t bytes) override {
    SOUK_ASSERT(streams_[id].unconsumed >= bytes);
    streams_[id].unconsumed -= bytes;
  }
  void stop_reading(std::int64_t, std::uint64_t) override {}
  void reset(std::int64_t, std::uint64_t) override {}
  bool has_credit() const override { return true; }
  void stream_ended() override {}
  void written_to() override {}

  void go_on() {
    resume();
    while (auto* const exchange = session_.next()) scope_.spawn(answer(*exchange));
    resume();
  }
  void resume() {
    for (auto& source : sources_) source.arrived();
  }
  runtime::Task<void> answer(Exchange& exchange) {
    auto& source = sources_.emplace_back(session_);
    source.read(exchange);
    for (const auto& [name, value] : exchange.request.headers) SOUK_ASSERT(!name.empty());
    SOUK_ASSERT(exchange.request.headers.size() <= host().server.max_headers);
    const auto way = exchange.request.path.size() % 3;
    std::size_t bytes = 0;
    if (way != 2) exchange.body.want(host().server.max_body_bytes);
    if (way == 0) {
      const auto body = co_await exchange.body.gather();
      if (body) bytes = body->size();
    }
    while (way == 1) {
      const auto piece = co_await exchange.body.next();
      if (!piece || piece->empty()) break;
      bytes += piece->size();
    }
    SOUK_ASSERT(bytes <= host().server.max_body_bytes);
    exchange.response = text(200, "answer");
    if (exchange.cancelled) {
      session_.abandon(exchange);
    } else {
      SOUK_ASSERT(!session_.respond(exchange));
    }
  }

  std::map<std::int64_t, Stream> streams_;
  Session session_{host().protocol, *this};
  std::deque<test::TestBodySource> sources_;
  runtime::Scope scope_{host().loop};
};

}  // namespace
}  // namespace souk::http::h3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  souk::http::h3::Connection connection;
  std::span<const std::uint8_t> input(data, size);
  // Three requests and three streams of the client's own.
  constexpr std::array<std::int64_t, 6> kStreams = {0, 4, 8, 2, 6, 10};
  while (input.size() >= 3) {
    const auto id = kStreams[input[0] % kStreams.size()];
    const auto flags = input[1];
    const auto length = std::min<std::size_t>(input[2], input.size() - 3);
    const auto bytes = input.subspan(3, length);
    input = input.subspan(3 + length);
    if (!connection.receive(id, bytes, (flags & 1) != 0)) return 0;
    if ((flags & 2) != 0 && !connection.cancel(id)) return 0;
    if (!connection.send()) return 0;
    if ((flags & 4) != 0 && !connection.close(id)) return 0;
  }
  return 0;
}
