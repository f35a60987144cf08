// For tests: a server with a route for everything that a server does with handlers.
// Threading: the handlers run on the server's worker. Ownership: the fixture owns all.
#pragma once

#include "http/server/test_server.h"

namespace souk::http {

using namespace std::chrono_literals;

// State shared by handlers and tests.
struct Shop {
  std::atomic<int> calls = 0;
  std::atomic<int> held = 0;
  std::atomic<bool> release = false;
  std::atomic<std::size_t> produced = 0;
  std::atomic<int> streams = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<std::size_t> largest_piece = 0;
  std::chrono::milliseconds pause{0};
};

// A stream of `pieces` times kStreamPieceBytes; can announce a wrong length.
class CountedStream final : public BodyStream {
 public:
  CountedStream(Shop& shop, std::size_t pieces, std::optional<std::uint64_t> length)
      : shop_(shop), pieces_(pieces), length_(length) {
    ++shop_.streams;
  }
  ~CountedStream() override { --shop_.streams; }
  runtime::Task<bool> next(Buffer& out) override {
    if (pieces_ == 0) co_return false;
    if (pieces_ == kFails) throw std::runtime_error("as told");
    --pieces_;
    out.append(std::string(kStreamPieceBytes, 's'));
    shop_.produced += kStreamPieceBytes;
    co_return true;
  }
  std::optional<std::uint64_t> length() const override { return length_; }

  static constexpr std::size_t kFails = 666;

 private:
  Shop& shop_;
  std::size_t pieces_;
  std::optional<std::uint64_t> length_;
};

// One small piece, and another when released; cut when cancelled.
class HeldStream final : public BodyStream {
 public:
  HeldStream(Shop& shop, runtime::Context& context, runtime::Loop& loop)
      : shop_(shop), context_(context), loop_(loop) {
    ++shop_.streams;
  }
  ~HeldStream() override { --shop_.streams; }
  runtime::Task<bool> next(Buffer& out) override {
    if (pieces_ == 2) co_return false;
    if (++pieces_ == 1) {
      co_await loop_.sleep(1ms);  // made after the head was sent
      out.append("first");
      co_return true;
    }
    ++shop_.held;
    while (!shop_.release && !context_.cancelled) co_await loop_.sleep(1ms);
    out.append("second");
    co_return true;
  }
  std::optional<std::uint64_t> length() const override { return std::nullopt; }

 private:
  Shop& shop_;
  runtime::Context& context_;
  runtime::Loop& loop_;
  int pieces_ = 0;
};

inline runtime::Task<Response> hello(Shop& shop) {
  ++shop.calls;
  auto response = text(200, "hello");
  response.etag = "\"v1\"";
  co_return response;
}

inline runtime::Task<Response> echo(Shop& shop, const Request& request) {
  ++shop.calls;
  co_return text(200, std::string(request.body));
}

inline runtime::Task<Response> describe(const Request& request) {
  co_return text(200, std::string(request.parameters["id"]) + '|' + std::string(request.query) +
                          '|' + request.peer.address.text() + '|' + std::string(request.authority));
}

inline runtime::Task<Response> client_of(const Request& request) {
  co_return text(200, request.client.text());
}

inline runtime::Task<Response> fail_as_told() {
  throw std::runtime_error("as told");
  co_return no_content();
}

inline runtime::Task<Response> spend(runtime::Context& context) {
  context.statements = 3;
  context.database_time = 1500us;
  co_return no_content();
}

inline runtime::Task<Response> hold(Shop& shop, runtime::Loop& loop) {
  ++shop.held;
  while (!shop.release) co_await loop.sleep(1ms);
  co_return text(200, "released");
}

// Ends when released or cancelled.
inline runtime::Task<Response> wait_for_release(Shop& shop, runtime::Context& context,
                                                runtime::Loop& loop) {
  ++shop.held;
  while (!shop.release && !context.cancelled) co_await loop.sleep(1ms);
  if (context.cancelled) ++shop.cancelled;
  co_return text(200, "released");
}

// With a loop: pauses after the first piece.
inline runtime::Task<Response> measure(Shop& shop, const Request& request,
                                       runtime::Loop* loop = nullptr) {
  std::size_t bytes = 0;
  if (loop != nullptr) ++shop.held;
  for (;;) {
    const auto piece = co_await request.arriving->next();
    if (!piece) co_return text(piece.error().status, std::string(piece.error().detail));
    if (piece->empty()) co_return text(200, std::to_string(bytes));
    if (loop != nullptr && bytes == 0) {
      co_await loop->sleep(shop.pause);
      ++shop.held;
    }
    bytes += piece->size();
    shop.largest_piece = std::max(shop.largest_piece.load(), piece->size());
  }
}

inline runtime::Task<Response> large() {
  co_return json(200, std::make_shared<const std::string>(3'000'000, 'L'));
}

inline runtime::Task<Response> whole_stream(Shop& shop, std::size_t pieces,
                                            std::optional<std::uint64_t> length) {
  co_return stream(200, "text/csv", std::make_unique<CountedStream>(shop, pieces, length));
}

inline runtime::Task<Response> held_stream(Shop& shop, runtime::Context& context,
                                           runtime::Loop& loop) {
  co_return stream(200, "text/csv", std::make_unique<HeldStream>(shop, context, loop));
}

inline constexpr std::size_t kEndlessPieces = 1'000'000;
inline constexpr std::size_t kUploadBytes = 8 * 1024 * 1024;

class ShopTest : public ::testing::Test {
 protected:
  static ServerConfig defaults() { return {.port = 0, .server_timing = true}; }

