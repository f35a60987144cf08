#include "runtime/tls/server_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "runtime/tls/authority.h"
#include "runtime/tls/openssl.h"

namespace souk::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using tls::CertificatePtr;
using KeyPtr = std::unique_ptr<EVP_PKEY, tls::Free<&::EVP_PKEY_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, tls::Free<&::OCSP_BASICRESP_free>>;
using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, tls::Free<&::OCSP_RESPONSE_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, tls::Free<&::ASN1_TIME_free>>;

struct Signer {
  explicit Signer(const CertificateAndKey& pem) {
    const tls::BioPtr first(::BIO_new_mem_buf(pem.certificate.data(), -1));
    const tls::BioPtr second(::BIO_new_mem_buf(pem.key.data(), -1));
    certificate.reset(::PEM_read_bio_X509(first.get(), nullptr, nullptr, nullptr));
    key.reset(::PEM_read_bio_PrivateKey(second.get(), nullptr, nullptr, nullptr));
  }
  CertificatePtr certificate;
  KeyPtr key;
};

class Stapling : public testing::Test {
 protected:
  Stapling() {
    std::filesystem::create_directories(folder_);
    write("server.pem", server_.certificate + authority_.pem().certificate);
    write("server.key", server_.key);
  }
  ~Stapling() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  // About the server's certificate, in DER. `until`: from now on.
  std::string response(const Signer& by, int status = V_OCSP_CERTSTATUS_GOOD,
                       std::chrono::seconds until = 1h) const {
    const Signer issuer(authority_.pem());
    const Signer server(server_);
    auto* const id = ::OCSP_cert_to_id(nullptr, server.certificate.get(), issuer.certificate.get());
    const BasicPtr basic(::OCSP_BASICRESP_new());
    const TimePtr from(::X509_gmtime_adj(nullptr, -3600));
    const TimePtr to(::X509_gmtime_adj(nullptr, until.count()));
    ::OCSP_basic_add1_status(basic.get(), id, status, OCSP_REVOKED_STATUS_KEYCOMPROMISE, from.get(),
                             from.get(), to.get());
    ::OCSP_CERTID_free(id);
    EXPECT_EQ(::OCSP_basic_sign(basic.get(), by.certificate.get(), by.key.get(), ::EVP_sha256(),
                                nullptr, 0),
              1);
    const ResponsePtr whole(::OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
    unsigned char* bytes = nullptr;
    const int size = ::i2d_OCSP_RESPONSE(whole.get(), &bytes);
    std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    ::OPENSSL_free(bytes);
    return der;
  }

  // A responder's certificate, issued by the authority.
  Signer responder(const char* usage) const {
    Signer made(authority_.issue({.names = {"responder"}, .lifetime = 1h}));
    auto* const certificate = made.certificate.get();
    const int at = ::X509_get_ext_by_NID(certificate, NID_ext_key_usage, -1);
    ::X509_EXTENSION_free(::X509_delete_ext(certificate, at));
    auto* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_ext_key_usage, usage);
    ::X509_add_ext(certificate, extension, -1);
    ::X509_EXTENSION_free(extension);
    ::X509_sign(certificate, Signer(authority_.pem()).key.get(), ::EVP_sha256());
    return made;
  }

  Result<std::shared_ptr<const TlsServerContext>> load(const std::string& staple) const {
    write("staple", staple);
    return TlsServerContext::load({.certificates = {folder_ / "server.pem"},
                                   .keys = {folder_ / "server.key"},
                                   .ocsp = {folder_ / "staple"}},
                                  std::make_shared<TicketKeys>());
  }
  std::string refusal(const std::string& staple) const {
    const auto loaded = load(staple);
    return loaded ? "" : loaded.error().detail;
  }

  // What a client that asks for a status gets.
  static std::string stapled(const TlsServerContext& context) {
    const tls::ContextPtr client_context(::SSL_CTX_new(::TLS_client_method()));
    const tls::SessionPtr client(::SSL_new(client_context.get()));
    const tls::SessionPtr server(::SSL_new(context.openssl()));
    BIO* near = nullptr;
    BIO* far = nullptr;
    ::BIO_new_bio_pair(&near, 0, &far, 0);
    ::SSL_set_bio(client.get(), near, near);
    ::SSL_set_bio(server.get(), far, far);
    ::SSL_set_connect_state(client.get());
    ::SSL_set_accept_state(server.get());
    SSL_set_tlsext_status_type(client.get(), TLSEXT_STATUSTYPE_ocsp);
    for (int i = 0; i < 8; ++i) {
      ::SSL_do_handshake(client.get());
      ::SSL_do_handshake(server.get());
    }
    EXPECT_EQ(::SSL_is_init_finished(client.get()), 1);
    const unsigned char* bytes = nullptr;
    const auto size = SSL_get_tlsext_status_ocsp_resp(client.get(), static_cast<void*>(&bytes));
    return size < 0
               ? ""
               : std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }

  const std::filesystem::path folder_ =
      testing::TempDir() + "souk-stapling-" + std::to_string(::getpid());
  const Authority authority_ = Authority::make("Issuer", {}, 1h);
  const CertificateAndKey server_ = authority_.issue({.names = {"localhost"}, .lifetime = 1h});
};

TEST_F(Stapling, SendsTheResponseOfTheIssuerAndOfItsResponder) {
  for (const auto& der : {response(Signer(authority_.pem())), response(responder("OCSPSigning"))}) {
    const auto loaded = load(der);
    ASSERT_TRUE(loaded) << loaded.error().detail;
    EXPECT_EQ(stapled(**loaded), der);
  }
}

TEST_F(Stapling, RefusesAResponseThatNobodySignedForTheIssuer) {
  const auto other = Authority::make("Issuer", {}, 1h);
  for (const auto& der : {response(Signer(other.pem())), response(Signer(server_)),
                          response(responder("serverAuth"))}) {
    EXPECT_THAT(refusal(der), HasSubstr("not signed for the certificate's issuer"));
  }
}

TEST_F(Stapling, RefusesAResponseThatSaysThatTheCertificateIsRevoked) {
  EXPECT_THAT(refusal(response(Signer(authority_.pem()), V_OCSP_CERTSTATUS_REVOKED)),
              HasSubstr("says that the certificate is revoked"));
}

// Clocks differ by some minutes: such a response is no wrong file, but clients would refuse it.
TEST_F(Stapling, SendsNoResponseThatHasExpired) {
  const Signer issuer(authority_.pem());
  EXPECT_THAT(refusal(response(issuer, V_OCSP_CERTSTATUS_GOOD, -10min)), HasSubstr("expired"));
  const auto loaded = load(response(issuer, V_OCSP_CERTSTATUS_GOOD, -10s));
  ASSERT_TRUE(loaded) << loaded.error().detail;
  EXPECT_EQ(stapled(**loaded), "");
}

}  // namespace
}  // namespace souk::runtime
