// For tests: a client of HTTP/2 on nghttp2, with any number of requests at once.
// Threading: one thread. Ownership: owns its wire.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>

#include "http/server/test_client.h"

namespace souk::http::test {

class H2Client final : public Client {
 public:
  struct Options {
    std::uint32_t window = 65'535;  // of each stream
    bool opens_windows = true;      // as it receives
    std::string authority = "h";
    std::string scheme = "http";
  };

  explicit H2Client(std::unique_ptr<Wire> wire) : H2Client(std::move(wire), Options()) {}
  H2Client(std::unique_ptr<Wire> wire, Options options)
      : wire_(std::move(wire)), options_(std::move(options)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    ::nghttp2_session_callbacks_new(&callbacks);
    ::nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    ::nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    ::nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    ::nghttp2_option_new(&option);
    ::nghttp2_option_set_no_auto_window_update(option, options_.opens_windows ? 0 : 1);
    ::nghttp2_option_set_max_send_header_block_length(option, std::size_t{1} << 20);
    ::nghttp2_option_set_peer_max_concurrent_streams(option, 1'000'000);
    ::nghttp2_session_client_new2(&session_, callbacks, this, option);
    ::nghttp2_option_del(option);
    ::nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.window};
    ::nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  }
  ~H2Client() override { ::nghttp2_session_del(session_); }

  int send(const Ask& ask) override {
    const auto id = submit(ask);
    flush();
    return id;
  }
  // As send(), but leaves with what is flushed next.
  int submit(const Ask& ask) {
    std::vector<nghttp2_nv> fields;
    const auto add = [&fields](std::string_view name, std::string_view value) {
      fields.push_back({bytes_of(name), bytes_of(value), name.size(), value.size(), 0});
    };
    add(":method", ask.method);
    add(":path", ask.path);
    add(":scheme", options_.scheme);
    add(":authority", options_.authority);
    for (const auto& [name, value] : ask.fields) add(name, value);
    const auto length = std::to_string(ask.body.value_or("").size());
    if (ask.body && ask.has_length && !ask.keeps_open) add("content-length", length);
    auto sending = std::make_unique<Stream>();
    sending->unsent = ask.body.value_or("");
    sending->ends = !ask.keeps_open;
    const nghttp2_data_provider body{.source = {.ptr = sending.get()}, .read_callback = read_body};
    const bool has_body = ask.body || ask.keeps_open;
    const int id = ::nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                            has_body ? &body : nullptr, nullptr);
    EXPECT_GT(id, 0);
    streams_[id] = std::move(sending);
    return id;
  }
  void send_body(int id, std::string_view bytes, bool ends) override {
    auto& stream = *streams_[id];
    stream.unsent += bytes;
    stream.ends = ends;
    ::nghttp2_session_resume_data(session_, id);
    flush();
  }
  Answer receive(int id) override {
    auto& stream = *streams_[id];
    while (!stream.closed && !stream.answer.complete && read_more()) {
    }
    return stream.answer;
  }
  std::string receive_some(int id, std::size_t bytes) override {
    auto& stream = *streams_[id];
    while (!stream.closed && stream.answer.body.size() < bytes && read_more()) {
    }
    return stream.answer.body.substr(0, bytes);
  }
  bool is_invited(int id) override {
    auto& stream = *streams_[id];
    while (!stream.closed && stream.answer.interim.empty() && stream.answer.status == 0 &&
           read_more()) {
    }
    return !stream.answer.interim.empty();
  }
  void cancel(int id) override {
    ::nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
    flush();
  }
  bool is_closed() override {
    while (read_more()) {
    }
    return true;
  }

  // For tests of the protocol itself.
  nghttp2_session* session() { return session_; }
  Wire& wire() { return *wire_; }
  // Sends what the session has to send.
  void flush() {
    std::string all;
    const std::uint8_t* bytes = nullptr;
    while (const auto size = ::nghttp2_session_mem_send(session_, &bytes)) {
      if (size < 0) break;
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
    wire_->send(all);
  }
  // Reads once. False: the server has closed the connection.
  bool read_more() {
    const auto bytes = receive_bytes();
    return !bytes.empty() && take(bytes);
  }
  // The two halves of read_more(): what is received is unknown to the client before it is taken.
  std::string receive_bytes() {
    std::string bytes(16 * 1024, '\0');
    bytes.resize(wire_->receive(bytes.data(), bytes.size()));
    return bytes;
  }
  bool take(std::string_view bytes) {
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (::nghttp2_session_mem_recv(session_, data, bytes.size()) < 0) return false;
    flush();
    return true;
  }
  std::size_t received_of(int id) { return streams_[id]->answer.body.size(); }
  std::uint32_t reset_error(int id) { return streams_[id]->error; }
  // Of the last GOAWAY; nothing: none came.
  std::optional<std::uint32_t> goaway_error() const { return goaway_error_; }
  const std::vector<std::int32_t>& last_streams() const { return last_streams_; }
  // Frames of that type received.
  std::size_t received(std::uint8_t type) { return received_[type]; }

 private:
  struct Stream {
    Answer answer;
    std::string unsent;
    bool ends = true;
    bool closed = false;
    std::uint32_t error = 0;
  };

  static std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  static H2Client& self(void* user_data) { return *static_cast<H2Client*>(user_data); }
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t length,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    if (stream.unsent.empty() && !stream.ends) return NGHTTP2_ERR_DEFERRED;
    const auto size = std::min(length, stream.unsent.size());
    std::copy_n(stream.unsent.data(), size, to);
    stream.unsent.erase(0, size);
    if (stream.unsent.empty() && stream.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user_data) {
    auto& answer = self(user_data).streams_[frame->hd.stream_id]->answer;
    std::string field(reinterpret_cast<const char*>(name), name_size);
    std::string text(reinterpret_cast<const char*>(value), value_size);
    if (field != ":status") {
      answer.fields.emplace_back(std::move(field), std::move(text));
    } else if (text.front() == '1') {
      answer.interim.push_back(std::stoi(text));
    } else {
      answer.status = std::stoi(text);
    }
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    auto& client = self(user_data);
    ++client.received_[frame->hd.type];
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      client.goaway_error_ = frame->goaway.error_code;
      client.last_streams_.push_back(frame->goaway.last_stream_id);
    }
    const bool content = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (content && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      client.streams_[frame->hd.stream_id]->answer.complete = true;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                     std::size_t size, void* user_data) {
    self(user_data).streams_[id]->answer.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user_data) {
    auto& stream = *self(user_data).streams_[id];
    stream.closed = true;
    stream.error = error;
    return 0;
  }

  std::unique_ptr<Wire> wire_;
  const Options options_;
  nghttp2_session* session_ = nullptr;
  std::map<int, std::unique_ptr<Stream>> streams_;
  std::map<std::uint8_t, std::size_t> received_;
  std::optional<std::uint32_t> goaway_error_;
  std::vector<std::int32_t> last_streams_;
};

}  // namespace souk::http::test
