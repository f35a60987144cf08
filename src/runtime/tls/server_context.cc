#include "runtime/tls/server_context.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/files.h"
#include "runtime/tls/openssl.h"

namespace souk::runtime {
namespace {

using tls::CertificatePtr;
using tls::ContextPtr;
using OcspPtr = std::unique_ptr<OCSP_RESPONSE, tls::Free<&::OCSP_RESPONSE_free>>;
using BasicOcspPtr = std::unique_ptr<OCSP_BASICRESP, tls::Free<&::OCSP_BASICRESP_free>>;
struct FreeList {
  void operator()(STACK_OF(X509) * list) const { sk_X509_free(list); }
};
using CertificateListPtr = std::unique_ptr<STACK_OF(X509), FreeList>;
using OcspIdPtr = std::unique_ptr<OCSP_CERTID, tls::Free<&::OCSP_CERTID_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, tls::Free<&::GENERAL_NAMES_free>>;

// Forward secrecy and AEAD only. AES-128 costs least with hardware support; a client without it
// puts ChaCha20 first, and then gets it.
constexpr auto kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr auto kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr auto kGroups = "X25519:P-256:P-384";
constexpr int kSecurityLevel = 2;  // 112 bits: RSA of 2048 bits
constexpr long kClockSkewSeconds = 300;
constexpr long kSessionSeconds = 12 * 3600;
// The same in all contexts and nodes, so that a ticket of one is valid in another.
constexpr std::string_view kSessionContext = "souk";

std::unexpected<Error> refused(const std::string& file, std::string_view what) {
  return fail(ErrorCode::kUnavailable, fmt::format("{}: {}", file, what));
}

std::unexpected<Error> refused(const std::string& file) {
  return refused(file, tls::error_text(tls::take_error()));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::time_t time_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ::ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

// The host names of a certificate, in lower case and sorted.
std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const NamesPtr all(static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const auto* const name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != GEN_DNS) continue;
    const auto* const text = ::ASN1_STRING_get0_data(name->d.dNSName);
    names.push_back(lower_case({reinterpret_cast<const char*>(text),
                                static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName))}));
  }
  std::ranges::sort(names);
  return names;
}

struct Status {
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
};

// Of the context's current certificate; itself when it is signed by itself.
X509* issuer_of_current(SSL_CTX& context) {
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(&context, static_cast<void*>(&chain));
  return sk_X509_num(chain) > 0 ? sk_X509_value(chain, 0) : ::SSL_CTX_get0_certificate(&context);
}

// What the response says about the context's current certificate, whose issuer is in its chain.
std::optional<Status> find_status(OCSP_BASICRESP& response, SSL_CTX& context) {
  auto* const leaf = ::SSL_CTX_get0_certificate(&context);
  for (const auto* digest : {::EVP_sha1(), ::EVP_sha256()}) {
    const OcspIdPtr id(::OCSP_cert_to_id(digest, leaf, issuer_of_current(context)));
    Status found;
    if (::OCSP_resp_find_status(&response, id.get(), &found.status, nullptr, nullptr, &found.from,
                                &found.until) == 1) {
      return found;
    }
  }
  return std::nullopt;
}

// Whether the issuer, or a responder that it has certified for this, has signed the response (RFC
// 6960 section 4.2.2.2).
bool is_signed(OCSP_BASICRESP& response, X509* issuer) {
  const tls::TrustPtr trust(::X509_STORE_new());
  ::X509_STORE_set_flags(trust.get(), X509_V_FLAG_PARTIAL_CHAIN);  // up to the issuer, no root
  const CertificateListPtr issuers(sk_X509_new_null());
  return ::X509_STORE_add_cert(trust.get(), issuer) == 1 &&
         sk_X509_push(issuers.get(), issuer) == 1 &&
         ::OCSP_basic_verify(&response, issuers.get(), trust.get(), OCSP_TRUSTOTHER) == 1;
}

// An encrypted key would ask for its password on the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

// Certificates of the same names, one of each type of key.
struct TlsServerContext::Certificates {
  std::vector<std::string> names;
  ContextPtr context;
};

struct TlsServerContext::Staple {
  CertificatePtr certificate;
  std::string response;
  std::time_t until;  // 0: unlimited
};

struct TlsServerContext::Callbacks {
  static const TlsServerContext& self(const SSL* session) {
    return *static_cast<const TlsServerContext*>(SSL_CTX_get_app_data(::SSL_get_SSL_CTX(session)));
  }

