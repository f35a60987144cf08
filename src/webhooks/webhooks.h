// The registered endpoints, for administrators, and the jobs that deliver events to them.
// Threading: one per worker. Ownership: borrows all it is made with, which outlives it.
#pragma once

#include <chrono>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "jobs/consumer.h"
#include "jobs/notifier.h"
#include "postgres/pool.h"
#include "webhooks/types.h"

namespace souk::webhooks {

inline constexpr std::string_view kJobKind = "webhook.deliver";
inline constexpr std::string_view kTestKind = "webhook.test";
// How long a replaced secret signs too.
inline constexpr std::chrono::hours kSecretOverlap{24};

struct ReplacedSecret {
  Endpoint endpoint;  // with the new one
  Timestamp previous_until;
};

class Webhooks {
 public:
  // `kinds`: the events that an endpoint may subscribe to.
  Webhooks(postgres::Pool& pool, jobs::Notifier& notifier, const Clock& clock, UuidGenerator& ids,
           const Config& config, std::span<const std::string_view> kinds)
      : pool_(pool),
        notifier_(notifier),
        clock_(clock),
        ids_(ids),
        config_(config),
        kinds_(kinds) {}

  // The only result with the secret, beside replace_secret(). Errors: validation_failed,
  // limit_reached.
  runtime::Task<Result<Endpoint>> add(runtime::Context& context, EndpointDraft draft);
  runtime::Task<std::vector<Endpoint>> list(runtime::Context& context);
  // Sends to it again; events that it missed while it was disabled are not sent. Errors: not_found.
  runtime::Task<Result<Endpoint>> enable(runtime::Context& context, EndpointId id);
  // A new secret. For kSecretOverlap the replaced one signs too, so that the receiver may change
  // over meanwhile. Errors: not_found.
  runtime::Task<Result<ReplacedSecret>> replace_secret(runtime::Context& context, EndpointId id);
  // Sends it an event of kTestKind, as any other event, whatever it subscribed to; returns the
  // event's id. Errors: not_found, webhook_disabled.
  runtime::Task<Result<Uuid>> test(runtime::Context& context, EndpointId id);
  // What was sent to it in the last Config::delivery_retention, each from its first attempt on.
  // REQUIRES: `limit` is 1 to kMaxDeliveriesPage. Errors: not_found.
  runtime::Task<Result<DeliveryPage>> deliveries(runtime::Context& context, EndpointId id,
                                                 std::optional<DeliveryId> before,
                                                 std::size_t limit);
  // Pending deliveries to it are dropped. Errors: not_found.
  runtime::Task<Result<>> remove(runtime::Context& context, EndpointId id);

 private:
  postgres::Pool& pool_;
  jobs::Notifier& notifier_;
  const Clock& clock_;
  UuidGenerator& ids_;
  const Config& config_;
  const std::span<const std::string_view> kinds_;
};

// One delivery job for each active endpoint that subscribed to the event: each is retried alone.
class Subscriptions final : public jobs::Consumer {
 public:
  explicit Subscriptions(postgres::Pool& pool) : pool_(pool) {}

  runtime::Task<void> consume(runtime::Context& context, jobs::EventBatch& events,
                              std::vector<jobs::NewJob>& jobs) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace souk::webhooks
