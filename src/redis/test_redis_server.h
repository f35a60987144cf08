// A test's own Redis, to kill, stop and restart; tools/with-servers has the shared one.
// Threading: one thread. Ownership: the destructor ends the server and removes its folder; the
// kernel ends it when the test process dies.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "redis/url.h"

namespace souk::redis {

class TestRedisServer {
 public:
  explicit TestRedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
    std::string folder = "/tmp/souk-redis-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    start();
  }
  TestRedisServer(const TestRedisServer&) = delete;
  TestRedisServer& operator=(const TestRedisServer&) = delete;
  ~TestRedisServer() {
    kill();
    std::filesystem::remove_all(folder_);
  }

  Url url() const {
    Url url;
    url.path = path();
    return url;
  }

  // Returns when it answers.
  void start() {
    std::vector<std::string> words = {"redis-server", "--port", "0",     "--unixsocket", path(),
                                      "--save",       "",       "--dir", folder_};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments(words.size() + 1);
    std::ranges::transform(words, arguments.begin(), [](auto& word) { return word.data(); });
    const auto log = folder_ + "/log";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      if (file >= 0) ::dup2(file, STDOUT_FILENO);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!answers()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "Redis does not start: " << log;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  void kill() {
    if (pid_ <= 0) return;
    signal(SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  void signal(int number) const { ::kill(pid_, number); }

 private:
  using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

  std::string path() const { return folder_ + "/redis.sock"; }
  bool answers() const {
    const Context context(redisConnectUnix(path().c_str()), &redisFree);
    if (context == nullptr || context->err != 0) return false;
    void* const reply = redisCommand(context.get(), "PING");
    freeReplyObject(reply);
    return reply != nullptr;
  }

  const std::vector<std::string> options_;
  std::string folder_;
  pid_t pid_ = 0;
};

}  // namespace souk::redis
