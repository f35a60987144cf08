// Owners of OpenSSL's objects, and the text of its errors. For sources that call OpenSSL.
// Threading: functions use the calling thread's error queue.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>
#include <memory>
#include <string>

namespace souk::runtime::tls {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using ContextPtr = std::unique_ptr<SSL_CTX, Free<&::SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL, Free<&::SSL_free>>;
using CertificatePtr = std::unique_ptr<X509, Free<&::X509_free>>;
using TrustPtr = std::unique_ptr<X509_STORE, Free<&::X509_STORE_free>>;
using VerificationPtr = std::unique_ptr<X509_STORE_CTX, Free<&::X509_STORE_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, Free<&::BIO_free>>;

// Before an operation whose failure is to be found in the queue. Clearing an empty one costs more
// than looking.
inline void clear_errors() {
  if (::ERR_peek_error() != 0) ::ERR_clear_error();
}

// The first error in the queue, which is emptied; 0: none.
inline unsigned long take_error() {
  const auto code = ::ERR_get_error();
  ::ERR_clear_error();
  return code;
}

inline std::string error_text(unsigned long code) {
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* const reason = ::ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was closed" : reason;
}

}  // namespace souk::runtime::tls
