#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>
#include <functional>

#include "redis/client.h"
#include "redis/test_client.h"
#include "redis/test_redis_server.h"

namespace souk::redis {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using runtime::Task;
using SteadyClock = std::chrono::steady_clock;

// Long time-outs: a busy machine must not fail tests of other behaviour.
ClientConfig config_for(Url url) {
  ClientConfig config;
  config.url = std::move(url);
  config.command_timeout = 10s;
  config.connect_timeout = 10s;
  return config;
}

ClientConfig shared_config() {
  const char* const url = std::getenv("SOUK_TEST_REDIS_URL");
  EXPECT_NE(url, nullptr) << "run me under tools/with-servers";
  return config_for(parse_url(url == nullptr ? "redis://localhost" : url).value());
}

// A started client on its own empty database.
class RedisClient : public testing::Test, public TestClient {
 protected:
  RedisClient() : TestClient(config()) {}
  void SetUp() override {
    ASSERT_TRUE(start().has_value());
    ASSERT_TRUE(command("FLUSHDB").has_value());
  }
  static ClientConfig config() {
    auto config = shared_config();
    config.url.database = 3;
    return config;
  }
};

TEST_F(RedisClient, ReadsWhatItHasWritten) {
  EXPECT_EQ(command("SET", "key", "value")->text(), "OK");
  EXPECT_EQ(command("GET", "key")->text(), "value");
  EXPECT_EQ(command("INCR", "number")->integer(), 1);
  EXPECT_EQ(command("DEL", "key", "none")->integer(), 1);
}

TEST_F(RedisClient, AnAbsentKeyIsNil) {
  const auto answer = command("GET", "none");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->is_nil());
  EXPECT_FALSE(answer->text().has_value());
}

TEST_F(RedisClient, KeysAndValuesMayHoldAnyByte) {
  std::string bytes;
  for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>(i * 7);
  const auto key = "k\r\n\0$5\xff"s;
  EXPECT_EQ(command("SET", key, bytes)->text(), "OK");
  EXPECT_EQ(command("GET", key)->text(), bytes);
  EXPECT_EQ(command("SET", key, "")->text(), "OK");
  EXPECT_EQ(command("GET", key)->text(), "");
}

TEST_F(RedisClient, AnArrayKeepsItsNilsInPlace) {
  EXPECT_TRUE(command("SET", "a", "1").has_value());
  EXPECT_TRUE(command("SET", "c", "3").has_value());
  const auto answer = command("MGET", "a", "b", "c");
  ASSERT_EQ(answer->size(), 3u);
  EXPECT_EQ((*answer)[0].text(), "1");
  EXPECT_TRUE((*answer)[1].is_nil());
  EXPECT_EQ((*answer)[2].text(), "3");
}

TEST_F(RedisClient, ARefusalIsAReply) {
  EXPECT_TRUE(command("SET", "text", "x").has_value());
  const auto answer = command("INCR", "text");
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->error()->starts_with("ERR value is not an integer")) << *answer->error();
  EXPECT_EQ(metric("souk_redis_errors_total{kind=\"error_reply\"}"), 1);
  EXPECT_TRUE(client.available());
}

TEST_F(RedisClient, UsesTheDatabaseOfItsUrl) {
  EXPECT_TRUE(command("SET", "here", "1").has_value());
  auto elsewhere = config();
  elsewhere.url.database = 4;
  TestClient other(elsewhere);
  ASSERT_TRUE(other.start().has_value());
  EXPECT_TRUE(other.command("GET", "here")->is_nil());
}

TEST_F(RedisClient, CountsAndTimesItsCommandsByName) {
  EXPECT_TRUE(command("GET", "a").has_value());
  EXPECT_TRUE(command("GET", "b").has_value());
  EXPECT_TRUE(command("OBJECT", "HELP").has_value());
  EXPECT_EQ(metric("souk_redis_commands_total{command=\"GET\"}"), 2);
  EXPECT_EQ(metric("souk_redis_commands_total{command=\"other\"}"), 1);
  EXPECT_EQ(metric("souk_redis_command_duration_seconds_count{command=\"GET\"}"), 2);
  EXPECT_EQ(metric("souk_redis_connected"), 1);
}

Task<void> increment(Client& client, std::vector<std::int64_t>& numbers) {
  const auto answer = co_await client.command("INCR", "counter");
  numbers.push_back(answer ? answer->integer().value_or(-1) : -2);
}