  static int name(SSL* session, int*, void*) {
    const char* const name = ::SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    auto* const context = self(session).context_for(lower_case(name));
    if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;  // the first certificate
    ::SSL_set_SSL_CTX(session, context);
    return SSL_TLSEXT_ERR_OK;
  }

  static int protocol(SSL* session, const unsigned char** out, unsigned char* out_size,
                      const unsigned char* in, unsigned in_size, void*) {
    const auto& ours = self(session).protocols_;
    const int status = ::SSL_select_next_proto(const_cast<unsigned char**>(out), out_size,
                                               reinterpret_cast<const unsigned char*>(ours.data()),
                                               static_cast<unsigned>(ours.size()), in, in_size);
    return status == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  static int staple(SSL* session, void*) {
    const auto* const certificate = ::SSL_get_certificate(session);
    for (const auto& staple : self(session).staples_) {
      if (::X509_cmp(staple.certificate.get(), certificate) != 0) continue;
      if (staple.until != 0 && staple.until < std::time(nullptr)) break;  // older than useful
      auto* const copy = ::OPENSSL_memdup(staple.response.data(), staple.response.size());
      ::SSL_set_tlsext_status_ocsp_resp(session, copy, static_cast<long>(staple.response.size()));
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
  }

  static bool set(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
    std::string digest = "SHA256";
    const std::array parameters = {
        ::OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
        ::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        ::OSSL_PARAM_construct_end()};
    return ::EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
  }

  // As SSL_CTX_set_tlsext_ticket_key_evp_cb wants it: 1 done, 2 done and send a new ticket, 0 no
  // such key, -1 failed.
  static int ticket(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, int sealing) {
    auto& keys = *self(session).ticket_keys_;
    const auto now = std::chrono::steady_clock::now();
    if (sealing == 1) {
      auto key = keys.sealing(now);
      std::ranges::copy(key.name, name);
      const bool done =
          ::RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 && set(mac, key) &&
          ::EVP_EncryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) == 1;
      return done ? 1 : -1;
    }
    auto opening = keys.opening({name, std::tuple_size_v<decltype(TicketKeys::Key::name)>}, now);
    if (!opening) return 0;
    auto& key = opening->key;
    const bool done = set(mac, key) && ::EVP_DecryptInit_ex(cipher, ::EVP_aes_256_cbc(), nullptr,
                                                            key.cipher.data(), iv) == 1;
    if (!done) return -1;
    // A ticket of TLS 1.3 should be used once (RFC 8446, C.4): each resumption gives a new one.
    return opening->renew || ::SSL_version(session) == TLS1_3_VERSION ? 2 : 1;
  }

  // A context without certificates.
  static ContextPtr context(TlsServerContext& self) {
    ContextPtr made(::SSL_CTX_new(::TLS_server_method()));
    auto* const context = made.get();
    const bool only13 = self.config_.min_version == TlsVersion::k13;
    ::SSL_CTX_set_min_proto_version(context, only13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    ::SSL_CTX_set_security_level(context, kSecurityLevel);
    ::SSL_CTX_set_cipher_list(context, kSuites12);
    ::SSL_CTX_set_ciphersuites(context, kSuites13);
    SSL_CTX_set1_groups_list(context, kGroups);
    ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                       SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets keep sessions
    ::SSL_CTX_set_timeout(context, kSessionSeconds);
    ::SSL_CTX_set_session_id_context(context,
                                     reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                     static_cast<unsigned>(kSessionContext.size()));
    ::SSL_CTX_set_default_passwd_cb(context, &no_password);
    SSL_CTX_set_app_data(context, &self);
    SSL_CTX_set_tlsext_servername_callback(context, &name);
    SSL_CTX_set_tlsext_status_cb(context, &staple);
    ::SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &ticket);
    if (!self.protocols_.empty()) ::SSL_CTX_set_alpn_select_cb(context, &protocol, nullptr);
    return made;
  }
};

TlsServerContext::TlsServerContext(const TlsServerConfig& config,
                                   std::shared_ptr<TicketKeys> ticket_keys)
    : config_(config), ticket_keys_(std::move(ticket_keys)) {
  for (const auto& protocol : config.protocols) {
    protocols_ += static_cast<char>(protocol.size());
    protocols_ += protocol;
  }
}

TlsServerContext::~TlsServerContext() = default;

ssl_ctx_st* TlsServerContext::openssl() const { return certificates_.front()->context.get(); }

Result<std::shared_ptr<const TlsServerContext>> TlsServerContext::load(
    const TlsServerConfig& config, std::shared_ptr<TicketKeys> ticket_keys) {
  std::shared_ptr<TlsServerContext> made(new TlsServerContext(config, std::move(ticket_keys)));
  if (config.certificates.empty() || config.certificates.size() != config.keys.size()) {
    return fail(ErrorCode::kUnavailable, "TLS needs a certificate, and a key for each");
  }
  for (std::size_t i = 0; i < config.certificates.size(); ++i) {
    auto added = made->add_certificate(config.certificates[i], config.keys[i]);
    if (!added) return std::unexpected(std::move(added.error()));
  }
  for (const auto& file : config.ocsp) {
    if (auto added = made->add_staple(file); !added) {
      return std::unexpected(std::move(added.error()));
    }
  }
  return made;
}

Result<> TlsServerContext::add_certificate(const std::string& certificate, const std::string& key) {
  ::ERR_clear_error();
  auto added = std::make_unique<Certificates>();
  added->context = Callbacks::context(*this);
  auto* context = added->context.get();
  if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
    return refused(certificate);
  }
  const auto* const leaf = ::SSL_CTX_get0_certificate(context);
  const auto until = time_of(::X509_get0_notAfter(leaf));
  if (until < std::time(nullptr)) return refused(certificate, "the certificate has expired");
  expiry_ = expiry_ == 0 ? until : std::min(expiry_, until);
  added->names = names_of(leaf);
  const auto same = std::ranges::find(certificates_, added->names,
                                      [](const auto& other) { return other->names; });
  if (same != certificates_.end() && !added->names.empty()) {
    context = (*same)->context.get();
    if (::SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
      return refused(certificate);
    }
  }
  if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context) != 1) {
    return refused(key);
  }
  for (const auto& name : added->names) by_name_.try_emplace(name, context);
  if (context == added->context.get()) certificates_.push_back(std::move(added));
  return {};
}

