// Reloads the node's certificates when asked, or when their files change; says so in the log and in
// metrics. Threading: the main thread. Ownership: borrows all it is made with, which outlives it.
#pragma once

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

  void reload();
  void reload_if_changed();

 private:
  void show_expiry();

  runtime::TlsServer& server_;
  Http3* const http3_;
  telemetry::Log& log_;
  telemetry::Gauge& expiry_;
  telemetry::Counter& done_;
  telemetry::Counter& refused_;
};

}  // namespace souk::app
