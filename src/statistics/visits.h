// Visits of customers: how fast the shop answered them, and how far they came. A visit is what one
// session asks for until it pauses. Of a visit that has ended nothing remains but the sums of its
// day and of the mean response time of its reads. Writes are not in that mean: an order takes
// longer than a look, so visits with orders would be slow for being visits with orders.
//
// Threading: any thread; a lock for each part of the visits. answered() and accompanied() hold it
// for a look-up, take() while it goes through that part, 2,048 visits at most.
// Ownership: borrows the clock and the registry, which outlive it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "statistics/metrics.h"
#include "telemetry/metrics.h"

namespace souk::statistics {

enum class VisitStep : std::uint8_t { kNone, kHold, kOrder, kPayment };

// What ended visits are grouped by: their mean is above one of these, and not above the next.
inline constexpr std::array<std::int32_t, 12> kSlowerThanMs = {0,   5,   10,  20,  50,    100,
                                                               200, 300, 400, 500, 1'000, 2'500};

struct VisitSum {
  std::int64_t visits = 0;
  std::int64_t with_hold = 0;
  std::int64_t with_order = 0;
  std::int64_t with_payment = 0;  // begun, whatever became of it

  friend bool operator==(const VisitSum&, const VisitSum&) = default;
};
// By the day on which they began (UTC), and one of kSlowerThanMs.
using VisitSums = std::map<std::pair<std::chrono::sys_days, std::int32_t>, VisitSum>;

class Visits {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = Time::duration;

  static constexpr std::chrono::minutes kPause{30};  // after which a visit has ended
  static constexpr std::chrono::hours kLongest{12};  // a page that asks all day is no visit
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kMaxVisits = 32'768;  // in progress; further ones are not counted

  // `clock` tells on which day a visit begins.
  Visits(const Clock& clock, telemetry::Registry& registry);

  // A request of a customer was answered; it begins a visit where there is none. `session`: of the
  // token, such that nobody can choose one that collides. `read`: how long it took, of a read that
  // succeeded.
  void answered(std::uint64_t session, Time now, std::optional<Duration> read, VisitStep step);
  // A read was answered that bears a token and was not asked whose it is. It begins no visit.
  // Allocates nothing.
  void accompanied(std::uint64_t session, Time now, Duration read);

  // The sums of visits that have ended, each once, and what was put back. kAll: of all visits.
  enum class Which : std::uint8_t { kEnded, kAll };
  VisitSums take(Time now, Which which = Which::kEnded);
  // Sums that could not be stored: taken again next time.
  void put_back(const VisitSums& sums);

 private:
  struct Visit {
    std::chrono::sys_days day;  // on which it began
    Time began;
    Time last;
    Duration total{};  // of its reads
    std::uint64_t reads = 0;
    std::array<bool, 4> reached{};  // by VisitStep
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;  // guards the rest
    std::unordered_map<std::uint64_t, Visit> visits;
    VisitSums ended;
    telemetry::Counter* without_reads = nullptr;
    telemetry::Counter* left_out = nullptr;
  };
  // The cells of a group, guarded by taking_.
  struct Counted {
    telemetry::Counter& visits;
    telemetry::Counter& with_hold;
    telemetry::Counter& with_order;
    telemetry::Counter& with_payment;

    Counted(telemetry::Registry& registry, std::string_view bound);
  };

  Shard& shard_of(std::uint64_t session) { return shards_[session % kShards]; }
  static bool has_ended(const Visit& visit, Time now);
  static void end(Shard& shard, const Visit& visit);

  const Clock& clock_;
  std::array<Shard, kShards> shards_;
  std::mutex taking_;  // guards the rest; locked before a shard's
  std::map<std::int32_t, Counted> counted_;
  VisitSums put_back_;
  telemetry::Registration in_progress_;
};

}  // namespace souk::statistics
