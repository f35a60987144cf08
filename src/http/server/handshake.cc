#include "http/server/handshake.h"

namespace souk::http {

using runtime::TlsFailure;

runtime::Task<std::optional<TlsFailure>> Handshake::run(
    std::shared_ptr<const runtime::TlsServerContext> context,
    std::chrono::steady_clock::duration timeout) {
  loop_.arm(*this, timeout);
  const auto secured = co_await transport_.secure(std::move(context));
  cancel();
  const auto& tls = *transport_.tls();
  if (secured && !late_) {
    metrics_.tls_handshake(tls.version(), tls.resumed());
    co_return std::nullopt;
  }
  const auto failure = late_ ? TlsFailure::kTimeout : tls.failure();
  metrics_.tls_failures[failure].increment();
  if (failure == TlsFailure::kPlainHttp) transport_.abandon_tls();
  co_return failure;
}

void Handshake::on_timer() {
  late_ = true;
  cut();
}

}  // namespace souk::http
