#include "runtime/transport.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

namespace souk::runtime {
namespace {

using boost::asio::ip::tcp;

// A TLS 1.2 server on a loopback port, for one client, with a certificate of its own.
class TlsServer {
  template <class T, void (*F)(T*)>
  struct Free {
    void operator()(T* one) const { F(one); }
  };

 public:
  TlsServer() : acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {
    ::X509_set_version(certificate_.get(), X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate_.get()), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(certificate_.get()), -60);
    ::X509_gmtime_adj(::X509_getm_notAfter(certificate_.get()), 3600);
    ::X509_set_pubkey(certificate_.get(), key_.get());
    ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate_.get()), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    ::X509_set_issuer_name(certificate_.get(), ::X509_get_subject_name(certificate_.get()));
    ::X509_sign(certificate_.get(), key_.get(), ::EVP_sha256());
    ::SSL_CTX_use_certificate(context_.get(), certificate_.get());
    ::SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    ::SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
  }

  std::string certificate_file() const {
    auto path = fmt::format("{}souk-tls-{}.pem", testing::TempDir(), ::getpid());
    const std::unique_ptr<BIO, Free<BIO, ::BIO_free_all>> file(::BIO_new_file(path.c_str(), "w"));
    ::PEM_write_bio_X509(file.get(), certificate_.get());
    return path;
  }
  tcp::endpoint endpoint() const { return acceptor_.local_endpoint(); }

  // Makes a handshake, asks the client to renegotiate, and sends it a byte; the client answers with
  // one. Returns the reason for which OpenSSL rejects that answer.
  int renegotiate() {
    tcp::socket socket = acceptor_.accept();
    const std::unique_ptr<SSL, Free<SSL, ::SSL_free>> session(::SSL_new(context_.get()));
    ::SSL_set_fd(session.get(), socket.native_handle());
    if (::SSL_accept(session.get()) != 1) return -1;
    ::SSL_renegotiate(session.get());
    ::SSL_do_handshake(session.get());
    ::SSL_write(session.get(), "x", 1);
    std::array<char, 1> byte{};
    ::SSL_read(session.get(), byte.data(), 1);
    return ERR_GET_REASON(::ERR_get_error());
  }

  // Sends two bytes, and when the client has read the first of them another one. Whether the client
  // then answers within 5 s.
  bool send_more(const std::atomic<bool>& first_is_read, std::atomic<bool>& more_is_sent) {
    tcp::socket socket = acceptor_.accept();
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const std::unique_ptr<SSL, Free<SSL, ::SSL_free>> session(::SSL_new(context_.get()));
    ::SSL_set_fd(session.get(), socket.native_handle());
    if (::SSL_accept(session.get()) != 1) return false;
    ::SSL_write(session.get(), "ab", 2);
    first_is_read.wait(false);
    ::SSL_write(session.get(), "c", 1);
    more_is_sent = true;
    std::array<char, 1> byte{};
    return ::SSL_read(session.get(), byte.data(), 1) == 1;
  }

 private:
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, ::EVP_PKEY_free>> key_{EVP_EC_gen("P-256")};
  std::unique_ptr<X509, Free<X509, ::X509_free>> certificate_{::X509_new()};
  std::unique_ptr<SSL_CTX, Free<SSL_CTX, ::SSL_CTX_free>> context_{
      ::SSL_CTX_new(::TLS_server_method())};
};

Task<void> exchange_a_byte(Loop& loop, const TlsContext& context, tcp::endpoint endpoint) {
  Transport transport(loop);
  EXPECT_FALSE(co_await transport.connect(endpoint));
  const auto secured = co_await transport.secure(context, "localhost");
  EXPECT_TRUE(secured) << secured.error().detail;
  char byte = 0;
  while (transport.read(&byte, 1).status == Transport::Io::Status::kBlocked) {
    co_await transport.wait_readable();
  }
  transport.write("y");
}

// Each renegotiation of TLS 1.2 costs the side that accepts it a handshake, which no metric of an
// exchange shows.
TEST(Transport, DoesNotAgreeOnTlsASecondTime) {
  ::signal(SIGPIPE, SIG_IGN);
  TlsServer server;
  const auto file = server.certificate_file();
  const auto context = TlsContext::trusting(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(context) << context.error().detail;
  int reason = 0;
  std::thread thread([&] { reason = server.renegotiate(); });
  Loop loop;
  loop.run_until_done(exchange_a_byte(loop, *context, server.endpoint()));
  thread.join();
  EXPECT_EQ(reason, SSL_R_NO_RENEGOTIATION);
}

Task<void> read_what_came_meanwhile(Loop& loop, const TlsContext& context, tcp::endpoint endpoint,
                                    std::atomic<bool>& first_is_read,
                                    const std::atomic<bool>& more_is_sent) {
  Transport transport(loop);
  EXPECT_FALSE(co_await transport.connect(endpoint));
  EXPECT_TRUE(co_await transport.secure(context, "localhost"));
  std::array<char, 64> bytes{};
  while (transport.read(bytes.data(), 1).status == Transport::Io::Status::kBlocked) {
    co_await transport.wait_readable();
  }
  first_is_read = true;
  first_is_read.notify_one();
  while (!more_is_sent) co_await loop.sleep(std::chrono::milliseconds(1));
  co_await loop.sleep(std::chrono::milliseconds(1));  // the poller has its turn
  std::string read;
  while (!read.ends_with('c')) {
    const auto io = transport.read(bytes.data(), bytes.size());
    if (io.status == Transport::Io::Status::kClosed) co_return;
    read.append(bytes.data(), io.bytes);
    if (io.drained && !read.ends_with('c')) co_await transport.wait_readable();
  }
  transport.write("y");
}

// The bug: what was left in OpenSSL's buffer was taken for the last that the socket had, and what
// had been announced meanwhile was waited for in vain: a body over TLS stopped for ever.
TEST(Transport, ReadsWhatCameWhileOpenSslHeldARest) {
  ::signal(SIGPIPE, SIG_IGN);
  TlsServer server;
  const auto file = server.certificate_file();
  const auto context = TlsContext::trusting(file);
  std::filesystem::remove(file);
  ASSERT_TRUE(context) << context.error().detail;
  std::atomic<bool> first_is_read = false;
  std::atomic<bool> more_is_sent = false;
  bool answered = false;
  std::thread thread([&] { answered = server.send_more(first_is_read, more_is_sent); });
  Loop loop;
  loop.run_until_done(
      read_what_came_meanwhile(loop, *context, server.endpoint(), first_is_read, more_is_sent));
  thread.join();
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace souk::runtime