Task<std::vector<std::int64_t>> increment_at_once(runtime::Loop& loop, Client& client, int times) {
  std::vector<std::int64_t> numbers;
  runtime::Scope scope(loop);
  for (int i = 0; i < times; ++i) scope.spawn(increment(client, numbers));
  co_await scope.join();
  co_return numbers;
}

TEST_F(RedisClient, TenThousandCommandsAtOnceAreAnsweredInOrder) {
  const auto numbers = run(increment_at_once(loop, client, 10'000));
  ASSERT_EQ(numbers.size(), 10'000u);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    ASSERT_EQ(numbers[i], static_cast<std::int64_t>(i + 1));
  }
}

TEST_F(RedisClient, CommandsOfOneTurnLeaveInOneWrite) {
  const auto before = metric("souk_redis_writes_total");
  run(increment_at_once(loop, client, 64));
  EXPECT_EQ(metric("souk_redis_writes_total") - before, 1);
}

Task<void> set_large(Client& client, std::string value, int number, int& stored) {
  const auto answer = co_await client.command("SET", "large:" + std::to_string(number), value);
  if (answer && answer->text() == "OK") ++stored;
}

Task<int> set_large_at_once(runtime::Loop& loop, Client& client, int times) {
  int stored = 0;
  runtime::Scope scope(loop);
  for (int i = 0; i < times; ++i) {
    scope.spawn(set_large(client, std::string(1 << 20, static_cast<char>('a' + i)), i, stored));
  }
  co_await scope.join();
  co_return stored;
}

TEST_F(RedisClient, WhatASocketDoesNotTakeAtOnceFollows) {
  EXPECT_EQ(run(set_large_at_once(loop, client, 12)), 12);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(command("GET", "large:" + std::to_string(i))->text(),
              std::string(1 << 20, static_cast<char>('a' + i)));
  }
}

TEST(RedisClientLimits, WhatIsTooMuchIsRefusedAtOnce) {
  auto config = shared_config();
  config.max_in_flight = 10;
  TestClient few(config);
  ASSERT_TRUE(few.start().has_value());
  const auto numbers = few.run(increment_at_once(few.loop, few.client, 15));
  EXPECT_EQ(std::ranges::count(numbers, -2), 5);
  EXPECT_EQ(few.metric("souk_redis_errors_total{kind=\"overloaded\"}"), 5);

  config = shared_config();
  config.max_unsent_bytes = 3 << 20;
  TestClient narrow(config);
  ASSERT_TRUE(narrow.start().has_value());
  EXPECT_EQ(narrow.run(set_large_at_once(narrow.loop, narrow.client, 5)), 3);
}

Url with_password(Url url, std::string user, std::string password) {
  url.user = std::move(user);
  url.password = std::move(password);
  return url;
}

TEST(RedisClientSignIn, TheRightPasswordIsLetIn) {
  const TestRedisServer server(
      {"--requirepass", "s3cret", "--user", "shop", "on", ">t0ken", "~*", "+@all"});
  for (const auto& url :
       {with_password(server.url(), "", "s3cret"), with_password(server.url(), "shop", "t0ken")}) {
    TestClient client(config_for(url));
    EXPECT_TRUE(client.start().has_value());
    EXPECT_EQ(client.command("SET", "a", "b")->text(), "OK");
  }
}

TEST(RedisClientSignIn, AWrongOrMissingPasswordIsNamedAndNotTold) {
  const TestRedisServer server({"--requirepass", "s3cret"});
  TestClient wrong(config_for(with_password(server.url(), "", "gu3ss")));
  const auto refused = wrong.start();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().detail.find("AUTH: WRONGPASS"), std::string::npos)
      << refused.error().detail;
  EXPECT_FALSE(wrong.client.available());
  EXPECT_EQ(wrong.command("GET", "a").error(), Unavailable::kAway);
  EXPECT_EQ(wrong.times_logged("redis_unavailable"), 1);
  EXPECT_EQ(wrong.times_logged("gu3ss"), 0);

  TestClient missing(config_for(server.url()));
  const auto unknown = missing.start();
  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(unknown.error().detail.find("NOAUTH"), std::string::npos) << unknown.error().detail;
}