Result<> TlsServerContext::add_staple(const std::string& file) {
  ::ERR_clear_error();
  const auto bytes = read_file(file);
  if (!bytes) return fail(ErrorCode::kUnavailable, bytes.error());
  const auto* at = reinterpret_cast<const unsigned char*>(bytes->data());
  const OcspPtr response(::d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(bytes->size())));
  if (!response || ::OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return refused(file, "is no successful OCSP response in DER");
  }
  const BasicOcspPtr basic(::OCSP_response_get1_basic(response.get()));
  if (!basic) return refused(file);
  for (const auto& one : certificates_) {
    auto* const context = one->context.get();
    for (long more = ::SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST); more == 1;
         more = ::SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
      const auto found = find_status(*basic, *context);
      if (!found) continue;
      if (!is_signed(*basic, issuer_of_current(*context))) {
        ::ERR_clear_error();
        return refused(file, "the OCSP response is not signed for the certificate's issuer");
      }
      if (found->status != V_OCSP_CERTSTATUS_GOOD) {
        return refused(file, fmt::format("the OCSP response says that the certificate is {}",
                                         ::OCSP_cert_status_str(found->status)));
      }
      if (::OCSP_check_validity(found->from, found->until, kClockSkewSeconds, -1) != 1) {
        return refused(file);
      }
      auto* const leaf = ::SSL_CTX_get0_certificate(context);
      ::X509_up_ref(leaf);
      staples_.push_back({.certificate = CertificatePtr(leaf),
                          .response = *bytes,
                          .until = found->until == nullptr ? 0 : time_of(found->until)});
      return {};
    }
  }
  return refused(file, "is an OCSP response for none of the certificates");
}

// An exact name, or one level below a wildcard (RFC 6125, 6.4.3). Null: none.
ssl_ctx_st* TlsServerContext::context_for(std::string_view host) const {
  if (const auto found = by_name_.find(host); found != by_name_.end()) return found->second;
  const auto dot = host.find('.');
  if (dot == host.npos) return nullptr;
  const auto found = by_name_.find("*" + std::string(host.substr(dot)));
  return found == by_name_.end() ? nullptr : found->second;
}

}  // namespace souk::runtime
