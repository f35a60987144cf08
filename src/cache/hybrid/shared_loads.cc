#include "cache/hybrid/shared_loads.h"

namespace souk::cache {

SharedLoads::Ticket SharedLoads::join(const std::string& key, Invalidations::Sequence now,
                                      const std::weak_ptr<Waiter>& waiter) {
  const std::lock_guard lock(mutex_);
  const auto [load, begun] = loads_.try_emplace(key, Load{.since = now, .waiters = {}});
  if (!begun) load->second.waiters.push_back(waiter);
  return {.since = load->second.since, .leads = begun};
}

void SharedLoads::complete(const std::string& key, const LoadResult& result) {
  std::vector<std::weak_ptr<Waiter>> waiters;
  {
    const std::lock_guard lock(mutex_);
    const auto found = loads_.find(key);
    if (found == loads_.end()) return;
    waiters = std::move(found->second.waiters);
    loads_.erase(found);
  }
  for (const auto& each : waiters) {
    if (const auto waiter = each.lock()) waiter->on_complete(key, result);
  }
}

bool SharedLoads::withdraw(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = loads_.find(key);
  if (found == loads_.end() || !found->second.waiters.empty()) return false;
  loads_.erase(found);
  return true;
}

std::size_t SharedLoads::size() const {
  const std::lock_guard lock(mutex_);
  return loads_.size();
}

}  // namespace souk::cache
