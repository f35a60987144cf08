#include "runtime/tls/authority.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <new>
#include <span>

#include "runtime/tls/openssl.h"

namespace souk::runtime {
namespace {

constexpr long kBackdatedSeconds = 3600;  // clocks differ
constexpr auto kRsaBits = std::size_t{2048};

void require(bool done) {
  if (done) return;
  ::ERR_clear_error();
  throw std::bad_alloc();  // the only way in which making something can fail
}

bool is_address(const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// "DNS:localhost,IP:127.0.0.1"
std::string alternative_names(std::span<const std::string> names) {
  std::string text;
  for (const auto& name : names) {
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", is_address(name) ? "IP" : "DNS", name);
  }
  return text;
}

// "permitted;DNS:localhost,permitted;IP:127.0.0.1/255.255.255.255"
std::string constraints(std::span<const std::string> names) {
  std::string text = "critical";
  for (const auto& name : names) {
    const bool v6 = name.contains(':');
    text += fmt::format(",permitted;{}:{}{}", is_address(name) ? "IP" : "DNS", name,
                        !is_address(name) ? ""
                        : v6              ? "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
                                          : "/255.255.255.255");
  }
  return text;
}

void set_name(X509* certificate, const std::string& name) {
  auto* const subject = ::X509_get_subject_name(certificate);
  require(::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                       0) == 1);
}

// A certificate without extensions; random serial number of 127 bits.
X509* begin(EVP_PKEY* key, const std::string& name, std::chrono::seconds lifetime) {
  X509* const made = ::X509_new();
  require(made != nullptr);
  std::array<unsigned char, 16> serial;
  require(::RAND_bytes(serial.data(), serial.size()) == 1);
  serial[0] &= 0x7f;
  BIGNUM* const number = ::BN_bin2bn(serial.data(), serial.size(), nullptr);
  ::BN_to_ASN1_INTEGER(number, ::X509_get_serialNumber(made));
  ::BN_free(number);
  ::X509_set_version(made, X509_VERSION_3);
  ::X509_gmtime_adj(::X509_getm_notBefore(made), -kBackdatedSeconds);
  ::X509_gmtime_adj(::X509_getm_notAfter(made), lifetime.count());
  require(::X509_set_pubkey(made, key) == 1);
  set_name(made, name);
  return made;
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const made = ::X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(made != nullptr && ::X509_add_ext(certificate, made, -1) == 1);
  ::X509_EXTENSION_free(made);
}

template <class Write>
std::string to_pem(Write write) {
  const tls::BioPtr memory(::BIO_new(::BIO_s_mem()));
  require(memory && write(memory.get()) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate) {
  return to_pem([certificate](BIO* to) { return ::PEM_write_bio_X509(to, certificate); });
}

std::string to_pem(EVP_PKEY* key) {
  return to_pem([key](BIO* to) {
    return ::PEM_write_bio_PKCS8PrivateKey(to, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

tls::BioPtr reader(const std::string& pem) {
  return tls::BioPtr(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

}  // namespace

void Authority::FreeKey::operator()(evp_pkey_st* key) const { ::EVP_PKEY_free(key); }
void Authority::FreeCertificate::operator()(x509_st* certificate) const {
  ::X509_free(certificate);
}

Authority::Authority(Key key, Certificate certificate)
    : key_(std::move(key)), certificate_(std::move(certificate)) {}
Authority::~Authority() = default;
Authority::Authority(Authority&&) noexcept = default;

Authority Authority::make(const std::string& name, const std::vector<std::string>& permitted,
                          std::chrono::seconds lifetime) {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  Certificate certificate(begin(key.get(), name, lifetime));
  auto* const made = certificate.get();
  ::X509_set_issuer_name(made, ::X509_get_subject_name(made));
  extend(made, made, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(made, made, NID_subject_key_identifier, "hash");
  extend(made, made, NID_authority_key_identifier, "keyid:always");
  if (!permitted.empty()) extend(made, made, NID_name_constraints, constraints(permitted));
  require(::X509_sign(made, key.get(), ::EVP_sha256()) > 0);
  return {std::move(key), std::move(certificate)};
}

Result<Authority> Authority::read(const CertificateAndKey& pem) {
  Certificate certificate(
      ::PEM_read_bio_X509(reader(pem.certificate).get(), nullptr, nullptr, nullptr));
  Key key(::PEM_read_bio_PrivateKey(reader(pem.key).get(), nullptr, nullptr, nullptr));
  const bool match =
      certificate && key && ::X509_check_private_key(certificate.get(), key.get()) == 1;
  ::ERR_clear_error();
  if (!match) return fail(ErrorCode::kUnavailable, "not a certificate and its key, in PEM");
  return Authority(std::move(key), std::move(certificate));
}

CertificateAndKey Authority::pem() const {
  return {.certificate = to_pem(certificate_.get()), .key = to_pem(key_.get())};
}

CertificateAndKey Authority::issue(const Request& request) const {
  const Key key(request.key == KeyType::kRsa ? EVP_RSA_gen(kRsaBits) : EVP_EC_gen("P-256"));
  require(key != nullptr);
  const Certificate certificate(begin(key.get(), request.names.front(), request.lifetime));
  auto* const made = certificate.get();
  auto* const issuer = certificate_.get();
  ::X509_set_issuer_name(made, ::X509_get_subject_name(issuer));
  extend(made, issuer, NID_basic_constraints, "critical,CA:FALSE");
  extend(made, issuer, NID_key_usage, "critical,digitalSignature");
  extend(made, issuer, NID_ext_key_usage, "serverAuth");
  extend(made, issuer, NID_subject_key_identifier, "hash");
  extend(made, issuer, NID_authority_key_identifier, "keyid:always");
  extend(made, issuer, NID_subject_alt_name, alternative_names(request.names));
  require(::X509_sign(made, key_.get(), ::EVP_sha256()) > 0);
  return {.certificate = to_pem(made), .key = to_pem(key.get())};
}

bool Authority::vouches_for(const std::string& certificate,
                            std::span<const std::string> names) const {
  const Certificate found(
      ::PEM_read_bio_X509(reader(certificate).get(), nullptr, nullptr, nullptr));
  const tls::TrustPtr trust(::X509_STORE_new());
  const tls::VerificationPtr verification(::X509_STORE_CTX_new());
  const auto names_host = [&found](const std::string& name) {
    return is_address(name)
               ? ::X509_check_ip_asc(found.get(), name.c_str(), 0) == 1
               : ::X509_check_host(found.get(), name.data(), name.size(), 0, nullptr) == 1;
  };
  const bool accepted =
      found && ::X509_STORE_add_cert(trust.get(), certificate_.get()) == 1 &&
      ::X509_STORE_CTX_init(verification.get(), trust.get(), found.get(), nullptr) == 1 &&
      ::X509_verify_cert(verification.get()) == 1 && std::ranges::all_of(names, names_host);
  ::ERR_clear_error();
  return accepted;
}

Result<std::chrono::seconds> remaining_lifetime(const std::string& certificate_pem) {
  const tls::CertificatePtr certificate(
      ::PEM_read_bio_X509(reader(certificate_pem).get(), nullptr, nullptr, nullptr));
  std::tm end{};
  const bool found =
      certificate && ::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate.get()), &end) == 1;
  ::ERR_clear_error();
  if (!found) return fail(ErrorCode::kUnavailable, "not a certificate in PEM");
  return std::chrono::seconds(::timegm(&end) - std::time(nullptr));
}

}  // namespace souk::runtime
