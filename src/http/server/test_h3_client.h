// For tests: the client of HTTP/3 with the interface that the suite of all transports uses.
// Threading: one thread; another sends and receives meanwhile, as the kernel does for TCP.
// Ownership: owns its socket.
#pragma once

#include <mutex>
#include <thread>

#include "http/h3/test_client.h"
#include "http/server/test_client.h"

namespace souk::http::test {

class H3Client final : public Client {
 public:
  // A small `window` makes a slow reader; 0: the usual one.
  explicit H3Client(std::uint16_t port, std::uint64_t window = 0)
      : slow_(window > 0), client_(port, options(window)) {
    EXPECT_TRUE(client_.connect());
    client_->read_on(!slow_);
    pump_ = std::jthread([this](const std::stop_token& stop) { pump(stop); });
  }

  int send(const Ask& ask) override {
    h3::ClientRequest request{.method = ask.method,
                              .path = ask.path,
                              .fields = ask.fields,
                              .body = ask.body.value_or(""),
                              .complete = !ask.keeps_open};
    if (ask.body && ask.has_length && !ask.keeps_open) {
      request.fields.emplace_back("content-length", std::to_string(ask.body->size()));
    }
    std::optional<h3::Client::Id> id;
    until([&] { return (id = client_->request(request)) || client_->has_ended(); });
    return static_cast<int>(id.value_or(-1));
  }
  void send_body(int id, std::string_view bytes, bool ends) override {
    const std::scoped_lock lock(mutex_);
    client_->send_body(id, bytes, ends);
  }
  Answer receive(int id) override {
    if (id < 0) return {};
    until([&] { return response(id).ended; });
    const std::scoped_lock lock(mutex_);
    const auto& got = response(id);
    return {.status = got.status,
            .fields = got.fields,
            .body = got.body,
            .complete = got.ended && !got.error,
            .interim = got.interim};
  }
  std::string receive_some(int id, std::size_t bytes) override {
    read_on(true);
    until([&] { return response(id).body.size() >= bytes || response(id).ended; });
    read_on(!slow_);
    const std::scoped_lock lock(mutex_);
    return response(id).body;
  }
  bool is_invited(int id) override {
    until([&] { return !response(id).interim.empty() || response(id).status >= 200; });
    const std::scoped_lock lock(mutex_);
    return !response(id).interim.empty();
  }
  void cancel(int id) override {
    const std::scoped_lock lock(mutex_);
    client_->cancel(id);
  }
  bool is_closed() override {
    return until([&] { return client_->has_ended(); });
  }

 private:
  static h3::ClientOptions options(std::uint64_t window) {
    h3::ClientOptions options{.authority = "h", .ca_file = TestCertificate::get().authority_file()};
    if (window > 0) options.window = window;
    return options;
  }
  const h3::ClientResponse& response(int id) { return client_->response(id); }
  void read_on(bool on) {
    const std::scoped_lock lock(mutex_);
    client_->read_on(on);
  }
  template <class Condition>
  bool until(Condition condition) {
    return eventually([&] {
      const std::scoped_lock lock(mutex_);
      return condition();
    });
  }
  void pump(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        const std::scoped_lock lock(mutex_);
        client_.receive();
        client_.send();
      }
      client_.socket().wait(std::chrono::milliseconds(1));
    }
  }

  const bool slow_;
  std::mutex mutex_;
  h3::TestClient client_;  // guarded by mutex_
  std::jthread pump_;      // last: uses all of the above
};

}  // namespace souk::http::test
