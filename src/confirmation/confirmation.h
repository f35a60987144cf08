// Confirms orders to their buyers: the handler of `confirmation.send` jobs, which writes a message
// into a Maildir for the shop's mail server.
//
// Threading: loop thread only; disk I/O runs on offload threads. Ownership: borrows all it is made
// with, which outlives it.
#pragma once

#include <span>
#include <string>

#include "confirmation/config.h"
#include "confirmation/maildir.h"
#include "confirmation/metrics.h"
#include "jobs/fan_out.h"
#include "orders/types.h"
#include "postgres/pool.h"
#include "runtime/offload.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::confirmation {

inline constexpr std::string_view kJobKind = "confirmation.send";
// Consumes order.placed.
jobs::EachEvent consumer();

class Confirmations final : public jobs::Handler {
 public:
  Confirmations(runtime::Loop& loop, runtime::Offload& offload, postgres::Pool& pool,
                telemetry::Registry& registry, telemetry::Log& log, Config config);

  runtime::Task<void> run(runtime::Context& context, const jobs::Job& job) override;

 private:
  // By the order's ordinal among its buyer's orders of the day, so that a repeated job decides the
  // same.
  runtime::Task<bool> is_over_limit(runtime::Context& context, const orders::Order& order);
  runtime::Task<void> deliver(std::string name, std::string message);

  runtime::Loop& loop_;
  runtime::Offload& offload_;
  postgres::Pool& pool_;
  telemetry::Log& log_;
  const Config config_;
  const Maildir maildir_;
  Metrics metrics_;
};

}  // namespace souk::confirmation
