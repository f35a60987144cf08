#include "accounts/sign_in_guard.h"

#include <algorithm>
#include <string>

#include "accounts/metrics.h"

namespace souk::accounts {
namespace {

using Duration = FailureCounts::Clock::duration;
using Policy = FailureCounts::Policy;

// Kinds of keys.
constexpr char kAccount = 'a';
constexpr char kAccountInNetwork = 'p';
constexpr char kWrongOfNetwork = 'n';
constexpr char kRegistrationsOfNetwork = 'r';

constexpr std::size_t kBlockBytes = 6;  // a /48

std::string_view bytes_of(const ClientNetwork& network) {
  return {reinterpret_cast<const char*>(network.bytes().data()), network.bytes().size()};
}

bool is_v6(const ClientNetwork& network) { return !IpAddress(network.bytes()).is_v4(); }

}  // namespace

struct SignInGuard::Place {
  std::string name;
  std::uint64_t key;
  Policy policy;
};

SignInGuard::SignInGuard(const SignInLimits& limits, telemetry::Registry& registry,
                         telemetry::Log& log)
    : of_account_{.free = limits.free_of_account,
                  .delay = kFirstDelay,
                  .max_delay = limits.max_delay,
                  .forget = kAccountForgets},
      of_network_{.free = limits.free_of_network,
                  .delay = kFirstDelay,
                  .max_delay = limits.max_delay,
                  .forget = kNetworkForgets},
      registrations_{.free = limits.free_registrations_of_network,
                     .delay = kFirstDelay,
                     .max_delay = limits.max_delay,
                     .forget = kNetworkForgets},
      log_(log),
      succeeded_(registry.cell(kMetrics.sign_ins, {"succeeded"})),
      wrong_(registry.cell(kMetrics.sign_ins, {"wrong_password"})),
      delayed_(registry.cell(kMetrics.sign_ins, {"delayed"})),
      given_up_(registry.cell(kMetrics.sign_ins, {"not_checked"})),
      registrations_admitted_(registry.cell(kMetrics.registrations, {"admitted"})),
      registrations_delayed_(registry.cell(kMetrics.registrations, {"delayed"})),
      evicted_(registry.cell(kMetrics.failure_counts_evicted)) {}

SignInGuard::Place SignInGuard::place(char kind, std::string_view of, const Policy& policy) const {
  return {kind + std::string(of), counts_.key(kind, of), policy};
}

std::vector<SignInGuard::Place> SignInGuard::places(const ClientNetwork& network, char kind,
                                                    const Policy& policy) const {
  if (!network.counts()) return {};
  const auto bytes = bytes_of(network);
  std::vector<Place> all = {place(kind, bytes, policy)};
  if (is_v6(network)) {
    auto of_block = policy;
    of_block.free *= kNetworksOfBlock;
    of_block.forget /= kNetworksOfBlock;
    all.push_back(place(kind, bytes.substr(0, kBlockBytes), of_block));
  }
  return all;
}

std::vector<SignInGuard::Place> SignInGuard::places(const Try& tried) const {
  auto all = places(tried.network, kWrongOfNetwork, of_network_);
  const auto pair = std::string(bytes_of(tried.network)).append(tried.email);
  all.insert(all.begin(), tried.known_network ? place(kAccountInNetwork, pair, of_account_)
                                              : place(kAccount, tried.email, of_account_));
  return all;
}

std::vector<SharedCount> SignInGuard::names(std::span<const Place> all) {
  std::vector<SharedCount> names;
  for (const auto& place : all) names.push_back({place.name, place.policy});
  return names;
}

std::vector<SharedCount> SignInGuard::names(const Try& tried) const { return names(places(tried)); }

std::vector<SharedCount> SignInGuard::names(const ClientNetwork& network) const {
  return names(places(network, kRegistrationsOfNetwork, registrations_));
}

Duration SignInGuard::wait(std::span<const Place> all, Time now) const {
  Duration longest{};
  for (const auto& [name, key, policy] : all)
    longest = std::max(longest, counts_.wait(key, policy, now));
  return longest;
}

void SignInGuard::add(std::span<const Place> all, Time now) {
  const auto evicted = counts_.evicted();
  for (const auto& [name, key, policy] : all) counts_.add(key, policy, now);
  evicted_.add(static_cast<double>(counts_.evicted() - evicted));
}

void SignInGuard::take_back(std::span<const Place> all) {
  for (const auto& each : all) counts_.take_back(each.key);
}

std::chrono::seconds SignInGuard::admit(const Try& tried, Time now,
                                        std::optional<Duration> shared) {
  const auto all = places(tried);
  const std::lock_guard lock(mutex_);
  const bool trusted = tried.known_network && counts_.is_free(all.front().key, of_account_, now);
  const auto waits = shared.value_or(wait(std::span(all).first(trusted ? 1 : all.size()), now));
  if (waits > waits.zero()) {
    delayed_.increment();
    return std::chrono::ceil<std::chrono::seconds>(waits);
  }
  add(all, now);
  return {};
}

void SignInGuard::succeeded(const Try& tried) {
  const auto all = places(tried);
  const std::lock_guard lock(mutex_);
  take_back(all);
  succeeded_.increment();
}

void SignInGuard::given_up(const Try& tried) {
  const auto all = places(tried);
  const std::lock_guard lock(mutex_);
  take_back(all);
  given_up_.increment();
}

void SignInGuard::failed(const Try& tried, std::optional<UserId> account) {
  const auto all = places(tried);
  unsigned of_account = 0;
  unsigned of_network = 0;
  {
    const std::lock_guard lock(mutex_);
    wrong_.increment();
    of_account = counts_.count(all.front().key);
    if (all.size() > 1) of_network = counts_.count(all[1].key);
  }
  failed_sign_ins_.add(account, tried.network);
  log_.warning("sign_in_failed", {{"account", account ? account->value.to_string() : "unknown"},
                                  {"network", tried.network.text()},
                                  {"knownNetwork", tried.known_network},
                                  {"failuresOfAccount", of_account},
                                  {"failuresOfNetwork", of_network}});
}

std::chrono::seconds SignInGuard::admit_registration(const ClientNetwork& network, Time now,
                                                     std::optional<Duration> shared) {
  const auto all = places(network, kRegistrationsOfNetwork, registrations_);
  const std::lock_guard lock(mutex_);
  const auto waits = shared.value_or(wait(all, now));
  if (waits > waits.zero()) {
    registrations_delayed_.increment();
    return std::chrono::ceil<std::chrono::seconds>(waits);
  }
  add(all, now);
  registrations_admitted_.increment();
  return {};
}

void SignInGuard::registration_given_up(const ClientNetwork& network) {
  const auto all = places(network, kRegistrationsOfNetwork, registrations_);
  const std::lock_guard lock(mutex_);
  take_back(all);
}

}  // namespace souk::accounts
