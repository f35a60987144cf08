// Wrong passwords, counted for the audit log by account and network: what an attacker tries again
// and again becomes one row of an interval, and an interval has kMaxRows of them at most.
// Threading: any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/client_network.h"
#include "base/ids.h"

namespace souk::accounts {

struct FailedSignIn {
  std::optional<UserId> user;  // absent: no such account, or several
  std::string network;         // kOtherNetworks: of several
  std::int32_t times = 0;
};

inline constexpr std::string_view kOtherNetworks = "others";

class FailedSignIns {
 public:
  // Of an interval; beyond them, failures are counted together.
  static constexpr std::size_t kMaxCounted = 1'000;
  static constexpr std::size_t kMaxRows = 20;

  void add(std::optional<UserId> user, const ClientNetwork& network);
  // What was added since the last call: at most kMaxRows, those with the most failures, and one
  // with the sum of all others.
  std::vector<FailedSignIn> take();
  // Of take(), which could not be recorded.
  void put_back(const std::vector<FailedSignIn>& taken);

 private:
  using Key = std::pair<std::optional<UserId>, std::string>;

  void count(Key key, std::int32_t times);  // REQUIRES: the mutex

  std::mutex mutex_;
  std::map<Key, std::int32_t> counted_;
};

}  // namespace souk::accounts
