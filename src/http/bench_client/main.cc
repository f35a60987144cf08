// http3_bench_client: connections one after another, each for one request of /fixed, for
// bench/tls_ratio.
//   http3_bench_client PORT AUTHORITY COUNT full|resumed
// Exit status 1 when one fails, or is not of the kind.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <span>

#include "base/parse.h"
#include "http/h3/client.h"

namespace souk::http::h3 {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};

class Connection {
 public:
  Connection(std::uint16_t port, ClientOptions options)
      : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in server{
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const SocketAddress remote(reinterpret_cast<const sockaddr*>(&server), sizeof(server));
    ::connect(fd_, remote.get(), remote.size());
    SocketAddress local = remote;
    socklen_t size = sizeof(server);
    ::getsockname(fd_, local.get(), &size);
    if (auto opened = Client::open(options, local, remote)) client_ = *std::move(opened);
  }
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Fetches the body; false when that fails.
  bool fetch() {
    if (!client_ || !until([this] { return client_->is_ready(); })) return false;
    const auto id = client_->request({.path = "/fixed"});
    if (!id || !until([&] { return client_->response(*id).ended; })) return false;
    const bool done = client_->response(*id).status == 200 &&
                      until([this] { return !client_->memory().ticket.empty(); });
    client_->close(NGHTTP3_H3_NO_ERROR);
    send();
    return done;
  }
  const Client& client() const { return *client_; }

 private:
  template <class Condition>
  bool until(Condition condition) {
    for (const auto deadline = Steady::now() + kPatience; Steady::now() < deadline;) {
      send();
      if (condition()) return true;
      if (client_->has_ended()) return false;
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(client_->due() - Steady::now());
      ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000)));
      for (ssize_t n = 0; (n = ::recv(fd_, room_.data(), room_.size(), 0)) > 0;) {
        client_->receive(std::span(room_).first(static_cast<std::size_t>(n)));
      }
      client_->on_due();
    }
    return false;
  }
  void send() {
    while (const auto size = client_->write(std::span(room_).first(UdpSocket::kMaxPacketBytes))) {
      ::send(fd_, room_.data(), size, 0);
    }
  }

  int fd_;
  std::array<std::uint8_t, 65'536> room_;
  std::unique_ptr<Client> client_;
};

int run(std::uint16_t port, const std::string& authority, std::int64_t count, bool resumed) {
  ClientOptions options{.ca_file = authority};
  for (std::int64_t i = 0; i < count; ++i) {
    Connection connection(port, options);
    const bool kept = !options.memory.ticket.empty();
    if (!connection.fetch() || connection.client().is_resumed() != kept) {
      fmt::print(stderr, "connection {} failed, or was {}resumed\n", i, kept ? "not " : "");
      return 1;
    }
    if (resumed) options.memory.ticket = connection.client().memory().ticket;
  }
  return 0;
}

}  // namespace
}  // namespace souk::http::h3

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const auto port = souk::parse_integer(argc == 5 ? arguments[1] : "");
  const auto count = souk::parse_integer(argc == 5 ? arguments[3] : "");
  if (!port || !count) {
    fmt::print(stderr, "usage: http3_bench_client PORT AUTHORITY COUNT full|resumed\n");
    return 2;
  }
  return souk::http::h3::run(static_cast<std::uint16_t>(*port), arguments[2], *count,
                             std::string_view(arguments[4]) == "resumed");
}
