// A private Redis for caching: in memory only, bounded, on a socket in a folder that only its user
// can enter; no TCP.
// Threading: as in Server.
#pragma once

#include "app/embedded/data_folder.h"
#include "app/embedded/server.h"

namespace souk::app {

struct RedisOptions {
  std::filesystem::path program = "/usr/bin/redis-server";
  std::uint64_t memory_max = std::uint64_t{256} << 20;  // bytes; then keys are evicted by LRU
};

class RedisServer final : public Server {
 public:
  // `sockets` is a short path to Redis' folder. Errors: kUnavailable.
  static Result<std::unique_ptr<RedisServer>> prepare(const DataFolder& data,
                                                      const std::filesystem::path& sockets,
                                                      const RedisOptions& options);

  std::string url() const { return "unix://" + socket().string(); }

  std::string_view name() const override { return "Redis"; }
  Result<> remove_leftovers() override;
  ProcessSpec process() const override;
  const std::filesystem::path& log() const override { return log_; }
  bool ready(pid_t pid) const override;
  std::span<const StopStep> stop_steps() const override;

 private:
  RedisServer() = default;
  std::filesystem::path socket() const { return sockets_ / "redis.sock"; }

  RedisOptions options_;
  UserId user_{};
  std::filesystem::path folder_;
  std::filesystem::path sockets_;
  std::filesystem::path log_;
};

}  // namespace souk::app
