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

NewJob joined(std::string_view kind, std::span<const Job* const> events) {
  Buffer out(kMaxTogetherBytes);
  JsonWriter json(out);
  json.begin_array();
  for (const auto* event : events) write_event(json, *event);
  json.end_array();
  return {.kind = std::string(kind),
          .aggregate = own_aggregate(events.front()->id, kind),
          .payload = std::string(out.view())};
}

}  // namespace

EventBatch::EventBatch(std::vector<Job> events, EventReader& reader) : reader_(reader) {
  items_.reserve(events.size());
  for (auto& event : events) {
    const bool is_named = event.payload.empty();
    items_.push_back({std::move(event), is_named});
  }
}

std::vector<Uuid> EventBatch::named() const {
  std::vector<Uuid> aggregates;
  for (const auto& [event, is_named] : items_) {
    if (is_named) aggregates.push_back(event.aggregate);
  }
  return aggregates;
}

std::vector<const Job*> EventBatch::whole() const {
  std::vector<const Job*> events;
  for (const auto& [event, is_named] : items_) {
    if (!is_named) events.push_back(&event);
  }
  return events;
}

Task<std::vector<const Job*>> EventBatch::told(Context& context,
                                               std::span<const std::string> kinds) {
  if (!is_read_ && holds(kinds, reader_.kind())) co_await read(context);
  std::vector<const Job*> events;
  for (const auto& [event, is_named] : items_) {
    if (holds(kinds, event.kind) && !event.payload.empty()) events.push_back(&event);
  }
  co_return events;
}

Task<void> EventBatch::read(Context& context) {
  is_read_ = true;
  const auto aggregates = named();
  if (aggregates.empty()) co_return;
  const auto payloads = co_await reader_.read(context, aggregates);
  for (auto& [event, is_named] : items_) {
    if (!is_named) continue;
    const auto found = payloads.find(event.aggregate);
    if (found == payloads.end()) {
      ++gone_;
    } else {
      event.payload = found->second;
    }
  }
}

Uuid own_aggregate(Uuid event, std::string_view kind) {
  const auto hash = std::hash<std::string_view>{}(kind);
  for (std::size_t i = 0; i < sizeof(hash); ++i) {
    event.bytes[8 + i] ^= static_cast<std::uint8_t>(hash >> (8 * i));
  }
  return event;
}

Task<void> EachEvent::consume(Context& context, EventBatch& events, std::vector<NewJob>& jobs) {
  for (const auto* event : co_await events.told(context, events_)) {
    jobs.push_back({.kind = kind_,
                    .aggregate = own_aggregate(event->id, kind_),
                    .payload = event_json(*event),
                    .trace = event->trace});
  }
}

std::vector<NewJob> join_events(std::string_view kind, std::span<const Job* const> events) {
  std::vector<NewJob> jobs;
  for (auto rest = events; !rest.empty();) {
    std::size_t taken = 0;
    std::size_t bytes = 0;
    while (taken < rest.size()) {
      bytes += rest[taken]->payload.size() + kEventOverhead;
      if (taken > 0 && bytes > kMaxTogetherBytes) break;
      ++taken;
    }
    jobs.push_back(joined(kind, rest.first(taken)));
    rest = rest.subspan(taken);
  }
  return jobs;
}

}  // namespace souk::jobs
