#include "app/shop/tls_reload.h"

#include "app/metrics.h"

namespace souk::app {

TlsReload::TlsReload(runtime::TlsServer& server, Http3* http3, telemetry::Registry& registry,
                     telemetry::Log& log)
    : server_(server),
      http3_(http3),
      log_(log),
      expiry_(registry.cell(kMetrics.certificate_expiry)),
      done_(registry.cell(kMetrics.tls_reloads, {"done"})),
      refused_(registry.cell(kMetrics.tls_reloads, {"refused"})) {
  show_expiry();
}

// TLS over TCP and QUIC have a library each: both take the new files, or neither.
Result<> TlsReload::exchange() {
  auto files = server_.load();
  if (!files) return std::unexpected(std::move(files.error()));
  if (http3_ != nullptr) {
    auto credentials = http3_->load();
    if (!credentials) return std::unexpected(std::move(credentials.error()));
    http3_->use(*std::move(credentials));
  }
  server_.use(*std::move(files));
  return {};
}

void TlsReload::attempt() {
  const auto exchanged = exchange();
  if (!exchanged) {
    if (exchanged.error().detail == refusal_) return;
    refusal_ = exchanged.error().detail;
    refused_.increment();
    log_.error("tls_reload_refused",
               {{"reason", std::string_view(refusal_)}, {"effect", "the old files stay in use"}});
    return;
  }
  refusal_.clear();
  done_.increment();
  show_expiry();
  log_.info("tls_reloaded");
}

void TlsReload::reload_if_changed() {
  const bool changed = server_.needs_reload();
  if (changed || !refusal_.empty()) attempt();
}

void TlsReload::show_expiry() { expiry_.set(static_cast<double>(server_.current()->expiry())); }

}  // namespace souk::app
