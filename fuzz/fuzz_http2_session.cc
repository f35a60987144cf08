// An HTTP/2 session: for any input, split anywhere, it holds a bounded number of exchanges and
// bytes, hands out only well-formed requests, and ends every exchange. The input is what follows
// the preface, which a fuzzer would not find.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "http/h2/session.h"
#include "http/server/exchange_runner.h"
#include "pieces.h"

namespace souk::http::h2 {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kMaxStreams = 4;

// Small, so that the fuzzer reaches them.
ServerConfig small() {
  ServerConfig config;
  config.max_header_bytes = 512;
  config.max_headers = 8;
  config.max_body_bytes = 256;
  config.http2_max_streams = kMaxStreams;
  config.http2_max_resets = config.http2_max_pings = config.http2_max_settings = 8;
  config.http2_max_priority_updates = config.http2_max_empty_frames = 8;
  return config;
}

struct Host {
  const ServerConfig config = small();
  ManualClock clock{Timestamp{}};
  telemetry::Registry registry;
  Router router;
  Metrics metrics{registry, router};
  Protocol protocol{config, metrics, clock};
};

Host& host() {
  static Host host;
  return host;
}

// Reads bodies and answers without coroutines: everything happens within feed().
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
    session_->drain({});
    session_->elapsed(http::Session::Time::max());
    go_on();
    SOUK_ASSERT(running_.empty() || !session_->drained());
  }
  const std::string& read() const { return read_; }

 private:
  // Stands for the server: notes nothing, since go_on() looks at every exchange.
  struct Source final : BodySource {
    void wanted() override {}
    runtime::Task<void> more(IncomingBody&) override { co_return; }
    void changed() override {}
  };

  void go_on() {
    while (auto* const exchange = session_->next()) start(*exchange);
    std::erase_if(running_, [this](Exchange* exchange) { return go_on(*exchange); });
    SOUK_ASSERT(running_.size() <= kMaxStreams);
    take_output();
  }
  void start(Exchange& exchange) {
    const auto& request = exchange.request;
    for (const auto part :
         {request.method_text, request.target, request.path, request.query, request.authority}) {
      note(part);
    }
    for (const auto& [name, value] : request.headers) {
      SOUK_ASSERT(!name.empty() && name.front() != ':');
      note(name);
      note(value);
    }
    SOUK_ASSERT(request.headers.size() <= host().config.max_headers);
    exchange.body.set_source(source_);
    exchange.body.want(host().config.max_body_bytes);
    session_->body_wanted(exchange);
    running_.push_back(&exchange);
  }
  // Whether it has ended.
  bool go_on(Exchange& exchange) {
    auto& body = exchange.body;
    if (exchange.cancelled) {
      session_->abandon(exchange);
      return true;
    }
    SOUK_ASSERT(body.held_bytes() <= 2 * IncomingBody::kWindowBytes);
    if (!body.ended() && !body.failed()) return false;
    if (body.ended()) note(body.whole());
    SOUK_ASSERT(body.failed() || body.whole().size() <= host().config.max_body_bytes);
    exchange.response = text(body.failed() ? 400 : 200, "answer");
    if (session_->respond(exchange)) session_->abandon(exchange);
    return true;
  }
  void take_output() {
    auto* const out = session_->pending();
    SOUK_ASSERT(out->size() <= 1024 * 1024);
    out->sent(out->size());
  }
  void note(std::string_view part) {
    read_ += part;
    read_ += '|';
  }

  std::unique_ptr<http::Session> session_ = host().protocol.open();
  Source source_;
  std::vector<Exchange*> running_;
  std::string read_;
};

std::string read(std::string_view wire, std::size_t largest_piece) {
  Reading reading;
  reading.feed(kPreface);
  fuzz::feed_in_pieces(wire, largest_piece,
                       [&](std::string_view piece) { return reading.feed(piece); });
  reading.finish();
  return reading.read();
}

}  // namespace
}  // namespace souk::http::h2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using souk::http::h2::read;
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  read(wire, wire.size() + 1);
  read(wire, 1);
  read(wire, 40);
  return 0;
}
