#include "jobs/fan_out.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.h"
#include "jobs/store.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;

namespace {

constexpr BatchLimits kLimits{.max_items = 100, .max_delay = std::chrono::milliseconds(20)};

constexpr std::size_t kEnvelopeBytes = 160;  // of an event around its payload

void write(JsonWriter& json, const Job& event) {
  json.begin_object();
  json.member("id", event.id);
  json.member("type", event.kind);
  json.member("createdAt", event.created_at);
  json.key("data");
  json.raw(event.payload);
  json.end_object();
}

bool holds(const std::vector<std::string>& kinds, std::string_view kind) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

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
  Buffer out(event.payload.size() + kEnvelopeBytes);
  JsonWriter json(out);
  write(json, event);
  return std::string(out.view());
}

Task<void> EachEvent::consume(Context&, std::span<const Job> events, std::vector<NewJob>& jobs) {
  for (const auto& event : events) {
    if (!holds(events_, event.kind)) continue;
    jobs.push_back(
        {.kind = kind_, .aggregate = apart(event.id, kind_), .payload = event_json(event)});
  }
  co_return;
}

Task<void> EventsTogether::consume(Context&, std::span<const Job> events,
                                   std::vector<NewJob>& jobs) {
  Buffer out(events.size() * (events.front().payload.size() + kEnvelopeBytes));
  JsonWriter json(out);
  const Job* first = nullptr;
  json.begin_array();
  for (const auto& event : events) {
    if (!holds(events_, event.kind)) continue;
    if (first == nullptr) first = &event;
    write(json, event);
  }
  json.end_array();
  if (first == nullptr) co_return;
  jobs.push_back({.kind = kind_,
                  .aggregate = apart(first->id, kind_),
                  .payload = std::string(out.view())});
}

std::vector<std::string> events_of(std::string_view payload) {
  std::vector<std::string> events;
  try {
    const simdjson::padded_string text(payload);
    simdjson::ondemand::parser parser;
    auto document = parser.iterate(text);
    for (auto event : document.get_array()) {
      simdjson::ondemand::object object = event.get_object();
      events.emplace_back(object.raw_json().value());
    }
  } catch (const simdjson::simdjson_error& error) {
    throw Rejected(std::string("these are no events: ") + error.what());
  }
  return events;
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
  Context context{.deadline = std::chrono::steady_clock::now() + kAppendTimeout};
  std::vector<NewJob> jobs;
  for (auto* const consumer : consumers_) co_await consumer->consume(context, events, jobs);
  if (jobs.empty()) co_return;
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(store::append(jobs, ids_));
  bell_.ring();
}

}  // namespace souk::jobs
