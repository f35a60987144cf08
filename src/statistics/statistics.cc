#include "statistics/statistics.h"

#include <algorithm>
#include <unordered_set>

#include "base/json_reader.h"
#include "jobs/dead_parts.h"
#include "statistics/metrics.h"
#include "statistics/store.h"

namespace souk::statistics {

using runtime::Context;
using runtime::Task;

namespace {

// The smallest UUIDv7 of a time.
Uuid first_id_at(Timestamp time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
  Uuid id;
  for (int i = 0; i < 6; ++i) {
    id.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  }
  return id;
}

std::string ids_json(std::span<const Uuid> ids) {
  Buffer out(2 + 39 * ids.size());
  JsonWriter json(out);
  json.begin_array();
  for (const auto& id : ids) json.value(id);
  json.end_array();
  return std::string(out.view());
}

struct Refused {
  std::string order;  // JSON text
  std::string why;
};

// The orders of a list, and what is in it that is no order.
struct ListedOrders {
  std::vector<Counted> orders;
  std::vector<Refused> refused;
};

void read_order(const JsonNode& node, ListedOrders& listed) {
  try {
    listed.orders.push_back({.event = node.uuid(), .what = What::kPlaced, .is_named = true});
  } catch (const BadJson& error) {
    listed.refused.push_back({node.json(), std::string("not an order: ") + error.what()});
  }
}

ListedOrders read_orders(std::string_view text) {
  ListedOrders listed;
  try {
    for (const auto& node : JsonReader(text).root().elements()) read_order(node, listed);
  } catch (const BadJson& error) {
    throw jobs::Rejected(std::string("no list of orders: ") + error.what());
  }
  return listed;
}

// Takes from `fresh` the ids of orders that are only named.
std::vector<Uuid> take_named(std::span<const Counted> events, std::vector<Uuid>& fresh) {
  std::unordered_set<Uuid> named;
  for (const auto& event : events) {
    if (event.is_named) named.insert(event.event);
  }
  const auto taken =
      std::ranges::partition(fresh, [&named](const Uuid& id) { return !named.contains(id); });
  std::vector<Uuid> orders(taken.begin(), taken.end());
  fresh.erase(taken.begin(), taken.end());
  return orders;
}

}  // namespace

Task<void> Counting::consume(Context&, jobs::EventBatch& events, std::vector<jobs::NewJob>& jobs) {
  auto whole = events.whole();
  std::erase_if(whole, [](const jobs::Job* event) {
    return std::ranges::find(kEvents, event->kind) == kEvents.end();
  });
  std::ranges::move(jobs::join_events(kJobKind, whole), std::back_inserter(jobs));
  const auto orders = events.named();
  if (orders.empty()) co_return;
  jobs.push_back({.kind = std::string(kOrdersKind),
                  .aggregate = jobs::own_aggregate(orders.front(), kOrdersKind),
                  .payload = ids_json(orders)});
}

Statistics::Statistics(runtime::Loop& loop, postgres::Pool& pool, const Clock& clock,
                       telemetry::Registry& registry, jobs::BatchLimits limits)
    : pool_(pool),
      clock_(clock),
      registry_(registry),
      orders_gone_(registry.cell(kMetrics.orders_gone)),
      batches_(
          loop, limits, [this](std::span<const Counted> events) { return write(events); },
          jobs::BatchMetrics(registry, "statistics")) {}

Task<void> Statistics::run(Context&, const jobs::Job& job) {
  if (job.kind == kOrdersKind) co_return co_await count_orders(job);
  std::vector<Counted> events;
  std::optional<Error> refused;
  for (const auto& event : jobs::read_events(job.payload)) {
    auto counted = read_counted(event);
    if (counted) {
      events.push_back(*std::move(counted));
    } else {
      refused = std::move(counted).error();
    }
  }
  co_await batches_.add_all(std::move(events));
  if (refused) throw jobs::Rejected(refused->detail);
}

// A dead letter has the same id in each run of the job.
Task<void> Statistics::count_orders(const jobs::Job& job) {
  auto [orders, refused] = read_orders(job.payload);
  const bool is_alone = orders.size() + refused.size() == 1;
  const auto failures = co_await batches_.try_all(orders);
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (!failures[i]) continue;
    refused.push_back({'"' + orders[i].event.to_string() + '"', jobs::why_refused(failures[i])});
  }
  for (const auto& [order, why] : refused) {
    if (is_alone) throw jobs::Rejected(why);
    auto alone = job;
    alone.payload = '[' + order + ']';
    alone.id = jobs::own_aggregate(job.id, alone.payload);
    co_await jobs::bury(pool_, registry_, alone, why);
  }
}

Task<void> Statistics::write(std::span<const Counted> events) {
  Context context{.deadline = std::chrono::steady_clock::now() + kWriteTimeout};
  co_await pool_.retry(context, [&] { return write_once(context, events); });
}

Task<void> Statistics::write_once(Context& context, std::span<const Counted> events) {
  auto transaction = co_await pool_.begin(context);
  const auto inserted = co_await transaction.pipeline(
      store::insert_new(events), store::delete_before(first_id_at(clock_.now() - kRemembered)));
  auto fresh = store::read_inserted(inserted[0]);
  const auto orders = take_named(events, fresh);
  auto sums = sum_up(events, std::move(fresh));
  auto gone = static_cast<std::int64_t>(orders.size());
  if (!orders.empty()) {
    const auto rows = co_await transaction.pipeline(store::sums_of_orders(orders));
    gone -= store::add_orders(rows[0], sums);
  }
  co_await transaction.pipeline_and_commit(store::add_days(sums), store::add_products(sums));
  orders_gone_.add(static_cast<double>(gone));
}

}  // namespace souk::statistics
