#include "runtime/tls/client_context.h"

#include <fmt/format.h>

#include "runtime/tls/openssl.h"

namespace souk::runtime {

void TlsContext::Free::operator()(ssl_ctx_st* context) const { ::SSL_CTX_free(context); }

Result<TlsContext> TlsContext::trusting(const std::string& ca_file) {
  TlsContext made;
  made.context_.reset(::SSL_CTX_new(::TLS_client_method()));
  auto* const context = made.context_.get();
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  ::ERR_clear_error();
  const int trusted = ca_file.empty() ? ::SSL_CTX_set_default_verify_paths(context)
                                      : ::SSL_CTX_load_verify_file(context, ca_file.c_str());
  if (trusted != 1) {
    return fail(ErrorCode::kUnavailable,
                fmt::format("tls_ca_file {}: {}", ca_file, tls::error_text(tls::take_error())));
  }
  return made;
}

}  // namespace souk::runtime
