#include "http/h2/callbacks.h"

#include "http/h2/session.h"

// nghttp2 is C: an exception must not leave these functions. They allocate, and without memory the
// process ends.
//
// What nghttp2 reads ends with the session. Terminating the session from within these functions is
// not enough: nghttp2 1.52 goes on after a frame of DATA, and an assertion of its own ends the
// process at the next frame of a wrong size (nghttp2_session.c, IB_FRAME_SIZE_ERROR).
namespace souk::http::h2 {
namespace {

constexpr std::size_t kFrameHeadBytes = 9;

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Session& session_of(void* user_data) { return *static_cast<Session*>(user_data); }

// Null for a stream that nghttp2 has refused or closed.
Stream* stream_of(nghttp2_session* session, std::int32_t id) {
  return static_cast<Stream*>(::nghttp2_session_get_stream_user_data(session, id));
}

bool ends_stream(const nghttp2_frame& frame) {
  return (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}
bool is_request(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                  std::uint32_t* flags, nghttp2_data_source* source, void*) noexcept {
  const auto& stream = *static_cast<Stream*>(source->ptr);
  if (stream.unsent.empty() && !stream.finished) return NGHTTP2_ERR_DEFERRED;
  const auto size = std::min(length, stream.unsent.size());
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (stream.finished && size == stream.unsent.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

}  // namespace

struct Events {
  // What a callback of reading returns.
  static int go_on(const Session& session) {
    return session.ending_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }

  // Frames that nghttp2 takes without another callback are counted here.
  static int on_begin_frame(nghttp2_session*, const nghttp2_frame_hd* head,
                            void* user_data) noexcept {
    auto& session = session_of(user_data);
    // nghttp2 does not tell the end of a header block whose stream has closed meanwhile.
    if (head->type != NGHTTP2_CONTINUATION) session.head_of_ = 0;
    if (head->type == NGHTTP2_HEADERS) {
      session.count_head(head->stream_id);
    } else if (head->type == NGHTTP2_WINDOW_UPDATE) {
      session.count(Limit::kWindowUpdates);
    } else if (head->type == NGHTTP2_GOAWAY ||
               (head->type > NGHTTP2_CONTINUATION && head->type != NGHTTP2_PRIORITY_UPDATE)) {
      session.count(Limit::kUnknownFrames);
    }
    return go_on(session);
  }

  static int on_unknown_frame(nghttp2_session*, void**, const nghttp2_frame_hd*, void*) noexcept {
    return NGHTTP2_ERR_CANCEL;  // ignores it
  }

  static int on_begin_headers(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                              void* user_data) noexcept {
    auto& session = session_of(user_data);
    session.head_of_ = frame->hd.stream_id;
    if (!is_request(*frame)) return 0;
    auto& stream = session.begin_stream(frame->hd.stream_id);
    return ::nghttp2_session_set_stream_user_data(nghttp2, frame->hd.stream_id, &stream);
  }

  static int on_header(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void* user_data) noexcept {
    auto* const stream = stream_of(nghttp2, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    auto& session = session_of(user_data);
    session.add_field(*stream, is_request(*frame), text(name, name_size), text(value, value_size));
    return go_on(session);
  }

  static int on_frame(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                      void* user_data) noexcept {
    auto& session = session_of(user_data);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
      case NGHTTP2_DATA:
        if (auto* const stream = stream_of(nghttp2, frame->hd.stream_id)) {
          on_content(session, *stream, *frame);
        }
        break;
      case NGHTTP2_RST_STREAM:
        session.count(Limit::kResets);
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
          session.ping_answered();
        } else {
          session.count(Limit::kPings);
        }
        break;
      case NGHTTP2_SETTINGS:
        session.count(Limit::kSettings);
        break;
      case NGHTTP2_PRIORITY:
      case NGHTTP2_PRIORITY_UPDATE:
        session.count(Limit::kPriorityUpdates);
        break;
      default:
        break;
    }
    return go_on(session);
  }

  static void on_content(Session& session, Stream& stream, const nghttp2_frame& frame) {
    const bool is_data = frame.hd.type == NGHTTP2_DATA;
    const auto padding = is_data ? frame.data.padlen : frame.headers.padlen;
    if (frame.hd.length <= padding && !(is_data && ends_stream(frame))) {
      session.count(Limit::kEmptyFrames);
    }
    if (is_request(frame)) {
      session.end_head(stream, ends_stream(frame));
    } else if (!is_data) {
      session.head_of_ = 0;  // trailers, which nothing reads
    }
    if (ends_stream(frame)) session.end_body(stream);
  }

  static int on_data(nghttp2_session* nghttp2, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void* user_data) noexcept {
    session_of(user_data).add_body(stream_of(nghttp2, id), text(data, size));
    return 0;
  }

  // A frame that nghttp2 answers with a reset of its stream or the end of the connection. After the
  // latter for a PRIORITY_UPDATE it goes on reading (CVE-2026-27135, mended in Debian's 1.52.0).
  static int on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int,
                              void* user_data) noexcept {
    if (frame->hd.type == NGHTTP2_PRIORITY_UPDATE) return NGHTTP2_ERR_CALLBACK_FAILURE;
    auto& session = session_of(user_data);
    session.head_of_ = 0;
    session.protocol_.metrics_.protocol_error(400);
    return 0;
  }

  static int on_frame_sent(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                           void* user_data) noexcept {
    auto& session = session_of(user_data);
    if (frame->hd.type == NGHTTP2_RST_STREAM) {
      session.reset_sent(frame->rst_stream.error_code);
    } else if (frame->hd.type == NGHTTP2_GOAWAY) {
      if (frame->goaway.error_code != NGHTTP2_NO_ERROR) session.end_all();
    } else if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) {
      auto* const stream = stream_of(nghttp2, frame->hd.stream_id);
      if (stream == nullptr) return 0;
      if (frame->hd.type == NGHTTP2_HEADERS) --stream->unsent_heads;
      // RFC 9113 section 8.1: the response does not need the rest of the request.
      if (ends_stream(*frame) && !stream->remote_ended) {
        return ::nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id,
                                           NGHTTP2_NO_ERROR);
      }
    }
    return 0;
  }

