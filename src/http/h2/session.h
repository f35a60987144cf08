// HTTP/2 (RFC 9113) as a session, over nghttp2: each stream is an exchange, and several run at
// once. Responses are put into the output by the priorities of RFC 9218, bodies within the windows
// that the client opens.
//
// Threading: loop thread only. Ownership: borrows its protocol, which outlives it.
#pragma once

#include <array>
#include <boost/intrusive/list.hpp>
#include <vector>

#include "base/clock.h"
#include "http/date_cache.h"
#include "http/h2/limits.h"
#include "http/h2/stream.h"
#include "http/metrics.h"
#include "http/server_config.h"
#include "http/session.h"

struct nghttp2_option;
struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace souk::http::h2 {

class Protocol final : public http::Protocol {
 public:
  // All outlive it.
  Protocol(const ServerConfig& config, Metrics& metrics, const Clock& clock);
  ~Protocol() override;

  std::unique_ptr<http::Session> open() override;

 private:
  friend class Session;
  friend struct Events;
  static constexpr std::size_t kReadBytes = 16 * 1024;

  Stream& take_stream();
  void give_back(Stream& stream);
  // Memory for output: a session without output has none.
  Buffer take_output();
  void give_back(Buffer&& output);

  const ServerConfig& config_;
  Metrics& metrics_;
  DateCache date_;
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* options_ = nullptr;
  // For one read: nghttp2 keeps what it needs of it.
  std::array<char, kReadBytes> input_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<Buffer> outputs_;
  std::array<telemetry::Counter*, kLimitNames.size()> exceeded_{};
  Counts limits_;
};

class Session final : public http::Session {
 public:
  explicit Session(Protocol& protocol);
  ~Session() override;

  bool takes_input() const override { return !ending_; }
  std::span<char> input() override { return protocol_.input_; }
  void received(std::size_t bytes, Time at) override;
  void input_ended() override;
  Exchange* next() override;
  // Only heads accumulate: bodies wait in their streams while the output is full.
  bool is_full() const override { return out_.size() >= kMaxUnsentBytes; }
  void body_wanted(Exchange& exchange) override;
  bool respond(Exchange& exchange) override;
  bool takes_piece(const Exchange& exchange) const override;
  bool is_stalled(const Exchange& exchange) const override;
  bool send_piece(Exchange& exchange, std::string_view piece) override;
  bool finish(Exchange& exchange) override;
  bool abandon(Exchange& exchange) override;
  Output* pending() override;
  Phase phase() const override;
  bool closing() const override;
  void drain(Time now) override;
  bool drained() const override;
  void late() override;
  void rest() override;
  std::optional<Time> due() const override;
  void elapsed(Time now) override;

 private:
  friend struct Events;
  static constexpr std::size_t kMaxUnsentBytes = 128 * 1024;
  using Streams = boost::intrusive::list<Stream, boost::intrusive::constant_time_size<false>>;
  enum class Draining : std::uint8_t {
    kNo,
    kNoticed,  // the client is asked to open no more streams; it may have opened some meanwhile
    kFinal,    // the client knows the last stream that is answered
  };

  // Events of nghttp2, see callbacks.cc.
  Stream& begin_stream(std::int32_t id);
  void add_field(Stream& stream, bool in_head, std::string_view name, std::string_view value);
  void end_head(Stream& stream, bool ends_stream);
  void add_body(Stream* stream, std::string_view bytes);
  void end_body(Stream& stream);
  void put_data(Stream& stream, std::string_view frame_head, std::size_t bytes);
  void close_stream(Stream& stream);
  void reset_sent(std::uint32_t error);
  void ping_answered() { give_last_stream(); }
  void count_head(std::int32_t id);
  // Counts one of what `limit` limits.
  void count(Limit limit);

  void submit_settings();
  void refuse(Stream& stream);
  void end_exchange(Stream& stream);
  void recycle(Stream& stream);
  void open_window(Stream& stream);
  bool reserve(Stream& stream);
  void release(Stream& stream);
  void submit_response(Stream& stream, bool has_body);
  void prepare_output();
  void pump();
  bool pump_frame();
  void give_last_stream();
  void exceeded(Limit limit);
  void terminate(std::uint32_t error);
  void end_all();

  Protocol& protocol_;
  nghttp2_session* nghttp2_ = nullptr;
  Output out_;
  Streams waiting_;  // their heads have arrived; next() hands them out
  Streams streams_;  // the others
  std::size_t running_ = 0;
  std::size_t reserved_bytes_ = 0;  // for bodies that are gathered
  Time now_{};                      // of the last read
  Time window_began_{};             // of counting by counts_
  Counts counts_{};
  Time notice_due_ = Time::max();
  std::int32_t last_stream_ = 0;  // that the client has opened
  Draining draining_ = Draining::kNo;
  std::int32_t head_of_ = 0;  // the stream whose header block has begun and not ended; 0: none
  bool reading_ = false;      // nghttp2 is; its callbacks run
  bool ending_ = false;       // nothing more is read; a last GOAWAY follows, if it was not sent
};

}  // namespace souk::http::h2
