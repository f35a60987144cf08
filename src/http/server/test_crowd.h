// For tests: many clients of a server on one thread, each with a connection on which it sends its
// next request as soon as the last is answered.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace souk::http {

class TestCrowd {
 public:
  using Clock = std::chrono::steady_clock;
  struct Answer {
    int status;
    std::chrono::duration<double> latency;
  };

  explicit TestCrowd(std::uint16_t port) : port_(port) {}
  ~TestCrowd() {
    for (const auto& client : clients_) ::close(client.socket.fd);
  }
  TestCrowd(const TestCrowd&) = delete;
  TestCrowd& operator=(const TestCrowd&) = delete;

  // Clients of one group send the same. REQUIRES: answers have a Content-Length, and come in order.
  void join(std::size_t clients, const std::string& group, const std::string& request) {
    for (std::size_t i = 0; i < clients; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      ASSERT_GE(fd, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
      clients_.push_back({{fd, POLLIN, 0}, group, request, {}, {}});
    }
  }

  // All send at once, and again as they are answered, until `until()` holds; then waits for the
  // last answers.
  template <class Until>
  void run(Until until) {
    for (auto& client : clients_) send(client);
    std::size_t busy = clients_.size();
    std::vector<pollfd> polled;
    while (busy > 0) {
      polled.clear();
      for (const auto& client : clients_) polled.push_back(client.socket);
      ASSERT_GT(::poll(polled.data(), polled.size(), 20'000), 0) << "the server does not answer";
      const bool more = !until();
      for (std::size_t i = 0; i < polled.size(); ++i) {
        if (polled[i].revents == 0 || !receive(clients_[i])) continue;
        if (more) {
          send(clients_[i]);
        } else {
          --busy;
        }
      }
    }
  }

  const std::vector<Answer>& answers(const std::string& group) { return answers_[group]; }
  std::size_t count(const std::string& group, int status) {
    return static_cast<std::size_t>(std::ranges::count(answers_[group], status, &Answer::status));
  }
  // Of the latencies of all answers of that status, in seconds.
  double quantile(const std::string& group, int status, double q) {
    std::vector<double> latencies;
    for (const auto& answer : answers_[group]) {
      if (answer.status == status) latencies.push_back(answer.latency.count());
    }
    if (latencies.empty()) return 0;
    std::ranges::sort(latencies);
    return latencies[static_cast<std::size_t>(q * static_cast<double>(latencies.size() - 1))];
  }

 private:
  struct Client {
    pollfd socket;
    std::string group;
    std::string request;
    Clock::time_point sent;
    std::string in;
  };

  static void send(Client& client) {
    client.sent = Clock::now();
    client.in.clear();
    EXPECT_EQ(::send(client.socket.fd, client.request.data(), client.request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(client.request.size()));
  }
  // True when the answer is complete.
  bool receive(Client& client) {
    std::array<char, 65'536> bytes;
    const auto n = ::recv(client.socket.fd, bytes.data(), bytes.size(), 0);
    EXPECT_GT(n, 0) << "the server closed a connection";
    if (n <= 0) return true;
    client.in.append(bytes.data(), static_cast<std::size_t>(n));
    const auto head = client.in.find("\r\n\r\n");
    if (head == std::string::npos) return false;
    const auto length = client.in.find("Content-Length: ");
    const auto body = length < head ? std::stoul(client.in.substr(length + 16)) : 0;
    if (client.in.size() < head + 4 + body) return false;
    answers_[client.group].push_back({std::stoi(client.in.substr(9)), Clock::now() - client.sent});
    return true;
  }

  const std::uint16_t port_;
  std::vector<Client> clients_;
  std::map<std::string, std::vector<Answer>> answers_;
};

}  // namespace souk::http
