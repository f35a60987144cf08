// Slows down whoever guesses passwords. Wrong ones are counted for the account and for the network
// they come from, and make the next try wait, each longer than the one before. An account's delay
// must not lock its owner out: tries from where the account signed in lately have a count of their
// own in place of the account's, and the free ones do not wait for the network's, but add to it.
// Accounts that do not exist are counted too, so that a delay does not tell whether there is one.
//
// Counts are those of one process: nodes behind a balancer allow as many tries each.
// Threading: any thread. Ownership: borrows registry and log, which outlive it.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "accounts/failure_counts.h"
#include "base/client_network.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::accounts {

struct SignInLimits {
  unsigned free_of_account = 5;
  unsigned free_of_network = 20;
  std::chrono::seconds max_delay{900};
};

class SignInGuard {
 public:
  using Time = FailureCounts::Time;
  // By one for each of these that passes, counts shrink. At max_delay's default, an account that is
  // always under attack is tried some hundred times a day.
  static constexpr std::chrono::minutes kAccountForgets{15};
  static constexpr std::chrono::minutes kNetworkForgets{1};
  static constexpr std::chrono::seconds kFirstDelay{1};

  struct Try {
    std::string_view email;  // in lower case
    ClientNetwork network;
    bool known_network;  // the account signed in from it lately
  };

  SignInGuard(const SignInLimits& limits, telemetry::Registry& registry, telemetry::Log& log);

  // Zero: the try may go ahead, and counts as a wrong password until it is taken back, so that many
  // at once are not all let through before the first has failed. Else how long it has to wait.
  std::chrono::seconds admit(const Try& tried, Time now);
  void succeeded(const Try& tried);
  // No password was checked.
  void given_up(const Try& tried);
  // `account` is for the log: an id, or that there is none.
  void failed(const Try& tried, std::string_view account);

 private:
  struct Keys;

  Keys keys_of(const Try& tried) const;
  void take_back(const Try& tried);

  const FailureCounts::Policy of_account_;
  const FailureCounts::Policy of_network_;
  telemetry::Log& log_;
  telemetry::Counter& succeeded_;
  telemetry::Counter& wrong_;
  telemetry::Counter& delayed_;
  telemetry::Counter& given_up_;
  telemetry::Counter& evicted_;
  std::mutex mutex_;
  FailureCounts counts_;  // guarded by mutex_
};

}  // namespace souk::accounts