  void start(ServerConfig config = defaults()) {
    const auto routes = [this](Router& router, runtime::Loop& loop) {
      const auto get = [&router](std::string path, auto handler,
                                 Access access = Access::kEverybody) {
        router.add({.method = Method::kGet,
                    .path = std::move(path),
                    .handler = std::move(handler),
                    .name = {},
                    .access = access});
      };
      using C = runtime::Context;
      get("/hello", [this](C&, const Request&) { return hello(shop_); });
      router.add({.method = Method::kGet,
                  .path = "/items/{id}",
                  .handler = [](C&, const Request& request) { return describe(request); },
                  .name = {},
                  .query = {"x"}});
      get("/client", [](C&, const Request& request) { return client_of(request); });
      get("/throw", [](C&, const Request&) { return fail_as_told(); });
      get("/spend", [](C& context, const Request&) { return spend(context); });
      get("/hold", [this, &loop](C&, const Request&) { return hold(shop_, loop); });
      const auto wait = [this, &loop](C& context, const Request&) {
        return wait_for_release(shop_, context, loop);
      };
      get("/wait", wait);
      router.add({.method = Method::kPost, .path = "/wait", .handler = wait, .name = {}});
      get("/large", [](C&, const Request&) { return large(); });
      get("/private", [this](C&, const Request&) { return hello(shop_); }, Access{1});
      const auto add_stream = [&](std::string path, std::size_t pieces,
                                  std::optional<std::uint64_t> length) {
        get(std::move(path), [this, pieces, length](C&, const Request&) {
          return whole_stream(shop_, pieces, length);
        });
      };
      add_stream("/stream", 3, std::nullopt);
      add_stream("/stream/known", 3, 3 * kStreamPieceBytes);
      add_stream("/stream/short", 3, 4 * kStreamPieceBytes);
      add_stream("/stream/long", 3, 2 * kStreamPieceBytes);
      add_stream("/stream/fails", CountedStream::kFails, std::nullopt);
      add_stream("/stream/endless", kEndlessPieces, std::nullopt);
      get("/stream/held",
          [this, &loop](C& context, const Request&) { return held_stream(shop_, context, loop); });
      router.add({.method = Method::kPost,
                  .path = "/echo",
                  .handler = [this](C&, const Request& request) { return echo(shop_, request); },
                  .name = {},
                  .takes = Takes::kBody});
      router.add({.method = Method::kPost,
                  .path = "/private/echo",
                  .handler = [this](C&, const Request& request) { return echo(shop_, request); },
                  .name = {},
                  .access = Access{1},
                  .takes = Takes::kBody});
      router.add({.method = Method::kPost,
                  .path = "/upload",
                  .handler = [this](C&, const Request& request) { return measure(shop_, request); },
                  .name = {},
                  .takes = Takes::kPieces,
                  .max_body_bytes = kUploadBytes});
      router.add(
          {.method = Method::kPost,
           .path = "/upload/slow",
           .handler = [this, &loop](
                          C&, const Request& request) { return measure(shop_, request, &loop); },
           .name = {},
           .takes = Takes::kPieces,
           .max_body_bytes = kUploadBytes});
      router.add({.method = Method::kPut,
                  .path = "/small",
                  .handler = [this](C&, const Request& request) { return echo(shop_, request); },
                  .name = {},
                  .takes = Takes::kBody,
                  .max_body_bytes = 4});
    };
    server_.emplace(std::move(config), routes, tls_, http3_);
  }

  double connections() { return server_->metric("souk_http_connections"); }

  bool tls_ = over_tls();
  bool http3_ = false;
  Shop shop_;
  std::optional<TestServer> server_;
};

}  // namespace souk::http
