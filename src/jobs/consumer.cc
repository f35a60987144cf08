#include "jobs/consumer.h"

#include <algorithm>

#include "jobs/event.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;

namespace {

bool holds(std::span<const std::string> kinds, std::string_view kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

NewJob job_of(std::string_view kind, std::span<const Job> events) {
  Buffer out(kMaxTogetherBytes);
  JsonWriter json(out);
  json.begin_array();
  for (const auto& event : events) write_event(json, event);
  json.end_array();
  return {.kind = std::string(kind),
          .aggregate = own_aggregate(events.front().id, kind),
          .payload = std::string(out.view())};
}

}  // namespace

bool EventBatch::has_any_of(std::span<const std::string> kinds) const {
  return std::ranges::any_of(events_, [&](const Job& event) { return holds(kinds, event.kind); });
}

Task<std::span<const Job>> EventBatch::told(Context& context) {
  if (is_told_) co_return told_;
  std::vector<Job> named;
  std::ranges::copy_if(events_, std::back_inserter(named),
                       [](const Job& event) { return event.payload.empty(); });
  std::vector<std::string> payloads;
  if (!named.empty()) payloads = co_await reader_.read(context, named);
  auto payload = payloads.begin();
  for (const auto& event : events_) {
    auto whole = event;
    if (event.payload.empty()) whole.payload = std::move(*payload++);
    (whole.payload.empty() ? gone_ : told_).push_back(std::move(whole));
  }
  is_told_ = true;
  co_return told_;
}

Uuid own_aggregate(Uuid event, std::string_view kind) {
  const auto hash = std::hash<std::string_view>{}(kind);
  for (std::size_t i = 0; i < sizeof(hash); ++i) {
    event.bytes[8 + i] ^= static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return event;
}

Task<void> EachEvent::consume(Context& context, EventBatch& events, std::vector<NewJob>& jobs) {
  if (!events.has_any_of(events_)) co_return;
  for (const auto& event : co_await events.told(context)) {
    if (!holds(events_, event.kind)) continue;
    jobs.push_back({.kind = kind_,
                    .aggregate = own_aggregate(event.id, kind_),
                    .payload = event_json(event),
                    .trace = event.trace});
  }
}

std::vector<NewJob> join_events(std::string_view kind, std::span<const Job> events) {
  std::vector<NewJob> jobs;
  for (auto rest = events; !rest.empty();) {
    std::size_t taken = 0;
    std::size_t bytes = 0;
    while (taken < rest.size()) {
      bytes += rest[taken].payload.size() + kEventOverhead;
      if (taken > 0 && bytes > kMaxTogetherBytes) break;
      ++taken;
    }
    jobs.push_back(job_of(kind, rest.first(taken)));
    rest = rest.subspan(taken);
  }
  return jobs;
}

}  // namespace souk::jobs