// Such a server answers "unknown command 'AUTH', with args beginning with: 's3cret'".
TEST(RedisClientSignIn, APasswordThatTheServerQuotesIsNotLogged) {
  const TestRedisServer server({"--rename-command", "AUTH", ""});
  TestClient client(config_for(with_password(server.url(), "", "s3cret")));
  const auto refused = client.start();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().detail.find("s3cret"), std::string::npos) << refused.error().detail;
  EXPECT_EQ(client.times_logged("s3cret"), 0);
}

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

TEST(RedisClientRecovery, CommandsFailAtOnceWhileRedisIsAwayAndItComesBackByItself) {
  TestRedisServer server;
  TestClient client(config_for(server.url()));
  ASSERT_TRUE(client.start().has_value());
  const auto descriptors = open_descriptors();
  for (int round = 1; round <= 3; ++round) {
    server.kill();
    ASSERT_TRUE(client.eventually([&] { return !client.client.available(); }));
    const auto refused = client.command("GET", "a");
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error(), Unavailable::kTimeout);
    server.start();
    ASSERT_TRUE(client.eventually([&] { return client.client.available(); }));
    EXPECT_TRUE(client.command("SET", "a", "b").has_value());
    EXPECT_EQ(open_descriptors(), descriptors);
    EXPECT_EQ(client.times_logged("redis_unavailable"), round) << client.logged();
    EXPECT_EQ(client.times_logged("redis_available"), round) << client.logged();
  }
  EXPECT_EQ(client.metric("souk_redis_reconnects_total"), 3);
}

TEST(RedisClientRecovery, StartsWithoutRedisAndFindsItLater) {
  TestRedisServer server;
  server.kill();
  TestClient client(config_for(server.url()));
  EXPECT_FALSE(client.start().has_value());
  server.start();
  ASSERT_TRUE(client.eventually([&] { return client.client.available(); }));
  EXPECT_EQ(client.metric("souk_redis_breaker_open"), 0);
}

Task<void> kill_server(TestRedisServer& server) {
  server.kill();
  co_return;
}

Task<std::vector<std::int64_t>> lose_while_asked(runtime::Loop& loop, Client& client,
                                                 TestRedisServer& server, int times) {
  std::vector<std::int64_t> numbers;
  runtime::Scope scope(loop);
  server.signal(SIGSTOP);
  for (int i = 0; i < times; ++i) scope.spawn(increment(client, numbers));
  co_await loop.sleep(1ms);
  scope.spawn(kill_server(server));
  co_await scope.join();
  co_return numbers;
}

TEST(RedisClientRecovery, CommandsInFlightFailWithTheirConnection) {
  TestRedisServer server;
  TestClient client(config_for(server.url()));
  ASSERT_TRUE(client.start().has_value());
  const auto numbers = client.run(lose_while_asked(client.loop, client.client, server, 100));
  EXPECT_EQ(numbers, std::vector<std::int64_t>(100, -2));
  EXPECT_EQ(client.metric("souk_redis_errors_total{kind=\"away\"}"), 100);
  EXPECT_EQ(client.metric("souk_redis_commands_in_flight"), 0);
}

ClientConfig impatient(Url url) {
  auto config = config_for(std::move(url));
  config.command_timeout = 200ms;
  config.breaker_threshold = 2;
  config.connect_timeout = 10min;  // a command's deadline comes before that of a sign-in long done
  return config;
}

TEST(RedisClientBreaker, OpensWhenRedisStopsAndClosesWhenItGoesOn) {
  const TestRedisServer server;
  auto config = impatient(server.url());
  config.probe_timeout = 10min;  // on the same connection, so that late replies arrive
  TestClient client(config);
  ASSERT_TRUE(client.start().has_value());
  ASSERT_TRUE(client.command("SET", "a", "1").has_value());

  server.signal(SIGSTOP);
  for (int i = 0; i < config.breaker_threshold; ++i) {
    const auto asked = SteadyClock::now();
    EXPECT_EQ(client.command("INCR", "a").error(), Unavailable::kTimeout);
    EXPECT_GE(SteadyClock::now() - asked, config.command_timeout);
  }
  EXPECT_EQ(client.command("INCR", "a").error(), Unavailable::kBreakerOpen);
  EXPECT_EQ(client.metric("souk_redis_breaker_open"), 1);
  EXPECT_EQ(client.times_logged("redis_unavailable"), 1);

  server.signal(SIGCONT);
  ASSERT_TRUE(client.eventually([&] { return client.client.available(); }));
  EXPECT_EQ(client.metric("souk_redis_breaker_open"), 0);
  EXPECT_EQ(client.times_logged("redis_available"), 1);
  EXPECT_EQ(client.metric("souk_redis_late_replies_total"), config.breaker_threshold);
  EXPECT_EQ(client.metric("souk_redis_reconnects_total"), 0);
  EXPECT_EQ(client.command("GET", "a")->text(), std::to_string(1 + config.breaker_threshold))
      << "a late reply was given to another command";
}

