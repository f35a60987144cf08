// Slows down password guessing and mass registration. Wrong passwords are counted per account and
// per network, registrations per network; each count delays the next attempt. An account's delay
// must not lock its owner out: attempts from a network it signed in from lately have a count of
// their own instead of the account's, and the free ones of these do not wait for the network's
// count, but add to it. Unknown accounts are counted too, so that a delay reveals nothing. The
// counts are this process's; shared_failures.h has those of all nodes. Threading: any thread.
// Ownership: borrows registry and log, which outlive it.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "accounts/failed_sign_ins.h"
#include "accounts/failure_counts.h"
#include "accounts/shared_failures.h"
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
  // Counts decrease by one per interval. With the default max_delay, an account under permanent
  // attack is tried some hundred times a day.
  static constexpr std::chrono::minutes kAccountForgets{15};
  static constexpr std::chrono::minutes kNetworkForgets{1};
  static constexpr std::chrono::seconds kFirstDelay{1};
  // A provider's customer may have a whole IPv6 /48 (65,536 networks), and a /48 may be the phones
  // of a region: its networks together are allowed what this many networks are.
  static constexpr unsigned kNetworksOfBlock = 64;

  struct Try {
    std::string_view email;  // in lower case
    ClientNetwork network;
    bool known_network;  // the account signed in from it lately
  };

  SignInGuard(const SignInLimits& limits, telemetry::Registry& registry, telemetry::Log& log);

  // What an attempt, or a registration, is counted under, for the other nodes.
  std::vector<SharedCount> names(const Try& tried) const;
  std::vector<SharedCount> names(const ClientNetwork& network) const;

  // Zero: the attempt is admitted, and counts as a wrong password until taken back, so that
  // concurrent attempts are limited before the first has failed. Otherwise the time to wait.
  // `shared` is the verdict by the counts of all nodes, which goes before that by this process's.
  std::chrono::seconds admit(const Try& tried, Time now,
                             std::optional<FailureCounts::Clock::duration> shared = {});
  void succeeded(const Try& tried);
  // The attempt ended before a password was checked.
  void given_up(const Try& tried);
  // Without an account: there is none with that address.
  void failed(const Try& tried, std::optional<UserId> account);
  FailedSignIns& failed_sign_ins() { return failed_sign_ins_; }

  // Zero: the registration is admitted and counted. Otherwise the time to wait. `shared`: as above.
  std::chrono::seconds admit_registration(
      const ClientNetwork& network, Time now,
      std::optional<FailureCounts::Clock::duration> shared = {});
  // The registration ended before the password was hashed.
  void registration_given_up(const ClientNetwork& network);

 private:
  struct Place;  // of a count: its name, key and policy

  Place place(char kind, std::string_view of, const FailureCounts::Policy& policy) const;
  // All places that an attempt is counted in, the account's first.
  std::vector<Place> places(const Try& tried) const;
  std::vector<Place> places(const ClientNetwork& network, char kind,
                            const FailureCounts::Policy& policy) const;
  static std::vector<SharedCount> names(std::span<const Place> all);
  // These require the mutex.
  FailureCounts::Clock::duration wait(std::span<const Place> all, Time now) const;
  void add(std::span<const Place> all, Time now);
  void take_back(std::span<const Place> all);

  const FailureCounts::Policy of_account_;
  const FailureCounts::Policy of_network_;
  const FailureCounts::Policy registrations_;
  telemetry::Log& log_;
  FailedSignIns failed_sign_ins_;
  std::mutex mutex_;
  // All of these are guarded by mutex_: a counter needs a single writer.
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
