#include "jobs/fan_out.h"

#include <algorithm>

#include "jobs/event.h"
#include "jobs/store.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;

namespace {

constexpr BatchLimits kLimits{.max_items = 100, .max_delay = std::chrono::milliseconds(20)};

bool holds(const std::vector<std::string>& kinds, std::string_view kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

// An aggregate id for this kind's job of the event, so that it waits for no other job.
Uuid own_aggregate(Uuid event, std::string_view kind) {
  const auto hash = std::hash<std::string_view>{}(kind);
  for (std::size_t i = 0; i < sizeof(hash); ++i) {
    event.bytes[8 + i] ^= static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return event;
}

}  // namespace

Task<void> EachEvent::consume(Context&, std::span<const Job> events, std::vector<NewJob>& jobs) {
  for (const auto& event : events) {
    if (!holds(events_, event.kind)) continue;
    jobs.push_back({.kind = kind_,
                    .aggregate = own_aggregate(event.id, kind_),
                    .payload = event_json(event),
                    .trace = event.trace});
  }
  co_return;
}

Task<void> EventsTogether::consume(Context&, std::span<const Job> events,
                                   std::vector<NewJob>& jobs) {
  std::vector<const Job*> together;
  std::size_t bytes = 0;
  for (const auto& event : events) {
    if (!holds(events_, event.kind)) continue;
    const auto size = event.payload.size() + kEventOverhead;
    if (bytes + size > kMaxBytes && !together.empty()) {
      jobs.push_back(job_of(together));
      together.clear();
      bytes = 0;
    }
    together.push_back(&event);
    bytes += size;
  }
  if (!together.empty()) jobs.push_back(job_of(together));
  co_return;
}

NewJob EventsTogether::job_of(std::span<const Job* const> events) const {
  Buffer out(kMaxBytes);
  JsonWriter json(out);
  json.begin_array();
  for (const auto* event : events) write_event(json, *event);
  json.end_array();
  return {.kind = kind_,
          .aggregate = own_aggregate(events.front()->id, kind_),
          .payload = std::string(out.view())};
}

FanOut::FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Notifier& notifier,
               telemetry::Registry& registry, std::vector<Consumer*> consumers)
    : pool_(pool),
      ids_(ids),
      notifier_(notifier),
      consumers_(std::move(consumers)),
      batches_(
          loop, kLimits, [this](std::span<const Job> events) { return append_all(events); },
          BatchMetrics(registry, "fan_out")) {}

Task<void> FanOut::run(Context&, const Job& job) { co_await batches_.add(job); }

Task<void> FanOut::append_all(std::span<const Job> events) {
  Context context{.deadline = std::chrono::steady_clock::now() + kAppendTimeout};
  std::vector<NewJob> jobs;
  for (auto* const consumer : consumers_) co_await consumer->consume(context, events, jobs);
  if (jobs.empty()) co_return;
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(store::append(jobs, ids_));
  notifier_.notify();
}

}  // namespace souk::jobs
