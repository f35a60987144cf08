#include "jobs/fan_out.h"

#include <algorithm>

#include "base/json_writer.h"
#include "jobs/store.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;

namespace {

constexpr BatchLimits kLimits{.max_items = 100, .max_delay = std::chrono::milliseconds(20)};

// An aggregate of its own for what this kind does with the event.
Uuid apart(Uuid event, std::string_view kind) {
  const auto hash = std::hash<std::string_view>{}(kind);
  for (std::size_t i = 0; i < sizeof(hash); ++i) {
    event.bytes[8 + i] ^= static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return event;
}

}  // namespace

std::string event_json(const Job& event) {
  Buffer out(event.payload.size() + 160);
  JsonWriter json(out);
  json.begin_object();
  json.member("id", event.id);
  json.member("type", event.kind);
  json.member("createdAt", event.created_at);
  json.key("data");
  json.raw(event.payload);
  json.end_object();
  return std::string(out.view());
}

Task<void> EachEvent::consume(Context&, std::span<const Job> events, std::vector<NewJob>& jobs) {
  for (const auto& event : events) {
    if (std::ranges::find(events_, event.kind) == events_.end()) continue;
    jobs.push_back(
        {.kind = kind_, .aggregate = apart(event.id, kind_), .payload = event_json(event)});
  }
  co_return;
}

FanOut::FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Doorbell& bell,
               telemetry::Registry& registry, std::vector<Consumer*> consumers)
    : pool_(pool),
      ids_(ids),
      bell_(bell),
      consumers_(std::move(consumers)),
      batches_(
          loop, kLimits, [this](std::span<const Job> events) { return append_all(events); },
          BatchMetrics(registry, "fan_out")) {}

Task<void> FanOut::run(Context&, const Job& job) { co_await batches_.add(job); }

Task<void> FanOut::append_all(std::span<const Job> events) {
  Context context;
  std::vector<NewJob> jobs;
  for (auto* const consumer : consumers_) co_await consumer->consume(context, events, jobs);
  if (jobs.empty()) co_return;
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(store::append(jobs, ids_));
  bell_.ring();
}

}  // namespace souk::jobs
