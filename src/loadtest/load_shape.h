// How much a run asks for over time: users (closed model) or arrivals a second (open model), as a
// level that changes linearly within each stage.
// Threading: plain values.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

namespace souk::loadtest {

class LoadShape {
 public:
  using Time = std::chrono::nanoseconds;  // since the start of the run

  struct Stage {
    Time duration;
    double from;
    double to;
  };

  LoadShape() = default;
  // REQUIRES: durations and levels >= 0.
  explicit LoadShape(std::vector<Stage> stages);
  // Rises from zero over `ramp_up`, then stays.
  static LoadShape ramp_and_hold(double level, Time ramp_up, Time duration);

  Time duration() const { return duration_; }
  double peak() const;
  double level(Time at) const;   // 0 outside the run
  double mean(Time from) const;  // of the levels from then to the end; 0 outside the run
  // The first time from `at` on at which the level exceeds `limit`; nothing if it never does.
  std::optional<Time> when_above(double limit, Time at) const;
  // When the level's integral over time reaches `arrivals`: the time of that arrival in the open
  // model. Nothing if the run ends before.
  std::optional<Time> when_arrived(double arrivals) const;

  // The same form, with another peak and duration. REQUIRES: peak() and duration() > 0.
  LoadShape scaled(double peak, Time duration) const;

 private:
  std::vector<Stage> stages_;
  Time duration_{};
};

}  // namespace souk::loadtest