TEST(RedisClientBreaker, AConnectionThatAnswersNoProbeIsReplaced) {
  const TestRedisServer server;
  auto config = impatient(server.url());
  config.probe_timeout = 20ms;
  config.connect_timeout = 100ms;
  TestClient client(config);
  ASSERT_TRUE(client.start().has_value());
  server.signal(SIGSTOP);
  for (int i = 0; i < config.breaker_threshold; ++i) {
    EXPECT_FALSE(client.command("GET", "a").has_value());
  }
  ASSERT_TRUE(client.eventually([&] { return client.metric("souk_redis_connected") == 0; }));
  server.signal(SIGCONT);
  ASSERT_TRUE(client.eventually([&] { return client.client.available(); }));
  EXPECT_EQ(client.metric("souk_redis_reconnects_total"), 1);
  EXPECT_TRUE(client.command("GET", "a")->is_nil());
}

TEST(RedisClientBreaker, TooManyAbandonedCommandsReplaceTheConnection) {
  const TestRedisServer server;
  auto config = impatient(server.url());
  config.breaker_threshold = 1'000;
  config.max_abandoned = 20;
  TestClient client(config);
  ASSERT_TRUE(client.start().has_value());
  server.signal(SIGSTOP);
  client.run(increment_at_once(client.loop, client.client, 21));
  ASSERT_TRUE(client.eventually([&] { return client.metric("souk_redis_connected") == 0; }));
  server.signal(SIGCONT);
  ASSERT_TRUE(client.eventually([&] { return client.client.available(); }));
  EXPECT_EQ(client.metric("souk_redis_reconnects_total"), 1);
}

// A refusing Redis is logged once, whatever succeeds meanwhile.
class RedisClientRefusal : public testing::Test {
 public:
  static ClientConfig quick(const TestRedisServer& server) {
    return {.url = server.url(), .refusal_pause = std::chrono::milliseconds(20)};
  }
  // Writes are refused, reads are not.
  static void expect_one_line(TestClient& client, std::string_view state) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(client.command("SET", "souk:a", "1")->error());
      client.perform("EXISTS", "souk:a");
    }
    EXPECT_EQ(client.client.state(), state);
    const auto refused = client.metric(kRefusals);
    EXPECT_TRUE(client.eventually([&] { return client.metric(kRefusals) > refused + 2; }))
        << "it tries by itself";
    EXPECT_EQ(client.client.state(), state);
    EXPECT_EQ(client.times_logged("redis_refuses"), 1);
    EXPECT_EQ(client.times_logged("redis_accepts"), 0);
    EXPECT_TRUE(client.client.available()) << "what it does answer is of use";
  }
  static void expect_recovery(TestClient& client) {
    EXPECT_TRUE(client.eventually([&] { return client.client.state() == "up"; }));
    EXPECT_FALSE(client.command("SET", "souk:a", "1")->error());
    EXPECT_EQ(client.times_logged("redis_refuses"), 1);
    EXPECT_EQ(client.times_logged("redis_accepts"), 1);
    EXPECT_EQ(client.metric("souk_redis_refusing"), 0);
  }
  static constexpr std::string_view kRefusals = "souk_redis_errors_total{kind=\"error_reply\"}";
};

TEST_F(RedisClientRefusal, AReplicaIsReadOnlyUntilItIsPromoted) {
  const TestRedisServer server({"--replicaof", "127.0.0.1 1"});
  TestClient client(quick(server));
  ASSERT_TRUE(client.start());
  EXPECT_EQ(client.client.state(), "up");
  expect_one_line(client, "read_only");
  client.perform("REPLICAOF", "NO", "ONE");
  expect_recovery(client);
}

