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

void TlsReload::reload() {
  auto loaded = server_.reload();
  if (loaded && http3_ != nullptr) loaded = http3_->reload();
  if (!loaded) {
    refused_.increment();
    log_.error("tls_reload_refused", {{"reason", std::string_view(loaded.error().detail)},
                                      {"effect", "the old files stay in use"}});
    return;
  }
  done_.increment();
  show_expiry();
  log_.info("tls_reloaded");
}

void TlsReload::reload_if_changed() {
  if (server_.needs_reload()) reload();
}

void TlsReload::show_expiry() { expiry_.set(static_cast<double>(server_.current()->expiry())); }

}  // namespace souk::app
