#include "probe/availability.h"

#include <algorithm>
#include <utility>

namespace souk::probe {

std::optional<Outage> Availability::succeeded(Time due) {
  ++probes_;
  now_ = due;
  if (!open_) return std::nullopt;
  return close(due);
}

bool Availability::failed(Time due, std::string reason) {
  ++probes_;
  ++failures_;
  now_ = due;
  if (open_) return false;
  open_ = Outage{.begun = due, .reason = std::move(reason)};
  ++outage_count_;
  return true;
}

void Availability::end(Time time) {
  now_ = std::max(now_, time);
  if (open_) close(now_);
}

Outage Availability::close(Time time) {
  auto outage = *std::exchange(open_, std::nullopt);
  outage.length = time - outage.begun;
  down_ += outage.length;
  longest_ = std::max(longest_, outage.length);
  if (kept_.size() < kOutagesKeptMax) kept_.push_back(outage);
  return outage;
}

std::optional<double> Availability::share() const {
  using Seconds = std::chrono::duration<double>;
  if (watched() <= Length::zero()) return std::nullopt;
  return 1 - Seconds(down_) / Seconds(watched());
}

}  // namespace souk::probe
