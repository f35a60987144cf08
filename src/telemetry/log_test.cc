#include "telemetry/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace souk::telemetry {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// A log that writes into a pipe the test reads.
class LogTest : public ::testing::Test {
 protected:
  LogTest() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~LogTest() override {
    ::close(ends_[0]);
    close_writer();
  }

  int writer() const { return ends_[1]; }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

  // All text so far; after the writer is closed, all text.
  std::string read_some() {
    std::string text(1 << 16, '\0');
    const auto n = ::read(ends_[0], text.data(), text.size());
    text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return text;
  }
  std::string read_all() {
    std::string all;
    for (auto part = read_some(); !part.empty(); part = read_some()) all += part;
    return all;
  }

  const ManualClock clock_{Timestamp(std::chrono::seconds(1'700'000'000))};
  Registry registry_;

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST_F(LogTest, ALineIsOneJsonObject) {
  Log log(LogLevel::kInfo, writer(), clock_, registry_);
  log.info("started", {{"port", 8080}, {"url", "http://\"x\""}, {"ok", true}, {"load", 0.5}});
  ASSERT_TRUE(log.flush());
  EXPECT_EQ(read_some(),
            "{\"time\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"info\",\"event\":\"started\","
            "\"port\":8080,\"url\":\"http://\\\"x\\\"\",\"ok\":true,\"load\":0.5}\n");
}

TEST_F(LogTest, ALineOfARequestCarriesItsIds) {
  Log log(LogLevel::kInfo, writer(), clock_, registry_);
  RequestIds ids{
      .request = *Uuid::parse("018bcfe5-6800-7000-8000-000000000001"),
      .trace = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")};
  log.write(LogLevel::kWarning, "slow_request", {{"route", "/api/products"}}, &ids);
  ASSERT_TRUE(log.flush());
  EXPECT_THAT(read_some(), EndsWith("\"requestId\":\"018bcfe5-6800-7000-8000-000000000001\","
                                    "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
                                    "\"spanId\":\"00f067aa0ba902b7\","
                                    "\"route\":\"/api/products\"}\n"));
}

TEST_F(LogTest, SecretsAreRedactedByTheNameOfTheirField) {
  Log log(LogLevel::kInfo, writer(), clock_, registry_);
  log.info("signed_in", {{"password", "hunter2"},
                         {"sessionToken", "hunter2"},
                         {"Authorization", "Bearer hunter2"},
                         {"setCookie", "hunter2"},
                         {"client_SECRET", "hunter2"},
                         {"user", "ada"}});
  ASSERT_TRUE(log.flush());
  const auto line = read_some();
  EXPECT_THAT(line, Not(HasSubstr("hunter2")));
  EXPECT_THAT(line, HasSubstr("\"password\":\"[redacted]\""));
  EXPECT_THAT(line, HasSubstr("\"user\":\"ada\""));
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  Log log(LogLevel::kWarning, writer(), clock_, registry_);
  log.info("quiet");
  log.error("loud");
  ASSERT_TRUE(log.flush());
  const auto text = read_some();
  EXPECT_THAT(text, Not(HasSubstr("quiet")));
  EXPECT_THAT(text, HasSubstr("\"level\":\"error\",\"event\":\"loud\""));
  EXPECT_TRUE(log.enabled(LogLevel::kWarning));
  EXPECT_FALSE(log.enabled(LogLevel::kInfo));
}

TEST_F(LogTest, WhatIsQueuedIsWrittenBeforeTheLogEnds) {
  {
    Log log(LogLevel::kInfo, writer(), clock_, registry_);
    for (int i = 0; i < 100; ++i) log.info("line", {{"number", i}});
  }
  close_writer();
  EXPECT_THAT(read_all(), EndsWith("\"number\":99}\n"));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  {
    Log log(LogLevel::kInfo, writer(), clock_, registry_);
    const auto write_lines = [&log] {
      for (int i = 0; i < 50; ++i) log.info("line");
    };
    std::array<std::thread, 4> threads;
    for (auto& thread : threads) thread = std::thread(write_lines);
    for (auto& thread : threads) thread.join();
  }
  close_writer();
  const auto text = read_all();
  EXPECT_EQ(std::ranges::count(text, '\n'), 200);
  const std::string line =
      "{\"time\":\"2023-11-14T22:13:20.000000Z\",\"level\":\"info\",\"event\":\"line\"}\n";
  for (std::size_t at = 0; at < text.size(); at += line.size()) {
    ASSERT_EQ(text.substr(at, line.size()), line);
  }
}

TEST_F(LogTest, WarningsAndErrorsAreCountedByTheirEventAlsoWhereTheyAreNotShown) {
  Log log(LogLevel::kError, writer(), clock_, registry_);
  log.info("unimportant");
  log.warning("odd");
  log.error("broken");
  log.error("broken");
  Buffer metrics;
  registry_.render(metrics);
  const std::string text(metrics.view());
  EXPECT_THAT(text, HasSubstr("souk_log_events_total{level=\"warning\",event=\"odd\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("souk_log_events_total{level=\"error\",event=\"broken\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("unimportant")));
}

TEST_F(LogTest, AReaderThatStopsCostsLinesButHoldsNobodyUpAndTheLossIsReported) {
  Log log(LogLevel::kInfo, writer(), clock_, registry_);
  const std::string text(64 << 10, 'x');
  // Without a reader: the pipe holds 64 KiB, the queue its limit, one batch is with the writer.
  for (std::size_t i = 0; i < 2 * kLogQueueBytes / text.size() + 4; ++i) {
    log.info("big", {{"text", text}});
  }
  std::string all;
  while (!all.contains("log_lines_dropped")) {
    const auto part = read_some();
    ASSERT_FALSE(part.empty());
    all += part;
    if (all.size() > kLogQueueBytes) log.info("nudge");
  }
  Buffer metrics;
  registry_.render(metrics);
  EXPECT_THAT(std::string(metrics.view()), Not(HasSubstr("souk_log_lines_dropped_total 0\n")));
}

TEST_F(LogTest, AReaderThatNeverReadsDoesNotKeepTheLogFromEnding) {
  const std::string text(256 << 10, 'x');
  Log log(LogLevel::kInfo, writer(), clock_, registry_);
  log.info("big", {{"text", text}});
  EXPECT_FALSE(log.flush(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace souk::telemetry
