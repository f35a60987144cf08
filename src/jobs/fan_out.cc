#include "jobs/fan_out.h"

#include <algorithm>

#include "jobs/dead_parts.h"
#include "jobs/event.h"
#include "jobs/store.h"

namespace souk::jobs {

using runtime::Context;
using runtime::Task;

namespace {

constexpr BatchLimits kLimits{.max_items = 400, .max_delay = std::chrono::milliseconds(20)};

}  // namespace

FanOut::FanOut(runtime::Loop& loop, postgres::Pool& pool, UuidGenerator& ids, Notifier& notifier,
               telemetry::Registry& registry, std::vector<Consumer*> consumers, EventReader& reader)
    : pool_(pool),
      ids_(ids),
      notifier_(notifier),
      consumers_(std::move(consumers)),
      reader_(reader),
      registry_(registry),
      turns_(loop),
      batches_(
          loop, kLimits, [this](std::span<const Item> items) { return write_in_turn(items); },
          BatchMetrics(registry, "fan_out")) {}

Task<void> FanOut::run(Context&, const Job& job) {
  if (job.kind == kNamedEvents || job.kind == kFirstEvents)
    co_return co_await run_first_events(job);
  bool comes_too_early = false;
  co_await batches_.add({job, &comes_too_early});
  if (comes_too_early) throw Postponed("first events are not told yet", kPauseBehindFirst);
}

Task<void> FanOut::run_first_events(const Job& job) {
  const auto events = first_events(job);
  const bool are_known =
      job.kind != kNamedEvents ||
      std::ranges::all_of(events, [this](auto& event) { return event.kind == reader_.kind(); });
  if (!are_known) throw Postponed("a later version names these events", kPauseForOthers);
  std::vector<Item> items;
  items.reserve(events.size());
  for (const auto& event : events) items.push_back({event, nullptr});
  const auto failures = co_await batches_.try_all(std::move(items));
  std::vector<std::pair<Job, std::string>> refused;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (failures[i]) refused.emplace_back(alone(events[i]), why_refused(failures[i]));
  }
  for (const auto& [event, why] : refused) co_await bury(pool_, registry_, event, why);
}

Task<void> FanOut::write_in_turn(std::span<const Item> items) {
  while (writing_ == kMaxBatches) co_await turns_.wait();
  ++writing_;
  const auto end = [this] {
    --writing_;
    turns_.wake_one();
  };
  try {
    co_await write(items);
  } catch (...) {
    end();
    throw;
  }
  end();
}

// Whatever was appended before these events is visible to a statement that begins now.
Task<void> FanOut::write(std::span<const Item> items) {
  Context context{.deadline = std::chrono::steady_clock::now() + kAppendTimeout};
  std::optional<std::int64_t> untold;
  if (std::ranges::any_of(items, [](const Item& item) { return item.comes_too_early; })) {
    untold = co_await store::untold_first_events(pool_, context);
  }
  std::vector<Job> events;
  events.reserve(items.size());
  for (const auto& [event, comes_too_early] : items) {
    const bool waits = comes_too_early != nullptr && untold && *untold < event.position;
    if (comes_too_early != nullptr) *comes_too_early = waits;
    if (!waits) events.push_back(event);
  }
  EventBatch batch(std::move(events), reader_);
  co_await append_all(context, batch);
  count_gone(batch.gone());
}

Task<void> FanOut::append_all(Context& context, EventBatch& events) {
  std::vector<NewJob> jobs;
  for (auto* const consumer : consumers_) co_await consumer->consume(context, events, jobs);
  if (jobs.empty()) co_return;
  auto transaction = co_await pool_.begin(context);
  co_await transaction.pipeline_and_commit(store::append(jobs, ids_));
  notifier_.notify();
}

void FanOut::count_gone(std::size_t events) {
  registry_.cell(kMetrics.attempts, {reader_.kind(), "gone"}).add(static_cast<double>(events));
}

}  // namespace souk::jobs
