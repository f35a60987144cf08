// Slows down whoever guesses passwords or registers account after account. Wrong passwords are
// counted for the account and the network they come from, registrations for the network; each makes
// the next one wait longer. An account's delay must not lock its owner out: tries from where it
// signed in lately have a count of their own in place of the account's, and the free ones do not
// wait for the network's, but add to it. Accounts that do not exist are counted too, so that a
// delay tells nothing. Counts are those of one process: nodes behind a balancer allow as many tries
// each. Threading: any thread. Ownership: borrows registry and log, which outlive it.
#pragma once

#include <chrono>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "accounts/failure_counts.h"
#include "base/client_network.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace souk::accounts {

struct SignInLimits {
  unsigned free_of_account = 5;
  unsigned free_of_network = 20;
  unsigned free_registrations_of_network = 50;
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
  // A customer of a provider may have a whole /48 of IPv6, 65,536 networks, and a /48 may be the
  // phones of a region: all its networks together are allowed what so many of them are.
  static constexpr unsigned kNetworksOfBlock = 64;

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

  // Zero: an account may be registered from there, and is counted. Else how long it has to wait.
  std::chrono::seconds admit_registration(const ClientNetwork& network, Time now);
  // It came to nothing before the password was hashed.
  void registration_given_up(const ClientNetwork& network);

 private:
  struct Counted;  // a key and its policy

  // Of all that a try is counted under, the account first.
  std::vector<Counted> counted(const Try& tried) const;
  std::vector<Counted> counted(const ClientNetwork& network, char kind,
                               const FailureCounts::Policy& policy) const;
  // These are called under the mutex.
  FailureCounts::Clock::duration wait(std::span<const Counted> all, Time now) const;
  void add(std::span<const Counted> all, Time now);
  void take_back(std::span<const Counted> all);

  const FailureCounts::Policy of_account_;
  const FailureCounts::Policy of_network_;
  const FailureCounts::Policy registrations_;
  telemetry::Log& log_;
  std::mutex mutex_;
  // All of these are guarded by mutex_: a counter has one writer at a time.
  telemetry::Counter& succeeded_;
  telemetry::Counter& wrong_;
  telemetry::Counter& delayed_;
  telemetry::Counter& given_up_;
  telemetry::Counter& registrations_admitted_;
  telemetry::Counter& registrations_delayed_;
  telemetry::Counter& evicted_;
  FailureCounts counts_;
};

}  // namespace souk::accounts
