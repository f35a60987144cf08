// HTTP/3 (RFC 9114) on the streams of one QUIC connection, without the connection: stream bytes in,
// exchanges out; responses in, stream bytes out. nghttp3 has the framing and QPACK; here are the
// limits, the requests' heads and bodies, and the responses.
//
// Threading: loop thread only. Ownership: borrows its Protocol and its Streams, which outlive it;
// owns its exchanges until both the client and the server have ended them.
#pragma once

#include <nghttp3/nghttp3.h>

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "http/date_cache.h"
#include "http/h3/config.h"
#include "http/h3/metrics.h"
#include "http/metrics.h"
#include "http/response_fields.h"
#include "http/server_config.h"
#include "http/session.h"

namespace souk::http::h3 {

// What a session asks of its QUIC connection.
class Streams {
 public:
  Streams() = default;
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;
  virtual ~Streams() = default;

  // The client may send so many bytes more, on the stream and in all.
  virtual void consumed(std::int64_t stream, std::size_t bytes) = 0;
  // Asks the client not to send the rest.
  virtual void stop_reading(std::int64_t stream, std::uint64_t code) = 0;
  virtual void reset(std::int64_t stream, std::uint64_t code) = 0;
  // Whether the connection's flow control lets the server send.
  virtual bool has_credit() const = 0;
  // A request has ended on both sides: the client may open another.
  virtual void stream_ended() = 0;
  // There is output.
  virtual void written_to() = 0;
};

// Shared by the sessions of one worker; all outlive them.
struct Protocol {
  const ServerConfig& server;
  const Config& config;
  http::Metrics& requests;
  Metrics& metrics;
  DateCache& date;
  ResponseFields fields = {};
  std::vector<nghttp3_nv> nghttp3_fields = {};
};

// With views that outlive its use.
inline nghttp3_nv field(std::string_view name, std::string_view value,
                        std::uint8_t flags = NGHTTP3_NV_FLAG_NONE) {
  const auto bytes = [](std::string_view text) {
    // nghttp3 does not write to it.
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), flags};
}

class Session final : public Exchanges {
 public:
  Session(Protocol& protocol, Streams& streams);
  ~Session() override;

  // The server's own streams. False: out of memory.
  bool begin(std::int64_t control, std::int64_t encoder, std::int64_t decoder);

  // Input. A result other than 0 is the HTTP/3 error that the connection must be closed with.
  std::uint64_t received(std::int64_t stream, std::span<const std::uint8_t> bytes, bool end,
                         Time at);
  std::uint64_t acknowledged(std::int64_t stream, std::uint64_t bytes, Time at);
  // The client ended its side abruptly (RESET_STREAM).
  std::uint64_t cancelled(std::int64_t stream, Time at);
  // QUIC takes no more bytes of the stream: the client does not want them (STOP_SENDING).
  std::uint64_t unwanted(std::int64_t stream, Time at);
  std::uint64_t closed(std::int64_t stream, std::uint64_t code, Time at);
  void unblocked(std::int64_t stream);
  void set_max_streams(std::uint64_t streams) {
    nghttp3_conn_set_max_client_streams_bidi(conn_.get(), streams);
  }

  // Call it before what follows. Responses have write_timeout from then on.
  void begin_output(Time at);
  // Output: bytes to be sent on a stream (-1: none).
  struct Output {
    std::int64_t stream = -1;
    bool end = false;
    std::array<nghttp3_vec, 16> pieces;
    std::size_t count = 0;
  };
  // The error is as for received().
  std::expected<void, std::uint64_t> output(Output& out);
  void sent(std::int64_t stream, std::size_t bytes, Time at);
  // The client's flow control does not let the stream go on.
  void blocked(std::int64_t stream, Time at);

  Exchange* next() override;
  bool is_full() const override { return false; }
  void body_wanted(Exchange& exchange) override;
  bool respond(Exchange& exchange) override;
  // What the client has not acknowledged is bounded.
  bool takes_piece(const Exchange& exchange) const override;
  bool send_piece(Exchange& exchange, std::string_view piece) override;
  bool finish(Exchange& exchange) override;
  bool abandon(Exchange& exchange) override;

  // Announces that no requests are taken (GOAWAY): first without a bound, so that requests on their
  // way are taken too; then, after a round trip, for good.
  void announce_drain();
  void drain();
  // Whether nothing is to be done for the client: it may still owe the ends of answered requests.
  bool is_idle() const;
  // Whether every stream has ended on both sides.
  bool is_empty() const { return streams_.empty(); }
  // When elapsed() must be called; its result is as for received().
  std::optional<Time> due();
  std::uint64_t elapsed(Time now);
  // The connection has ended.
  void cancel_all();

 private:
  struct Stream;
  struct Callbacks;
  using WaitingHook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  struct Waiting : WaitingHook {};  // a stream that waits for the client
  struct Free {
    void operator()(nghttp3_conn* conn) const { nghttp3_conn_del(conn); }
  };

  Stream* find(std::int64_t id);
  void take_field(Stream& stream, std::string_view name, std::string_view value);
  void take_head(Stream& stream, bool end);
  void take_data(Stream& stream, std::string_view bytes);
  void end_input(Stream& stream);
  void feed(Stream& stream);
  void submit(Stream& stream, bool with_body);
  void refuse(Stream& stream, Refusal refusal);
  void end_exchange(Stream& stream);
  static void lose(Stream& stream);
  // Ends both directions abruptly.
  void reset(Stream& stream, std::uint64_t code);
  void await_client(Stream& stream, Time at);
  void end_late_heads(Time now);
  void erase_if_ended(Stream& stream);
  std::uint64_t count_reset(Time at);

  Protocol& protocol_;
  Streams& quic_;
  std::unique_ptr<nghttp3_conn, Free> conn_;
  std::unordered_map<std::int64_t, std::unique_ptr<Stream>> streams_;
  std::deque<std::int64_t> ready_;         // their heads have arrived
  std::deque<std::int64_t> without_head_;  // the oldest first; some have their head meanwhile
  std::vector<std::int64_t> fresh_;        // have output since begin_output()
  // Those that wait for the client to acknowledge or to open a window, by the time when it is late.
  boost::intrusive::list<Waiting, boost::intrusive::base_hook<WaitingHook>,
                         boost::intrusive::constant_time_size<false>>
      waiting_;
  // Bytes of responses that the client has not acknowledged.
  std::size_t streamed_bytes_ = 0;
  std::uint64_t error_ = 0;
  double resets_ = 0;  // in the last second or so
  Time resets_at_{};
};

}  // namespace souk::http::h3
