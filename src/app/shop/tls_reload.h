// Reloads the node's certificates when asked, or when their files change; says so in the log and in
// metrics. Threading: the main thread. Ownership: borrows all it is made with, which outlives it.
#pragma once

#include <string>

#include "app/shop/http3.h"
#include "runtime/tls/server.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::app {

class TlsReload {
 public:
  // `http3` is null without HTTP/3.
  TlsReload(runtime::TlsServer& server, Http3* http3, telemetry::Registry& registry,
            telemetry::Log& log);

  // The operator asks for it.
  void reload() {
    refusal_.clear();
    attempt();
  }
  // Also after a refusal, whose reason may be gone without a change of the files; it is said and
  // counted once.
  void reload_if_changed();

 private:
  void attempt();
  Result<> exchange();
  void show_expiry();

  runtime::TlsServer& server_;
  Http3* const http3_;
  telemetry::Log& log_;
  telemetry::Gauge& expiry_;
  telemetry::Counter& done_;
  telemetry::Counter& refused_;
  std::string refusal_;  // why the present files are not in use; empty: they are
};

}  // namespace souk::app
