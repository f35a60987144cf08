// A server behind TLS, seen by clients that keep to the protocol and by such that do not.
#include <gtest/gtest.h>

#include "http/server/test_server.h"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using runtime::tls::ContextPtr;
using runtime::tls::SessionPtr;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

runtime::Task<Response> hello() { co_return text(200, "hello"); }

void add_hello(Router& router, runtime::Loop&) {
  router.add({.method = Method::kGet,
              .path = "/",
              .handler = [](runtime::Context&, const Request&) { return hello(); },
              .name = {}});
}

double failures(const TestServer& server, std::string_view reason) {
  return server.metric("souk_http_tls_handshake_failures_total{reason=\"" + std::string(reason) +
                       "\"}");
}

// A client whose context the test sets up.
class Client {
 public:
  Client() : context_(::SSL_CTX_new(::TLS_client_method())) {
    ::SSL_CTX_load_verify_file(context_.get(), TestCertificate::get().authority_file().c_str());
    ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  ~Client() {
    if (fd_ >= 0) ::close(fd_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  SSL_CTX* context() { return context_.get(); }
  SSL* session() { return session_.get(); }
  void prepare(std::uint16_t port) {
    if (session_) ::SSL_shutdown(session_.get());  // otherwise the session counts as broken
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    session_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(session_.get(), fd_);
  }
  bool connect(std::uint16_t port) {
    prepare(port);
    return ::SSL_connect(session_.get()) == 1;
  }
  std::string exchange() {
    ::SSL_write(session_.get(), kGet.data(), static_cast<int>(kGet.size()));
    std::string answer(4096, '\0');
    const int n = ::SSL_read(session_.get(), answer.data(), static_cast<int>(answer.size()));
    answer.resize(static_cast<std::size_t>(std::max(n, 0)));
    return answer;
  }
  std::string alpn() {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    ::SSL_get0_alpn_selected(session_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }

 private:
  ContextPtr context_;
  SessionPtr session_;
  int fd_ = -1;
};

std::string ticket_of(const SSL_SESSION* session) {
  const unsigned char* ticket = nullptr;
  std::size_t size = 0;
  ::SSL_SESSION_get0_ticket(session, &ticket, &size);
  return {reinterpret_cast<const char*>(ticket), size};
}

class TlsServed : public testing::Test {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }
  TestServer server{{.port = 0}, add_hello, true};
};

TEST_F(TlsServed, BothVersionsWithModernSuitesOnly) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    ASSERT_TRUE(client.connect(server.port()));
    EXPECT_EQ(::SSL_version(client.session()), version);
    EXPECT_STREQ(::SSL_get_cipher_name(client.session()), version == TLS1_2_VERSION
                                                              ? "ECDHE-ECDSA-AES128-GCM-SHA256"
                                                              : "TLS_AES_128_GCM_SHA256");
    EXPECT_TRUE(client.exchange().ends_with("\r\n\r\nhello"));
  }
}

TEST_F(TlsServed, AClientThatPutsChaChaFirstGetsIt) {
  Client client;
  ::SSL_CTX_set_ciphersuites(client.context(),
                             "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
  ASSERT_TRUE(client.connect(server.port()));
  EXPECT_STREQ(::SSL_get_cipher_name(client.session()), "TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(TlsServed, OldVersionsAndSuitesAreRefusedAndCounted) {
  Client old_version;
  ::SSL_CTX_set_security_level(old_version.context(), 0);
  SSL_CTX_set_min_proto_version(old_version.context(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(old_version.context(), TLS1_1_VERSION);
  EXPECT_FALSE(old_version.connect(server.port()));
  Client old_suite;
  SSL_CTX_set_max_proto_version(old_suite.context(), TLS1_2_VERSION);
  ::SSL_CTX_set_cipher_list(old_suite.context(), "ECDHE-ECDSA-AES128-SHA");
  EXPECT_FALSE(old_suite.connect(server.port()));
  EXPECT_TRUE(eventually([&] { return failures(server, "version") == 1; }));
  EXPECT_TRUE(eventually([&] { return failures(server, "suite") == 1; }));
}

TEST_F(TlsServed, TheProtocolIsNegotiated) {
  Client client;
  const std::string offered = "\x02h3\x08http/1.1";
  ::SSL_CTX_set_alpn_protos(client.context(),
                            reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
  ASSERT_TRUE(client.connect(server.port()));
  EXPECT_EQ(client.alpn(), "http/1.1");
  Client stranger;
  ::SSL_CTX_set_alpn_protos(stranger.context(),
                            reinterpret_cast<const unsigned char*>("\x03"
                                                                   "foo"),
                            4);
  EXPECT_FALSE(stranger.connect(server.port()));
  EXPECT_TRUE(eventually([&] { return failures(server, "protocol") == 1; }));
}

TEST_F(TlsServed, ASessionIsResumedByItsTicket) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client;
    SSL_CTX_set_max_proto_version(client.context(), version);
    ASSERT_TRUE(client.connect(server.port()));
    client.exchange();  // TLS 1.3 sends tickets after the handshake
    auto* const session = ::SSL_get1_session(client.session());
    server.tls().use(*server.tls().load());
    client.prepare(server.port());
    ::SSL_set_session(client.session(), session);
    ASSERT_EQ(::SSL_connect(client.session()), 1);
    EXPECT_TRUE(::SSL_session_reused(client.session()));
    EXPECT_TRUE(client.exchange().ends_with("hello"));
    EXPECT_EQ(ticket_of(session) == ticket_of(::SSL_get0_session(client.session())),
              version == TLS1_2_VERSION);
    ::SSL_SESSION_free(session);
  }
  EXPECT_EQ(server.metric("souk_http_tls_handshakes_total{version=\"TLSv1.3\",resumed=\"yes\"}"),
            1);
}

// Each renegotiation of TLS 1.2 costs the server a handshake.
TEST_F(TlsServed, AClientCannotRenegotiate) {
  Client client;
  SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
  ASSERT_TRUE(client.connect(server.port()));
  ::SSL_renegotiate(client.session());
  EXPECT_NE(::SSL_do_handshake(client.session()), 1);
  EXPECT_EQ(ERR_GET_REASON(::ERR_get_error()), SSL_R_NO_RENEGOTIATION);
}

TEST_F(TlsServed, ARequestInPlainTextIsAnsweredInPlainText) {
  RawClient client(server.port(), 0, false);
  const auto response = client.exchange(kGet);
  EXPECT_EQ(response.status, 400);
  EXPECT_TRUE(response.body.contains("https://"));
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(failures(server, "plain_http"), 1);
}

TEST_F(TlsServed, GarbageEndsTheHandshakeOnly) {
  RawClient client(server.port(), 0, false);
  client.send(std::string(2'000, '\x16'));
  client.receive_all();
  EXPECT_TRUE(eventually([&] { return failures(server, "malformed") == 1; }));
  RawClient gone(server.port(), 0, false);
  gone.send("\x16\x03\x01");
  gone.close();
  EXPECT_TRUE(eventually([&] { return failures(server, "closed") == 1; }));
  EXPECT_TRUE(eventually([&] { return server.metric("souk_http_connections") == 0; }));
  RawClient next(server.port(), 0, true);
  EXPECT_EQ(next.exchange(kGet).status, 200);
}

TEST(Tls, AHandshakeIsBoundedInTimeAsAWhole) {
  TestServer server({.port = 0, .header_timeout = 200ms}, add_hello, true);
  RawClient silent(server.port(), 0, false);
  RawClient slow(server.port(), 0, false);
  std::string_view rest("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  std::thread one_byte_at_a_time([&] {
    while (slow.send(rest.substr(0, 1))) {
      if (rest.size() > 1) rest.remove_prefix(1);
      std::this_thread::sleep_for(20ms);
    }
  });
  EXPECT_TRUE(silent.is_closed());
  one_byte_at_a_time.join();
  EXPECT_EQ(failures(server, "timeout"), 2);
}

TEST(Tls, ADrainDoesNotWaitForAConnectionWithoutAHandshake) {
  TestServer server({.port = 0, .header_timeout = 1h, .drain_timeout = 1h}, add_hello, true);
  RawClient silent(server.port(), 0, false);
  EXPECT_TRUE(eventually([&] { return server.metric("souk_http_connections") == 1; }));
  server.stop();
  EXPECT_TRUE(silent.is_closed());
}

TEST(Tls, ADrainEndsAHandshakeThatDoesNot) {
  TestServer server({.port = 0, .drain_timeout = 100ms}, add_hello, true);
  RawClient stuck(server.port(), 0, false);
  stuck.send(std::string_view("\x16\x03\x01\x01", 4));  // of a record with a ClientHello
  EXPECT_TRUE(eventually([&] { return server.metric("souk_http_connections") == 1; }));
  server.stop();
  EXPECT_TRUE(stuck.is_closed());
}

TEST(Tls, TheCertificateIsChosenByTheNameAndByTheKeysThatTheClientKnows) {
  const auto& test = TestCertificate::get();
  using KeyType = runtime::Authority::KeyType;
  auto config = test.config();
  const auto add = [&](const std::string& file, const std::vector<std::string>& names,
                       KeyType key) {
    const auto issued = test.authority().issue({.names = names, .lifetime = 1h, .key = key});
    test.write(file + ".pem", issued.certificate);
    test.write(file + ".key", issued.key);
    config.certificates.push_back(test.file(file + ".pem"));
    config.keys.push_back(test.file(file + ".key"));
  };
  add("rsa", {"localhost", "127.0.0.1"}, KeyType::kRsa);
  add("shop", {"*.Shop.example", "shop.example"}, KeyType::kEcdsa);
  TestServer server({.port = 0}, add_hello, config);
  const auto subject = [&](const char* name, const char* signatures) {
    Client client;
    SSL_CTX_set1_sigalgs_list(client.context(), signatures);
    client.prepare(server.port());
    if (name != nullptr) SSL_set_tlsext_host_name(client.session(), name);
    if (::SSL_connect(client.session()) != 1) return std::string("refused");
    auto* const peer = ::SSL_get0_peer_certificate(client.session());
    std::string text(256, '\0');
    const int n = ::X509_NAME_get_text_by_NID(::X509_get_subject_name(peer), NID_commonName,
                                              text.data(), static_cast<int>(text.size()));
    text.resize(static_cast<std::size_t>(n));
    const bool rsa = ::EVP_PKEY_get_id(::X509_get0_pubkey(peer)) == EVP_PKEY_RSA;
    return text + (rsa ? " RSA" : " ECDSA");
  };
  constexpr auto kBoth = "ECDSA+SHA256:RSA-PSS+SHA256";
  EXPECT_EQ(subject(nullptr, kBoth), "localhost ECDSA");
  EXPECT_EQ(subject("localhost", "RSA-PSS+SHA256"), "localhost RSA");
  EXPECT_EQ(subject("shop.example", kBoth), "*.Shop.example ECDSA");
  EXPECT_EQ(subject("WWW.shop.EXAMPLE", kBoth), "*.Shop.example ECDSA");
  EXPECT_EQ(subject("a.b.shop.example", kBoth), "localhost ECDSA");
  EXPECT_EQ(subject("elsewhere.example", kBoth), "localhost ECDSA");
}

TEST(Tls, BrokenFilesKeepTheOldOnes) {
  const auto& test = TestCertificate::get();
  const auto one = test.authority().issue({.names = {"one"}, .lifetime = 1h});
  const auto two = test.authority().issue({.names = {"two"}, .lifetime = 1h});
  test.write("changing.pem", one.certificate);
  test.write("changing.key", one.key);
  auto tls = *runtime::TlsServer::open(
      {.certificates = {test.file("changing.pem")}, .keys = {test.file("changing.key")}});
  const auto before = tls->current();
  EXPECT_FALSE(tls->needs_reload());
  test.write("changing.pem", two.certificate + "\n");
  EXPECT_FALSE(tls->needs_reload());  // the change may be going on
  EXPECT_TRUE(tls->needs_reload());
  const auto refused = tls->load();
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().detail.contains("changing.key")) << refused.error().detail;
  EXPECT_EQ(tls->current(), before);
  EXPECT_FALSE(tls->needs_reload());  // is said once
  test.write("changing.key", two.key + "\n");
  EXPECT_FALSE(tls->needs_reload());
  EXPECT_TRUE(tls->needs_reload());
  tls->use(*tls->load());
  EXPECT_NE(tls->current(), before);
}

runtime::Task<Response> two_pieces() { co_return text(200, std::string(9'000, 'x')); }

TEST(Tls, AHeadAndItsBodyAreOneRecord) {
  TestServer server(
      {.port = 0},
      [](Router& router, runtime::Loop&) {
        router.add({.method = Method::kGet,
                    .path = "/",
                    .handler = [](runtime::Context&, const Request&) { return two_pieces(); },
                    .name = {}});
      },
      true);
  Client client;
  ASSERT_TRUE(client.connect(server.port()));
  const auto begin = client.exchange();
  const auto rest = static_cast<std::size_t>(::SSL_pending(client.session()));
  EXPECT_EQ(begin.size() + rest, begin.find("xxx") + 9'000);
}

TEST(Tls, AHandshakeCountsAsAConnectionOfItsClientAndMoreAreClosed) {
  TestServer server{{.port = 0,
                     .max_connections_per_address = 1,
                     .trusted_proxies = {"127.0.0.1"},
                     .proxy_protocol = true},
                    add_hello,
                    true};
  const auto connect = [&server](std::string_view client) {
    auto peer = std::make_unique<RawClient>(server.port(), 0, false);
    peer->send("PROXY TCP4 " + std::string(client) + " 10.0.0.1 12345 443\r\n");
    return peer;
  };
  const auto known = [&server](double clients) {
    return eventually([&] {
      return server.metric("souk_http_proxy_preambles_total{outcome=\"read\"}") == clients;
    });
  };
  const auto silent = connect("203.0.113.7");
  ASSERT_TRUE(known(1));
  EXPECT_TRUE(connect("203.0.113.7")->is_closed());
  EXPECT_EQ(server.metric("souk_http_connections_refused_total{limit=\"address\"}"), 1);
  const auto other = connect("203.0.113.8");
  ASSERT_TRUE(known(3));
  EXPECT_EQ(server.metric("souk_http_connections_refused_total{limit=\"address\"}"), 1);
}

}  // namespace
}  // namespace souk::http