TEST_F(RedisClientRefusal, OneThatEvictsNothingIsFullUntilThereIsRoom) {
  const TestRedisServer server;
  TestClient client(quick(server));
  ASSERT_TRUE(client.start());
  client.perform("CONFIG", "SET", "maxmemory", "1");
  expect_one_line(client, "full");
  client.perform("CONFIG", "SET", "maxmemory", "0");
  expect_recovery(client);
}

TEST_F(RedisClientRefusal, AUserWithoutTheRightIsDeniedUntilItHasIt) {
  const TestRedisServer server;
  TestClient client(quick(server));
  ASSERT_TRUE(client.start());
  TestClient admin(quick(server));
  ASSERT_TRUE(admin.start());
  admin.perform("ACL", "SETUSER", "admin", "on", "nopass", "~*", "+@all");
  admin.perform("AUTH", "admin", "x");
  admin.perform("ACL", "SETUSER", "default", "-set");
  expect_one_line(client, "denied");
  admin.perform("ACL", "SETUSER", "default", "+set");
  expect_recovery(client);
}

TEST_F(RedisClientRefusal, APasswordThatIsMissingIsAState) {
  const TestRedisServer server({"--requirepass", "secret"});
  TestClient client(quick(server));
  EXPECT_FALSE(client.start());
  EXPECT_EQ(client.client.state(), "denied");
  EXPECT_EQ(client.times_logged("redis_unavailable"), 1);
}

TEST_F(RedisClientRefusal, AKeyOfAnotherTypeIsAStateUntilNothingMeetsIt) {
  const TestRedisServer server;
  TestClient client(quick(server));
  ASSERT_TRUE(client.start());
  client.perform("RPUSH", "souk:list", "1");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(client.command("GET", "souk:list")->error());
    client.perform("EXISTS", "souk:a");
  }
  EXPECT_EQ(client.client.state(), "wrong_type");
  EXPECT_EQ(client.times_logged("redis_refuses"), 1);
  expect_recovery(client);
}

TEST(RedisClientClose, RefusesWhatComesAfterIt) {
  TestClient client(shared_config());
  ASSERT_TRUE(client.start().has_value());
  client.run(client.client.close());
  EXPECT_EQ(client.command("GET", "a").error(), Unavailable::kAway);
  EXPECT_EQ(client.metric("souk_redis_connected"), 0);
}

// Listens on its own TCP port and handles each connection with `talk`.
class LyingPeer {
 public:
  explicit LyingPeer(std::function<void(int)> talk)
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), talk_(std::move(talk)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 64), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_.host = "localhost";
    url_.port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LyingPeer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  const Url& url() const { return url_; }

 private:
  void serve() {
    for (int peer = 0; (peer = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      talk_(peer);
      ::close(peer);
    }
  }

  const int listener_;
  const std::function<void(int)> talk_;
  Url url_;
  std::thread thread_;
};

void say(int peer, std::string_view text) {
  EXPECT_GE(::send(peer, text.data(), text.size(), MSG_NOSIGNAL), -1);
}

bool hear(int peer) {
  std::array<char, 4096> bytes{};
  return ::recv(peer, bytes.data(), bytes.size(), 0) > 0;
}

TEST(RedisClientAndALyingPeer, GarbageInsteadOfAWelcomeIsAFailure) {
  for (const std::string_view lie :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n", "*2147483647\r\n", "$-5\r\n", ""}) {
    const LyingPeer peer([lie](int socket) {
      say(socket, lie);
      if (!lie.empty()) hear(socket);
    });
    TestClient client(config_for(peer.url()));
    EXPECT_FALSE(client.start().has_value()) << lie;
    EXPECT_EQ(client.command("GET", "a").error(), Unavailable::kAway);
  }
}

TEST(RedisClientAndALyingPeer, GarbageAfterAWelcomeFailsWhatIsInFlight) {
  for (const std::string_view lie : {"what?\r\n", "$3\r\nabcdef\r\n", "+1\r\n+2\r\n+3\r\n", ""}) {
    const LyingPeer peer([lie](int socket) {
      hear(socket);
      say(socket, "+PONG\r\n");
      hear(socket);
      say(socket, lie);
      if (!lie.empty()) hear(socket);
    });
    TestClient client(config_for(peer.url()));
    ASSERT_TRUE(client.start().has_value());
    [[maybe_unused]] const auto maybe_a_lie = client.command("GET", "a");
    ASSERT_TRUE(client.eventually([&] { return client.times_logged("redis_unavailable") > 0; }))
        << lie;
  }
}

