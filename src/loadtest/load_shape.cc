#include "loadtest/load_shape.h"

#include <algorithm>
#include <cmath>

namespace souk::loadtest {
namespace {

using Seconds = std::chrono::duration<double>;

LoadShape::Time rounded(double seconds) {
  return std::chrono::round<LoadShape::Time>(Seconds(seconds));
}

double seconds_of(LoadShape::Time time) { return Seconds(time).count(); }

double slope_of(const LoadShape::Stage& stage) {
  return (stage.to - stage.from) / seconds_of(stage.duration);
}

}  // namespace

LoadShape::LoadShape(std::vector<Stage> stages) : stages_(std::move(stages)) {
  std::erase_if(stages_, [](const Stage& stage) { return stage.duration.count() == 0; });
  for (const auto& stage : stages_) duration_ += stage.duration;
}

LoadShape LoadShape::ramp_and_hold(double level, Time ramp_up, Time duration) {
  return LoadShape({{ramp_up, 0, level}, {duration - ramp_up, level, level}});
}

double LoadShape::peak() const {
  double peak = 0;
  for (const auto& stage : stages_) peak = std::max({peak, stage.from, stage.to});
  return peak;
}

double LoadShape::level(Time at) const {
  if (at.count() < 0) return 0;
  for (const auto& stage : stages_) {
    if (at < stage.duration) return stage.from + slope_of(stage) * seconds_of(at);
    at -= stage.duration;
  }
  return 0;
}

double LoadShape::mean(Time from) const {
  if (from >= duration_) return 0;
  double sum = 0;
  Time begin{};
  for (const auto& stage : stages_) {
    const Time end = begin + stage.duration;
    const Time first = std::max(begin, from);
    if (first < end) sum += (level(first) + stage.to) / 2 * seconds_of(end - first);
    begin = end;
  }
  return sum / seconds_of(duration_ - from);
}

std::optional<LoadShape::Time> LoadShape::when_above(double limit, Time at) const {
  Time begin{};
  for (const auto& stage : stages_) {
    const Time end = begin + stage.duration;
    const Time from = std::max(at, begin);
    if (from < end) {
      if (level(from) > limit) return from;
      // Rounded up, so that the level is above the limit and not on it.
      if (stage.to > limit) {
        const auto crossed =
            begin + rounded((limit - stage.from) / slope_of(stage)) + std::chrono::nanoseconds(1);
        return std::clamp(crossed, from, end);
      }
    }
    begin = end;
  }
  return std::nullopt;
}

std::optional<LoadShape::Time> LoadShape::when_arrived(double arrivals) const {
  Time begin{};
  for (const auto& stage : stages_) {
    const double in_stage = (stage.from + stage.to) / 2 * seconds_of(stage.duration);
    if (arrivals < in_stage) {
      // from * t + slope * t^2 / 2 = arrivals, in the form that is exact for a slope of zero.
      const double root = std::sqrt(stage.from * stage.from + 2 * slope_of(stage) * arrivals);
      return begin + rounded(arrivals == 0 ? 0 : 2 * arrivals / (stage.from + root));
    }
    arrivals -= in_stage;
    begin += stage.duration;
  }
  return std::nullopt;
}

LoadShape LoadShape::scaled(double peak, Time duration) const {
  const double level = peak / this->peak();
  const double time = seconds_of(duration) / seconds_of(duration_);
  auto stages = stages_;
  Time rest = duration;
  for (auto& stage : stages) {
    stage.duration = std::min(rest, rounded(seconds_of(stage.duration) * time));
    rest -= stage.duration;
    stage.from *= level;
    stage.to *= level;
  }
  if (!stages.empty()) stages.back().duration += rest;
  return LoadShape(std::move(stages));
}

}  // namespace souk::loadtest
