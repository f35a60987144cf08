#include "accounts/failed_sign_ins.h"

#include <algorithm>
#include <limits>

namespace souk::accounts {
namespace {

void add_to(std::int32_t& sum, std::int32_t more) {
  if (__builtin_add_overflow(sum, more, &sum)) sum = std::numeric_limits<std::int32_t>::max();
}

}  // namespace

void FailedSignIns::count(Key key, std::int32_t times) {
  if (counted_.size() >= kMaxCounted && !counted_.contains(key)) {
    key = {std::nullopt, std::string(kOtherNetworks)};
  }
  add_to(counted_[std::move(key)], times);
}

void FailedSignIns::add(std::optional<UserId> user, const ClientNetwork& network) {
  const std::lock_guard lock(mutex_);
  count({user, network.text()}, 1);
}

void FailedSignIns::put_back(const std::vector<FailedSignIn>& taken) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : taken) count({one.user, one.network}, one.times);
}

std::vector<FailedSignIn> FailedSignIns::take() {
  std::map<Key, std::int32_t> counted;
  {
    const std::lock_guard lock(mutex_);
    counted.swap(counted_);
  }
  std::vector<FailedSignIn> taken;
  FailedSignIn others{.user = {}, .network = std::string(kOtherNetworks)};
  for (const auto& [key, times] : counted) {
    if (key.second == kOtherNetworks) {
      add_to(others.times, times);
    } else {
      taken.push_back({key.first, key.second, times});
    }
  }
  std::ranges::sort(taken, std::ranges::greater{}, &FailedSignIn::times);
  while (taken.size() > kMaxRows) {
    add_to(others.times, taken.back().times);
    taken.pop_back();
  }
  if (others.times > 0) taken.push_back(std::move(others));
  return taken;
}

}  // namespace souk::accounts
