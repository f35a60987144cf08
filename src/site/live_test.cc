#include "site/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace souk::site {
namespace {

using runtime::Task;

Task<std::string> next(http::BodyStream& stream) {
  Buffer out;
  const bool more = co_await stream.next(out);
  co_return more ? std::string(out.view()) : "the end";
}

class LiveTest : public testing::Test {
 protected:
  telemetry::Registry registry_;
  Live live_{registry_};
  runtime::Loop loop_;
  std::shared_ptr<Live::Mailbox> mailbox_ = live_.open(loop_);

  std::string next(http::BodyStream& stream) { return loop_.run_until_done(site::next(stream)); }
};

TEST_F(LiveTest, AStreamBeginsWithTheStateAndGoesOnWithWhatIsPublished) {
  live_.publish("event: points\n\n", "event: state\n\n");
  const auto mailbox = live_.open(loop_);
  const auto stream = live_.stream(mailbox);
  EXPECT_EQ(next(*stream), "retry: 2000\n\nevent: state\n\n");
  std::thread other([this] { live_.publish("event: more\n\n", ""); });
  EXPECT_EQ(next(*stream), "event: more\n\n");
  other.join();
}

TEST_F(LiveTest, AllStreamsShareOneText) {
  std::vector<std::unique_ptr<http::BodyStream>> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(live_.stream(mailbox_));
    next(*streams.back());
  }
  live_.publish("once", "");
  for (const auto& stream : streams) EXPECT_EQ(next(*stream), "once");
}

TEST_F(LiveTest, ClosingTheMailboxEndsItsStreams) {
  const auto stream = live_.stream(mailbox_);
  next(*stream);
  live_.close(mailbox_);
  EXPECT_EQ(next(*stream), "the end");
  live_.publish("to nobody", "");
}

TEST_F(LiveTest, StreamsBeyondTheLimitAreRefusedUntilOneEnds) {
  std::vector<std::unique_ptr<http::BodyStream>> streams;
  for (std::size_t i = 0; i < Live::kMaxStreams; ++i) streams.push_back(live_.stream(mailbox_));
  EXPECT_THAT(streams, testing::Each(testing::NotNull()));
  EXPECT_EQ(live_.stream(mailbox_), nullptr);
  Buffer metrics;
  registry_.render(metrics);
  EXPECT_THAT(std::string(metrics.view()),
              testing::AllOf(testing::HasSubstr("souk_dashboard_streams 200"),
                             testing::HasSubstr("souk_dashboard_streams_refused_total 1")));
  streams.pop_back();
  EXPECT_NE(live_.stream(mailbox_), nullptr);
}

}  // namespace
}  // namespace souk::site
