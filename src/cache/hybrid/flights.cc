#include "cache/hybrid/flights.h"

namespace souk::cache {

Flights::Ticket Flights::join(const std::string& key, Invalidations::Sequence now,
                              const std::function<bool(Invalidations::Sequence)>& good_enough,
                              const std::weak_ptr<Follower>& follower) {
  const std::lock_guard lock(mutex_);
  auto& current = current_[key];
  const auto found = flights_.find(current);
  if (found != flights_.end() && good_enough(found->second.since)) {
    found->second.followers.push_back(follower);
    return {.flight = current, .since = found->second.since, .leads = false};
  }
  current = ++last_;
  flights_.emplace(current, Flight{.key = key, .since = now, .followers = {}});
  return {.flight = current, .since = now, .leads = true};
}

void Flights::land(Number number, const Landing& landing) {
  std::vector<std::weak_ptr<Follower>> followers;
  {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(number);
    if (found == flights_.end()) return;
    followers = std::move(found->second.followers);
    const auto current = current_.find(found->second.key);
    if (current != current_.end() && current->second == number) current_.erase(current);
    flights_.erase(found);
  }
  for (const auto& each : followers) {
    if (const auto follower = each.lock()) follower->on_landed(number, landing);
  }
}

std::size_t Flights::size() const {
  const std::lock_guard lock(mutex_);
  return flights_.size();
}

}  // namespace souk::cache
