#include "app/embedded/redis_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <csignal>

namespace souk::app {
namespace fs = std::filesystem;
namespace {

using namespace std::chrono_literals;

constexpr StopStep kStopSteps[] = {{SIGTERM, 5s}};
constexpr std::string_view kPing = "PING\r\n";
constexpr std::string_view kPong = "+PONG\r\n";
constexpr timeval kPingWaitMax{.tv_sec = 1, .tv_usec = 0};

bool answers_ping(const std::string& path) {
  const FileDescriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!client) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &kPingWaitMax, sizeof(kPingWaitMax));
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return false;
  }
  std::array<char, 16> answer{};
  if (send(client.get(), kPing.data(), kPing.size(), MSG_NOSIGNAL) < 0) return false;
  const auto size = recv(client.get(), answer.data(), answer.size(), 0);
  return size > 0 && kPong == std::string_view(answer.data(), static_cast<std::size_t>(size));
}

}  // namespace

Result<std::unique_ptr<RedisServer>> RedisServer::prepare(const DataFolder& data,
                                                          const fs::path& sockets,
                                                          const RedisOptions& options) {
  if (!fs::exists(options.program)) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("Redis is not installed at {}. Install Debian's packages with "
                            "tools/install-packages",
                            options.program.string()));
  }
  auto user = server_user(data.redis(), "redis");
  if (!user) return std::unexpected(std::move(user.error()));
  if (auto made = make_private_folder(data.redis(), *user); !made) {
    return std::unexpected(std::move(made.error()));
  }
  std::unique_ptr<RedisServer> server(new RedisServer);
  server->options_ = options;
  server->user_ = *user;
  server->folder_ = data.redis();
  server->sockets_ = sockets;
  server->log_ = data.log_for("redis");
  return server;
}

Result<> RedisServer::remove_leftovers() {
  return end_leftover(name(), read_pid_file(folder_ / "redis.pid"), folder_, kStopSteps);
}

ProcessSpec RedisServer::process() const {
  return {
      .arguments = {options_.program, "--port", "0", "--unixsocket", "redis.sock",
                    "--unixsocketperm", "700", "--pidfile", "redis.pid", "--save", "",
                    "--appendonly", "no", "--maxmemory", std::to_string(options_.memory_max),
                    "--maxmemory-policy", "allkeys-lru"},
      .user = user_,
      .folder = folder_,
      .log = log_,
      .parent_death_signal = SIGTERM,
  };
}

bool RedisServer::ready(pid_t) const { return answers_ping(socket()); }

std::span<const StopStep> RedisServer::stop_steps() const { return kStopSteps; }

}  // namespace souk::app