TEST(RedisClientAndALyingPeer, SilenceEndsTheAttemptToConnect) {
  const LyingPeer peer([](int socket) {
    while (hear(socket)) {
    }
  });
  auto config = config_for(peer.url());
  config.connect_timeout = 50ms;
  TestClient client(config);
  const auto refused = client.start();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().detail.find("no answer to PING"), std::string::npos)
      << refused.error().detail;
}

TEST(RedisClientAndALyingPeer, AReplyThatBreaksOffIsATimeout) {
  const LyingPeer peer([](int socket) {
    hear(socket);
    say(socket, "+PONG\r\n");
    hear(socket);
    say(socket, "$10\r\nabc");
    while (hear(socket)) {
    }
  });
  TestClient client(impatient(peer.url()));
  ASSERT_TRUE(client.start().has_value());
  EXPECT_EQ(client.command("GET", "a").error(), Unavailable::kTimeout);
}

// ---- TLS

// A Redis with TLS on its own port, with a certificate for localhost and 127.0.0.1.
class RedisClientOverTls : public testing::Test {
 protected:
  RedisClientOverTls() {
    ::signal(SIGPIPE, SIG_IGN);
    std::string folder = "/tmp/souk-tls-XXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    make_certificate("server");
    make_certificate("stranger");
    server_.emplace(std::vector<std::string>{"--tls-port", std::to_string(port_), "--tls-cert-file",
                                             folder_ + "/server.pem", "--tls-key-file",
                                             folder_ + "/server.key", "--tls-auth-clients", "no"});
  }
  ~RedisClientOverTls() override { std::filesystem::remove_all(folder_); }

  void make_certificate(const std::string& name) const {
    const auto command = fmt::format(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
        "-subj /CN=souk -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
        "-keyout {0}/{1}.key -out {0}/{1}.pem 2>/dev/null",
        folder_, name);
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  ClientConfig config(const std::string& host, const std::string& authority) const {
    auto config = config_for(parse_url(fmt::format("rediss://{}:{}", host, port_)).value());
    config.tls_ca_file = fmt::format("{}/{}.pem", folder_, authority);
    return config;
  }
  std::string refusal(ClientConfig config) const {
    config.connect_timeout = 2s;
    TestClient client(config);
    const auto started = client.start();
    return started ? "" : started.error().detail;
  }
  static std::uint16_t free_port() {
    const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    if (probe < 0) {
      ADD_FAILURE() << "no socket: " << errno;
      return 0;
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(probe, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  const std::uint16_t port_ = free_port();
  std::string folder_;
  std::optional<TestRedisServer> server_;
};

TEST_F(RedisClientOverTls, SpeaksToAServerItCanVerify) {
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    TestClient client(config(host, "server"));
    ASSERT_TRUE(client.start().has_value()) << host;
    // More than one TLS record, and more than a socket accepts at once.
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(client.command("SET", "large", large)->text(), "OK");
    EXPECT_EQ(client.command("GET", "large")->text(), large);
  }
}

TEST_F(RedisClientOverTls, RefusesAServerItCannotVerify) {
  EXPECT_NE(refusal(config("localhost", "stranger")).find("self-signed"), std::string::npos);
  EXPECT_NE(refusal(config("127.0.0.2", "server")).find("mismatch"), std::string::npos);
  EXPECT_NE(refusal(config("localhost", "missing")).find("tls_ca_file"), std::string::npos);
}

TEST_F(RedisClientOverTls, APeerWithoutTlsIsAFailureNotAWait) {
  const LyingPeer peer([](int socket) {
    hear(socket);
    say(socket, "-ERR unknown command\r\n");
  });
  auto plain = config("127.0.0.1", "server");
  plain.url.port = peer.url().port;
  EXPECT_NE(refusal(plain).find("TLS handshake failed"), std::string::npos);
}

TEST_F(RedisClientOverTls, ComesBackWithTheServer) {
  TestClient client(config("localhost", "server"));
  ASSERT_TRUE(client.start().has_value());
  server_->kill();
  EXPECT_TRUE(client.eventually([&] { return !client.client.available(); }));
  server_->start();
  EXPECT_TRUE(client.eventually([&] { return client.client.available(); }));
  EXPECT_EQ(client.command("PING")->text(), "PONG");
}

}  // namespace
}  // namespace souk::redis
