// A client with its own loop, and a log and metrics that a test can read.
// Threading: one thread. Ownership: borrows nothing.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/random.h"
#include "redis/client.h"
#include "telemetry/log.h"

namespace souk::redis {

// Runs tasks one after the other; the client is started by started() or by the test.
class TestClient {
 public:
  explicit TestClient(ClientConfig config)
      : client(loop, registry, log, random, std::move(config)) {}
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;
  ~TestClient() { run(client.close()); }

  template <class T>
  T run(runtime::Task<T> task) {
    return loop.run_until_done(std::move(task));
  }
  Result<> start() { return run(client.start()); }
  template <class... Word>
  Answer command(const Word&... words) {
    return run(client.command(words...));
  }
  // For commands whose reply does not matter.
  template <class... Word>
  void perform(const Word&... words) {
    EXPECT_TRUE(command(words...));
  }
  // Runs the loop until the condition holds.
  template <class Condition>
  testing::AssertionResult eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) {
        return testing::AssertionFailure() << "still not so; the log says " << logged();
      }
      run(loop.sleep(std::chrono::milliseconds(1)));
    }
    return testing::AssertionSuccess();
  }

  // The value of a metric with its labels, as in the exposition format.
  double metric(std::string_view series) const {
    Buffer page;
    registry.render(page);
    const auto at = page.view().find("\n" + std::string(series) + " ");
    if (at == std::string_view::npos) return 0;
    const auto text = page.view().substr(at + series.size() + 2);
    double value = -1;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  std::string logged() {
    log.flush();
    std::string text(static_cast<std::size_t>(::lseek(log_file.fd, 0, SEEK_END)), '\0');
    EXPECT_EQ(::pread(log_file.fd, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
    return text;
  }
  int times_logged(std::string_view event) {
    int times = 0;
    const auto text = logged();
    for (auto at = text.find(event); at != std::string::npos; at = text.find(event, at + 1))
      ++times;
    return times;
  }

  // Closed when the log, which writes from a thread of its own, has ended.
  const struct MemoryFile {
    const int fd = ::memfd_create("log", MFD_CLOEXEC);
    ~MemoryFile() { ::close(fd); }
  } log_file;
  const SystemClock clock;
  SeededRandom random{1};
  telemetry::Registry registry;
  telemetry::Log log{telemetry::LogLevel::kInfo, log_file.fd, clock, registry};
  runtime::Loop loop;
  Client client;
};

}  // namespace souk::redis
