// Decides which requests are served when more arrive than can be: the delay of the queues that
// requests wait in is the measure, and the less important a request, the less delay it tolerates.
//
// A queue counts as overloaded when its delay stands above its target for an interval (CoDel, RFC
// 8289; runtime/queue_delay.h): a burst that is served within one is not shed. The queue of orders
// tells how long the next one would wait. Then each request is judged by its own wait, or by the
// queue's: a priority is shed by a growing share from tolerance() targets on. The delay settles
// where what is admitted equals what can be served, without a rate to be learned, and shedding ends
// with the delay. Public reads are restricted to the cache before they are shed.
//
// Threading: one per worker, loop thread only. Ownership: borrows its arguments, which outlive it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "admission/metrics.h"
#include "http/handler.h"
#include "runtime/loop.h"
#include "runtime/queue_delay.h"

namespace souk::admission {

using Time = runtime::QueueDelay::Time;
using Duration = runtime::QueueDelay::Duration;

struct ControllerConfig {
  bool enabled = true;
  // What a queue's delay may be for as long as it likes. Against the budgets (200 ms at p95), not
  // against an idle machine: one that is shared and busy delays by tens of milliseconds.
  std::chrono::microseconds loop_target = std::chrono::milliseconds(40);
  std::chrono::microseconds database_target = std::chrono::milliseconds(50);
  // Of what orders wait for, the delay at which they are shed themselves.
  std::chrono::microseconds orders_target = std::chrono::milliseconds(100);
};

// How many targets of delay a request tolerates before it may be shed; one more, and all of its
// priority are. Operators are never shed: they see and steer the shop in its overload, and
// balancers probe it. `cached`: answered from the cache, which costs little more than to refuse it.
double tolerance(http::Priority priority, bool cached = false);

enum class Verdict : std::uint8_t {
  kServed,
  kCachedOnly,  // what the cache has costs little more than to refuse it
  kShed,
};

class Controller {
 public:
  // kLoads: public reads that are not in the cache.
  enum class Delays : std::uint8_t { kEverything, kUncached, kLoads };
  // A queue of this worker, beside that of unread requests, and which requests wait in it, or for
  // what it waits for.
  struct Watched {
    std::string_view queue;
    std::function<Duration(Time)> delay;
    Duration target;
    Delays delays;
  };

  Controller(runtime::Loop& loop, const ControllerConfig& config, std::vector<Watched> queues,
             telemetry::Registry& registry, std::size_t worker);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Of a request that lay unread for `waited`; zero: it is not known, as when the request came with
  // others on its connection.
  Verdict judge(const http::Route& route, Duration waited, Time now);
  // A request judged kCachedOnly was not in the cache.
  void count_uncached(const http::Route& route);

 private:
  class Publisher;
  // Against which queue, and how many of its targets.
  struct Pressure {
    double targets = 0;
    std::size_t queue = 0;
    auto operator<=>(const Pressure&) const = default;
  };

  void look_at_queues(Time now);
  void note_pause(Time now);
  // How much of the last pause was after that time.
  Duration paused_since(Time arrival) const;
  Pressure pressure_of_worker(Duration waited, Time now);
  // Whether this one of the requests of its priority is of the share to shed.
  bool takes(http::Priority priority, double share);
  void count(http::Priority priority, std::size_t queue);
  void publish_soon();
  void publish(Time now);

  runtime::Loop& loop_;
  const ControllerConfig config_;
  telemetry::Registry& registry_;
  runtime::QueueDelay unread_;
  Time unread_since_{};  // when unread requests last waited no longer than their target
  struct {
    Time begin{};
    Time end{};
  } pause_;                            // the last time in which no request was judged
  Time judged_at_{};                   // the last request
  std::vector<Watched> queues_;        // the first is unread_
  std::array<Pressure, 3> pressures_;  // by Delays, without that of unread requests
  Pressure highest_;                   // since the last publish()
  std::size_t restricting_ = 0;  // the queue for which reads were restricted to the cache last
  Time looked_at_{};
  // The sum of the shares not shed yet: a request is shed at each whole one.
  std::array<double, http::kPriorityNames.size()> due_{};
  std::vector<telemetry::Gauge*> delays_;
  telemetry::Gauge& level_;
  std::array<std::vector<telemetry::Counter*>, http::kPriorityNames.size()> shed_;
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace souk::admission
