// The registered endpoints, for administrators, and the jobs that deliver events to them.
// Threading: one per worker. Ownership: borrows all it is made with, which outlives it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "jobs/fan_out.h"
#include "postgres/pool.h"
#include "webhooks/types.h"

namespace souk::webhooks {

inline constexpr std::string_view kJobKind = "webhook.deliver";

class Webhooks {
 public:
  // `kinds`: the events that an endpoint may subscribe to.
  Webhooks(postgres::Pool& pool, const Clock& clock, UuidGenerator& ids, const Config& config,
           std::span<const std::string_view> kinds)
      : pool_(pool), clock_(clock), ids_(ids), config_(config), kinds_(kinds) {}

  // The only result with the secret. Errors: validation_failed, limit_reached.
  runtime::Task<Result<Endpoint>> add(runtime::Context& context, EndpointDraft draft);
  runtime::Task<std::vector<Endpoint>> list(runtime::Context& context);
  // Pending deliveries to it are dropped. Errors: not_found.
  runtime::Task<Result<>> remove(runtime::Context& context, EndpointId id);

 private:
  postgres::Pool& pool_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const Config& config_;
  const std::span<const std::string_view> kinds_;
};

// One delivery job for each active endpoint that subscribed to the event: each is retried alone.
class Subscriptions final : public jobs::Consumer {
 public:
  explicit Subscriptions(postgres::Pool& pool) : pool_(pool) {}

  runtime::Task<void> consume(runtime::Context& context, std::span<const jobs::Job> events,
                              std::vector<jobs::NewJob>& jobs) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::webhooks
