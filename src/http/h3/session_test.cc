// What a client owes a session, without QUIC: acknowledgements, windows, the ends of its requests.
#include "http/h3/session.h"

#include <gtest/gtest.h>

#include "http/router.h"

namespace souk::http::h3 {
namespace {

using namespace std::chrono_literals;

// HEADERS of "GET / https h", by QPACK's static table and a literal, without the stream's end.
constexpr std::array<std::uint8_t, 10> kGet = {0x01, 8, 0, 0, 0xd1, 0xd7, 0xc1, 0x50, 1, 'h'};

class SessionTest : public testing::Test, protected Streams {
 protected:
  SessionTest() {
    server_.write_timeout = 1s;
    EXPECT_TRUE(session_.begin(3, 7, 11));
    send();
    session_.acknowledged(3, sent_[3], now_);
  }
  ~SessionTest() override { session_.cancel_all(); }

  // A request, answered with so many bytes.
  void answer(std::int64_t id, std::size_t bytes, bool is_complete = true) {
    EXPECT_EQ(session_.received(id, kGet, is_complete, now_), 0U);
    auto* const exchange = session_.next();
    ASSERT_NE(exchange, nullptr);
    exchange->response = text(200, std::string(bytes, 'x'));
    EXPECT_FALSE(session_.respond(*exchange));
  }
  // Sends what the windows allow.
  void send() {
    session_.begin_output(now_);
    for (;;) {
      Session::Output out;
      ASSERT_TRUE(session_.output(out));
      if (out.stream < 0) return;
      std::size_t size = 0;
      for (const auto& piece : std::span(out.pieces).first(out.count)) size += piece.len;
      const auto allowed = std::min(size, window_ - sent_[out.stream]);
      session_.sent(out.stream, allowed, now_);
      sent_[out.stream] += allowed;
      if (allowed < size) session_.blocked(out.stream, now_);
    }
  }
  // The client acknowledges what it has been sent.
  void acknowledge(std::int64_t id) {
    const auto bytes = sent_[id] - std::exchange(acknowledged_[id], sent_[id]);
    EXPECT_EQ(session_.acknowledged(id, bytes, now_), 0U);
  }
  double timeouts() { return requests_.write_timeouts.value(); }

  // Streams
  void consumed(std::int64_t, std::size_t) override {}
  void stop_reading(std::int64_t id, std::uint64_t) override { ++stopped_[id]; }
  void reset(std::int64_t id, std::uint64_t) override { ++reset_[id]; }
  bool has_credit() const override { return has_credit_; }
  void stream_ended() override {}
  void written_to() override {}

  ServerConfig server_;
  const Config config_;
  const ManualClock clock_{Timestamp{}};
  telemetry::Registry registry_;
  const Router router_;
  http::Metrics requests_{registry_, router_};
  Metrics metrics_{registry_};
  DateCache date_{clock_};
  Protocol protocol_{server_, config_, requests_, metrics_, date_};
  Session session_{protocol_, *this};
  Session::Time now_ = Session::Time(1h);
  std::size_t window_ = 1'000'000;
  bool has_credit_ = true;
  std::map<std::int64_t, std::size_t> sent_, acknowledged_;
  std::map<std::int64_t, int> stopped_, reset_;
};

TEST_F(SessionTest, AStreamThatIsNeverAcknowledgedEndsTheConnectionWhateverElseIs) {
  answer(0, 100);
  send();
  const auto begin = now_;
  for (std::int64_t id = 4; now_ < begin + 900ms; id += 4) {
    answer(id, 100);
    send();
    acknowledge(id);
    now_ += 100ms;
    EXPECT_EQ(session_.elapsed(now_), 0U);
  }
  EXPECT_EQ(session_.due(), begin + 1s);
  EXPECT_EQ(session_.elapsed(begin + 1s), std::uint64_t{NGHTTP3_H3_EXCESSIVE_LOAD});
  EXPECT_EQ(timeouts(), 1);
}

TEST_F(SessionTest, AWindowThatDoesNotOpenEndsItsStreamOnly) {
  window_ = 10'000;
  answer(0, 20'000);
  answer(4, 100);
  send();
  acknowledge(0);
  acknowledge(4);
  EXPECT_EQ(session_.elapsed(now_ + 999ms), 0U);
  EXPECT_EQ(reset_[0], 0);
  EXPECT_EQ(session_.elapsed(now_ + 1s), 0U);
  EXPECT_EQ(reset_[0], 1);
  EXPECT_EQ(reset_[4], 0);
  EXPECT_EQ(timeouts(), 1);
}

TEST_F(SessionTest, AConnectionsWindowThatDoesNotOpenEndsItsStreams) {
  has_credit_ = false;
  answer(0, 100);
  answer(4, 0);
  session_.begin_output(now_);
  EXPECT_FALSE(session_.is_idle());
  EXPECT_EQ(session_.elapsed(now_ + 1s), 0U);
  EXPECT_EQ(reset_[0], 1);
  EXPECT_EQ(reset_[4], 1);
  EXPECT_TRUE(session_.is_idle());
}

TEST_F(SessionTest, AWindowThatOpensByteByByteDoesNotOpen) {
  window_ = 10'000;
  answer(0, 20'000);
  for (int i = 0; i < 10; ++i) {
    send();
    acknowledge(0);
    now_ += 100ms;
    EXPECT_EQ(reset_[0], 0);
    EXPECT_EQ(session_.elapsed(now_), 0U);
    ++window_;
    session_.unblocked(0);
    send();
  }
  EXPECT_EQ(reset_[0], 1);
}

TEST_F(SessionTest, AClientThatTakesALargeBodyInItsTimeIsServed) {
  server_.write_timeout = 1s;
  window_ = 70'000;
  answer(0, 700'000);
  for (int i = 0; i < 10; ++i) {
    send();
    acknowledge(0);
    now_ += 900ms;
    EXPECT_EQ(session_.elapsed(now_), 0U);
    window_ += 70'000;
    session_.unblocked(0);
  }
  send();
  acknowledge(0);
  EXPECT_EQ(session_.due(), std::nullopt);
  EXPECT_EQ(reset_[0], 0);
}

TEST_F(SessionTest, AnAnsweredRequestThatItsClientNeverEndsIsNotWaitedFor) {
  answer(0, 100, false);
  EXPECT_FALSE(session_.is_idle());
  send();
  EXPECT_EQ(stopped_[0], 1);  // RFC 9114 section 4.1
  EXPECT_FALSE(session_.is_idle());
  acknowledge(0);
  EXPECT_TRUE(session_.is_idle());
  EXPECT_FALSE(session_.is_empty());
}

TEST_F(SessionTest, AResponseThatItsClientDoesNotWantIsNotWaitedFor) {
  window_ = 10'000;
  answer(0, 20'000, false);
  send();
  EXPECT_EQ(session_.unwanted(0, now_), 0U);
  EXPECT_TRUE(session_.is_idle());
  EXPECT_EQ(session_.due(), std::nullopt);
}

}  // namespace
}  // namespace souk::http::h3
