// For tests: a client of HTTP/1.1, which waits for each answer.
// Threading: one thread. Ownership: owns its wire.
#pragma once

#include <fmt/format.h>

#include "http/h1/response_parser.h"
#include "http/server/test_client.h"

namespace souk::http::test {

// One request at a time.
class H1Client final : public Client {
 public:
  explicit H1Client(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}

  int send(const Ask& ask) override {
    std::string head = ask.method + ' ' + ask.path + " HTTP/1.1\r\nHost: h\r\n";
    for (const auto& [name, value] : ask.fields) {
      head.append(name).append(": ").append(value).append("\r\n");
    }
    chunked_ = (ask.body || ask.keeps_open) && !ask.has_length;
    if (chunked_) head += "Transfer-Encoding: chunked\r\n";
    if (!chunked_ && ask.body && !ask.keeps_open) {
      head += "Content-Length: " + std::to_string(ask.body->size()) + "\r\n";
    }
    to_head_ = ask.method == "HEAD";
    wire_->send(head + "\r\n");
    if (ask.body) send_body(0, *ask.body, !ask.keeps_open);
    return 0;
  }
  void send_body(int, std::string_view bytes, bool ends) override {
    if (!chunked_) {
      wire_->send(bytes);
      return;
    }
    if (!bytes.empty()) {
      wire_->send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes));
    }
    if (ends) wire_->send("0\r\n\r\n");
  }
  Answer receive(int) override {
    Answer answer;
    while (receive_interim(answer)) {
    }
    h1::ResponseParser parser({.max_body_bytes = std::size_t{256} << 20});
    parser.start(0, to_head_);
    bool has_head = false;
    for (;;) {
      auto event = parser.parse(in_);
      if (event == h1::Event::kNeedMore && !read_more()) event = parser.finish(in_);
      if (event == h1::Event::kHead) has_head = true;
      if (event == h1::Event::kError || event == h1::Event::kComplete) {
        if (!has_head) return answer;
        answer.status = parser.status();
        Headers headers;
        parser.bind_headers(in_, headers);
        for (const auto& [name, value] : headers)
          answer.fields.emplace_back(lower_case(name), value);
        answer.complete = event == h1::Event::kComplete;
        if (answer.complete) answer.body = parser.body(in_);
        in_.consume(answer.complete ? parser.end() : in_.size());
        return answer;
      }
    }
  }
  std::string receive_some(int, std::size_t bytes) override {
    Answer ignored;
    while (receive_interim(ignored)) {
    }
    while (!in_.view().contains("\r\n\r\n") && read_more()) {
    }
    const auto head = in_.view().find("\r\n\r\n") + 4;
    while (in_.size() - head < bytes && read_more()) {
    }
    return std::string(in_.view().substr(head, bytes));
  }
  bool is_invited(int) override {
    Answer answer;
    return receive_interim(answer);
  }
  void cancel(int) override { wire_.reset(); }
  bool is_closed() override {
    std::array<char, 64> bytes;
    while (in_.empty() && wire_->receive(bytes.data(), bytes.size()) > 0) {
    }
    return in_.empty();
  }

 private:
  static constexpr std::size_t kBytes = 64 * 1024;

  static std::string lower_case(std::string_view text) {
    std::string made(text);
    std::ranges::transform(made, made.begin(), to_lower);
    return made;
  }
  bool read_more() {
    const auto n = wire_->receive(in_.prepare(kBytes), kBytes);
    in_.commit(n);
    return n > 0;
  }
  // Takes an interim response, if one comes next.
  bool receive_interim(Answer& answer) {
    while (!in_.view().contains("\r\n\r\n")) {
      if (!read_more()) return false;
    }
    int status = 0;
    std::from_chars(in_.data() + 9, in_.data() + 12, status);
    if (status >= 200) return false;
    answer.interim.push_back(status);
    in_.consume(in_.view().find("\r\n\r\n") + 4);
    return true;
  }

  std::unique_ptr<Wire> wire_;
  Buffer in_;
  bool chunked_ = false;
  bool to_head_ = false;
};

}  // namespace souk::http::test