  static int on_send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head,
                          std::size_t size, nghttp2_data_source* source, void* user_data) noexcept {
    auto& session = session_of(user_data);
    session.put_data(*static_cast<Stream*>(source->ptr), text(head, kFrameHeadBytes), size);
    return session.out_.full() ? NGHTTP2_ERR_PAUSE : 0;
  }

  static int on_stream_close(nghttp2_session* nghttp2, std::int32_t id, std::uint32_t,
                             void* user_data) noexcept {
    auto& session = session_of(user_data);
    if (session.head_of_ == id) session.head_of_ = 0;
    if (auto* const stream = stream_of(nghttp2, id)) session.close_stream(*stream);
    return 0;
  }
};

nghttp2_data_provider body_of(Stream& stream) {
  return {.source = {.ptr = &stream}, .read_callback = read_body};
}

nghttp2_session_callbacks* make_callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  if (::nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  ::nghttp2_session_callbacks_set_on_begin_frame_callback(made, Events::on_begin_frame);
  ::nghttp2_session_callbacks_set_unpack_extension_callback(made, Events::on_unknown_frame);
  ::nghttp2_session_callbacks_set_on_begin_headers_callback(made, Events::on_begin_headers);
  ::nghttp2_session_callbacks_set_on_header_callback(made, Events::on_header);
  ::nghttp2_session_callbacks_set_on_frame_recv_callback(made, Events::on_frame);
  ::nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Events::on_data);
  ::nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, Events::on_invalid_frame);
  ::nghttp2_session_callbacks_set_on_frame_send_callback(made, Events::on_frame_sent);
  ::nghttp2_session_callbacks_set_send_data_callback(made, Events::on_send_data);
  ::nghttp2_session_callbacks_set_on_stream_close_callback(made, Events::on_stream_close);
  return made;
}

}  // namespace souk::http::h2
