#include "cache/hybrid/flights.h"

namespace souk::cache {

Flights::Ticket Flights::join(const std::string& key, Invalidations::Sequence now,
                              const std::weak_ptr<Follower>& follower) {
  const std::lock_guard lock(mutex_);
  const auto [flight, begun] = flights_.try_emplace(key, Flight{.since = now, .followers = {}});
  if (!begun) flight->second.followers.push_back(follower);
  return {.since = flight->second.since, .leads = begun};
}

void Flights::land(const std::string& key, const Landing& landing) {
  std::vector<std::weak_ptr<Follower>> followers;
  {
    const std::lock_guard lock(mutex_);
    const auto found = flights_.find(key);
    if (found == flights_.end()) return;
    followers = std::move(found->second.followers);
    flights_.erase(found);
  }
  for (const auto& each : followers) {
    if (const auto follower = each.lock()) follower->on_landed(key, landing);
  }
}

bool Flights::withdraw(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = flights_.find(key);
  if (found == flights_.end() || !found->second.followers.empty()) return false;
  flights_.erase(found);
  return true;
}

std::size_t Flights::size() const {
  const std::lock_guard lock(mutex_);
  return flights_.size();
}

}  // namespace souk::cache
