#include "http/h2/client_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <deque>
#include <new>
#include <string>

#include "http/syntax.h"

namespace souk::http::h2 {
namespace {

constexpr std::int32_t kStreamWindowBytes = 1024 * 1024;
constexpr std::int32_t kConnectionWindowBytes = 16 * 1024 * 1024;
constexpr std::size_t kFullBytes = 64 * 1024;  // of pending output

std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

// nghttp2's callbacks: an exception must not leave them. They allocate, and without memory the
// process ends.
struct ClientEvents {
  using Request = ClientSession::Request;

  static ClientSession& session_of(void* user_data) {
    return *static_cast<ClientSession*>(user_data);
  }

  static Request* request_of(nghttp2_session* nghttp2, std::int32_t id) {
    return static_cast<Request*>(::nghttp2_session_get_stream_user_data(nghttp2, id));
  }

  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t length,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
    auto& request = *static_cast<Request*>(source->ptr);
    const auto left = request.unsent.view().substr(request.sent);
    const auto size = std::min(length, left.size());
    std::copy_n(left.data(), size, to);
    request.sent += size;
    if (size == left.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_header(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) noexcept {
    auto* const request = request_of(nghttp2, frame->hd.stream_id);
    const std::string_view field(reinterpret_cast<const char*>(name), name_size);
    if (request == nullptr || field != ":status") return 0;
    const auto* const text = reinterpret_cast<const char*>(value);
    std::from_chars(text, text + value_size, request->status);
    return 0;
  }

  static int on_data(nghttp2_session* nghttp2, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void*) noexcept {
    auto* const request = request_of(nghttp2, id);
    if (request != nullptr) request->body.append({reinterpret_cast<const char*>(data), size});
    return 0;
  }

  static int on_frame(nghttp2_session* nghttp2, const nghttp2_frame* frame, void*) noexcept {
    const bool is_response = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (!is_response || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    if (auto* const request = request_of(nghttp2, frame->hd.stream_id)) request->answered = true;
    return 0;
  }

  static int on_close(nghttp2_session* nghttp2, std::int32_t id, std::uint32_t,
                      void* user_data) noexcept {
    if (auto* const request = request_of(nghttp2, id)) session_of(user_data).end(*request);
    return 0;
  }

  // E.g. because the server goes away.
  static int on_not_sent(nghttp2_session* nghttp2, const nghttp2_frame* frame, int,
                         void* user_data) noexcept {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto& session = session_of(user_data);
    const auto request = std::ranges::find(session.requests_, frame->hd.stream_id, &Request::id);
    if (request == session.requests_.end()) return 0;
    ::nghttp2_session_set_stream_user_data(nghttp2, frame->hd.stream_id, nullptr);
    session.end(*request);
    return 0;
  }
};

ClientSession::ClientSession(Answers& answers, bool tls) : answers_(answers), tls_(tls) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (::nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
  ::nghttp2_session_callbacks_set_on_header_callback(callbacks, &ClientEvents::on_header);
  ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &ClientEvents::on_data);
  ::nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &ClientEvents::on_frame);
  ::nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &ClientEvents::on_close);
  ::nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, &ClientEvents::on_not_sent);
  const int made = ::nghttp2_session_client_new(&nghttp2_, callbacks, this);
  ::nghttp2_session_callbacks_del(callbacks);
  if (made != 0) throw std::bad_alloc();
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes}};
  ::nghttp2_submit_settings(nghttp2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  ::nghttp2_session_set_local_window_size(nghttp2_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes);
}

ClientSession::~ClientSession() {
  ::nghttp2_session_del(nghttp2_);
  requests_.clear_and_dispose(std::default_delete<Request>());
}

bool ClientSession::takes_requests() const {
  return ::nghttp2_session_check_request_allowed(nghttp2_) != 0;
}

void ClientSession::send(Tag tag, const OutgoingRequest& request) {
  auto& sending = *std::make_unique<Request>().release();
  sending.tag = tag;
  sending.unsent.append(request.body);
  requests_.push_back(sending);
  std::deque<std::string> names;  // lower case, RFC 9113 section 8.2
  boost::container::small_vector<nghttp2_nv, 24> fields;
  const auto add = [&fields](std::string_view name, std::string_view value) {
    fields.push_back(
        {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  };
  add(":method", method_name(request.method));
  add(":scheme", tls_ ? "https" : "http");
  add(":authority", request.authority);
  add(":path", request.target);
  const auto length = std::to_string(request.body.size());
  if (!request.body.empty()) add("content-length", length);
  if (request.prepared != nullptr) {
    for (const auto [name, value] : request.prepared->lower_fields()) add(name, value);
  }
  if (request.headers != nullptr) {
    for (const auto [name, value] : *request.headers) {
      auto& lower = names.emplace_back(name);
      std::ranges::transform(lower, lower.begin(), to_lower);
      add(lower, value);
    }
  }
  const nghttp2_data_provider body{.source = {.ptr = &sending},
                                   .read_callback = &ClientEvents::read_body};
  sending.id = ::nghttp2_submit_request(nghttp2_, nullptr, fields.data(), fields.size(),
                                        request.body.empty() ? nullptr : &body, &sending);
  if (sending.id < 0) throw std::bad_alloc();
}

bool ClientSession::abandon(Tag tag) {
  const auto found = std::ranges::find_if(requests_, [tag](const Request& request) {
    return request.tag == tag && !request.abandoned;
  });
  if (found == requests_.end()) return true;
  found->abandoned = true;
  ::nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, found->id, NGHTTP2_CANCEL);
  return true;
}

void ClientSession::end(Request& request) {
  if (request.answered && !request.abandoned) {
    answers_.answered({.tag = request.tag, .status = request.status, .body = request.body.view()});
  } else if (!request.abandoned) {
    answers_.unanswered(request.tag);
  }
  requests_.erase_and_dispose(requests_.iterator_to(request), std::default_delete<Request>());
}

bool ClientSession::received(std::string_view bytes) {
  return ::nghttp2_session_mem_recv(nghttp2_, bytes_of(bytes), bytes.size()) >= 0;
}

bool ClientSession::ended() { return requests_.empty(); }

std::string_view ClientSession::pending() {
  const std::uint8_t* frame = nullptr;
  while (out_.size() < kFullBytes) {
    const auto size = ::nghttp2_session_mem_send(nghttp2_, &frame);
    if (size <= 0) break;
    out_.append({reinterpret_cast<const char*>(frame), static_cast<std::size_t>(size)});
  }
  return out_.view().substr(sent_);
}

void ClientSession::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < out_.size()) return;
  sent_ = 0;
  out_.recycle(0);
}

}  // namespace souk::http::h2
