// Confirms orders, shipments and refunds to buyers by mail: the handler of `confirmation.send`
// jobs.
//
// Threading: loop thread only. Ownership: borrows all it is made with, which outlives it.
#pragma once

#include "confirmation/config.h"
#include "confirmation/metrics.h"
#include "jobs/consumer.h"
#include "jobs/handler.h"
#include "mail/mailer.h"
#include "orders/types.h"
#include "postgres/pool.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::confirmation {

inline constexpr std::string_view kJobKind = "confirmation.send";
// Consumes what is told of new orders, shipments and refunds.
jobs::EachEvent consumer();

class Confirmations final : public jobs::Handler {
 public:
  Confirmations(mail::Mailer& mailer, postgres::Pool& pool, telemetry::Registry& registry,
                telemetry::Log& log, Config config);

  runtime::Task<void> run(runtime::Context& context, const jobs::Job& job) override;
  bool waits() const override { return true; }

 private:
  // By the order's ordinal among its buyer's orders of the day, so that a repeated job decides the
  // same.
  runtime::Task<bool> is_over_limit(runtime::Context& context, const orders::Order& order);
  runtime::Task<void> send(const runtime::Context& context, const mail::Message& message);

  mail::Mailer& mailer_;
  postgres::Pool& pool_;
  telemetry::Log& log_;
  const Config config_;
  Metrics metrics_;
};

}  // namespace souk::confirmation
