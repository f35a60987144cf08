// The TLS handshake of an accepted connection, before its session: bounded in time, counted by
// outcome. Threading: loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>

#include "http/metrics.h"
#include "runtime/tls/server.h"
#include "runtime/tls/stream.h"
#include "runtime/transport.h"

namespace souk::http {

class Handshake final : public boost::intrusive::list_base_hook<>,
                        private runtime::TimerWheel::Timer {
 public:
  Handshake(runtime::Loop& loop, runtime::Transport& transport, Metrics& metrics)
      : loop_(loop), transport_(transport), metrics_(metrics) {}

  // Nothing: the connection is secure. Otherwise it is of no further use, except that after
  // kPlainHttp an answer may be written, in plain text.
  runtime::Task<std::optional<runtime::TlsFailure>> run(
      std::shared_ptr<const runtime::TlsServerContext> context,
      std::chrono::steady_clock::duration timeout);
  // Ends run() soon.
  void cut() { transport_.close(); }
  bool is_silent() const { return transport_.tls() == nullptr || transport_.tls()->is_silent(); }

 private:
  void on_timer() override;

  runtime::Loop& loop_;
  runtime::Transport& transport_;
  Metrics& metrics_;
  bool late_ = false;
};

}  // namespace souk::http
