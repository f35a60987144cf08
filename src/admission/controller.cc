#include "admission/controller.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/enum_names.h"

namespace souk::admission {
namespace {

using http::Priority;

constexpr std::string_view kUnread = "requests";
// The queues are looked at once for all requests within this time.
constexpr std::chrono::milliseconds kLookInterval{1};
constexpr std::chrono::milliseconds kPublishInterval{100};

struct Tolerated {
  Priority priority;
  double targets;
  double targets_cached;
};
// The least important first.
constexpr std::array kOrderOfShedding = {
    Tolerated{Priority::kExport, 2, 2},   Tolerated{Priority::kList, 3, 5},
    Tolerated{Priority::kBrowse, 4, 6},   Tolerated{Priority::kAccount, 7, 7},
    Tolerated{Priority::kHold, 8, 8},     Tolerated{Priority::kOrder, 10, 10},
    Tolerated{Priority::kPayment, 12, 12}};

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double tolerance(Priority priority, bool cached) {
  const auto* const found = std::ranges::find(kOrderOfShedding, priority, &Tolerated::priority);
  if (found == kOrderOfShedding.end()) return std::numeric_limits<double>::infinity();
  return cached ? found->targets_cached : found->targets;
}

// Publishes while a queue is above its target, so that the gauges do not keep the last overload's
// values.
class Controller::Publisher final : public runtime::TimerWheel::Timer {
 public:
  explicit Publisher(Controller& owner) : owner_(owner) {}
  void on_timer() override { owner_.publish(std::chrono::steady_clock::now()); }

 private:
  Controller& owner_;
};

Controller::Controller(runtime::Loop& loop, const ControllerConfig& config,
                       std::vector<Watched> queues, telemetry::Registry& registry,
                       std::size_t worker)
    : loop_(loop),
      config_(config),
      registry_(registry),
      queues_(std::move(queues)),
      level_(registry.cell(kMetrics.level, {std::to_string(worker)})),
      publisher_(std::make_unique<Publisher>(*this)) {
  const auto unread = [this](Time now) { return unread_.standing(now); };
  queues_.insert(queues_.begin(), {kUnread, unread, config.loop_target, Delays::kEverything});
  for (const auto& watched : queues_) {
    delays_.push_back(&registry.cell(kMetrics.delay, {watched.queue, std::to_string(worker)}));
  }
  for (auto& counters : shed_) counters.resize(queues_.size());
}

Controller::~Controller() = default;

bool Controller::takes(Priority priority, double share) {
  if (share <= 0) return false;
  auto& due = due_.at(static_cast<std::size_t>(priority));
  due += std::min(share, 1.0);
  if (due < 1) return false;
  due -= 1;
  return true;
}

void Controller::look_at_queues(Time now) {
  if (now - looked_at_ < kLookInterval) return;
  looked_at_ = now;
  pressures_ = {};
  bool over_target = unread_.standing(now) > config_.loop_target;
  for (std::size_t i = 1; i < queues_.size(); ++i) {
    const auto& [queue, delay, target, delays] = queues_[i];
    auto& pressure = pressures_.at(static_cast<std::size_t>(delays));
    const auto targets = seconds(delay(now)) / seconds(target);
    if (targets > pressure.targets) pressure = {targets, i};
    over_target = over_target || targets > 1;
  }
  if (over_target) publish_soon();
}

// A worker that did nothing for a moment, preempted or in one long handler, is not overloaded by
// what arrived meanwhile.
void Controller::note_pause(Time now) {
  if (now - judged_at_ > config_.loop_target) pause_ = {judged_at_, now};
  judged_at_ = now;
}

Duration Controller::paused_since(Time arrival) const {
  return std::max(pause_.end - std::max(arrival, pause_.begin), Duration::zero());
}

// What has waited when an overload begins is not held against it: shedding the least important of
// that lets the others be served at once.
Controller::Pressure Controller::pressure_of_worker(Duration waited, Time now) {
  const auto& of_queues = pressures_.at(static_cast<std::size_t>(Delays::kEverything));
  if (unread_.standing(now) <= config_.loop_target) {
    unread_since_ = now;
    return of_queues;
  }
  const auto counted = std::min(waited - paused_since(now - waited), now - unread_since_);
  const auto targets = seconds(counted) / seconds(config_.loop_target);
  return targets > of_queues.targets ? Pressure{targets, 0} : of_queues;
}

Verdict Controller::judge(const http::Route& route, Duration waited, Time now) {
  // Otherwise requests without a known wait would end an overload.
  if (waited > Duration::zero()) {
    unread_.observe(waited, now);
  } else {
    waited = unread_.latest(now);
  }
  look_at_queues(now);
  if (!config_.enabled) return Verdict::kServed;
  note_pause(now);
  const auto priority = route.priority;
  const auto worker = pressure_of_worker(waited, now);
  const auto& database = pressures_.at(static_cast<std::size_t>(Delays::kUncached));
  const auto uncached = std::max(worker, database);
  if (uncached.targets > highest_.targets) highest_ = uncached;
  if (route.access == http::Access::kEverybody && route.method == http::Method::kGet) {
    if (takes(priority, worker.targets - tolerance(priority, true))) {
      count(priority, worker.queue);
      return Verdict::kShed;
    }
    const auto load = std::max(uncached, pressures_.at(static_cast<std::size_t>(Delays::kLoads)));
    if (!takes(priority, load.targets - tolerance(priority))) return Verdict::kServed;
    restricting_ = load.queue;
    return Verdict::kCachedOnly;
  }
  if (!takes(priority, uncached.targets - tolerance(priority))) return Verdict::kServed;
  count(priority, uncached.queue);
  return Verdict::kShed;
}

void Controller::count_uncached(const http::Route& route) { count(route.priority, restricting_); }

void Controller::count(Priority priority, std::size_t queue) {
  auto& counter = shed_.at(static_cast<std::size_t>(priority)).at(queue);
  if (counter == nullptr) {
    counter = &registry_.cell(kMetrics.shed,
                              {name_of(http::kPriorityNames, priority), queues_[queue].queue});
  }
  counter->increment();
  publish_soon();
}

void Controller::publish_soon() {
  if (!publisher_->armed()) loop_.arm(*publisher_, kPublishInterval);
}

void Controller::publish(Time now) {
  const auto targets = std::exchange(highest_, {}).targets;
  const auto level = std::ranges::count_if(
      kOrderOfShedding, [targets](const auto& each) { return each.targets < targets; });
  level_.set(static_cast<double>(level));
  bool over_target = level > 0;
  for (std::size_t i = 0; i < queues_.size(); ++i) {
    const auto delay = queues_[i].delay(now);
    delays_[i]->set(seconds(delay));
    over_target = over_target || delay > queues_[i].target;
  }
  if (over_target) publish_soon();
}

}  // namespace souk::admission
