#include "accounts/sign_in_guard.h"

#include <array>
#include <optional>

#include "accounts/metrics.h"

namespace souk::accounts {
namespace {

constexpr std::array kSpecs = {&kSignIns, &kFailureCountsEvicted};

std::string_view bytes_of(const ClientNetwork& network) {
  return {reinterpret_cast<const char*>(network.bytes().data()), network.bytes().size()};
}

}  // namespace

std::span<const telemetry::MetricSpec* const> metric_specs() { return kSpecs; }

// What a try is counted under.
struct SignInGuard::Keys {
  std::uint64_t account;  // or of the account in a network that it signed in from
  std::optional<std::uint64_t> network;
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
      log_(log),
      succeeded_(registry.counter(kSignIns, {"succeeded"})),
      wrong_(registry.counter(kSignIns, {"wrong_password"})),
      delayed_(registry.counter(kSignIns, {"delayed"})),
      given_up_(registry.counter(kSignIns, {"not_checked"})),
      evicted_(registry.counter(kFailureCountsEvicted)) {}

SignInGuard::Keys SignInGuard::keys_of(const Try& tried) const {
  const auto pair = std::string(bytes_of(tried.network)).append(tried.email);
  Keys keys{.account = tried.known_network ? counts_.key('p', pair) : counts_.key('a', tried.email),
            .network = std::nullopt};
  if (tried.network.counts()) keys.network = counts_.key('n', bytes_of(tried.network));
  return keys;
}

std::chrono::seconds SignInGuard::admit(const Try& tried, Time now) {
  const auto keys = keys_of(tried);
  const std::lock_guard lock(mutex_);
  auto wait = counts_.wait(keys.account, of_account_, now);
  const bool trusted = tried.known_network && counts_.is_free(keys.account, of_account_, now);
  if (keys.network && !trusted) {
    wait = std::max(wait, counts_.wait(*keys.network, of_network_, now));
  }
  if (wait > wait.zero()) {
    delayed_.increment();
    return std::chrono::ceil<std::chrono::seconds>(wait);
  }
  const auto evicted = counts_.evicted();
  counts_.add(keys.account, of_account_, now);
  if (keys.network) counts_.add(*keys.network, of_network_, now);
  evicted_.add(static_cast<double>(counts_.evicted() - evicted));
  return {};
}

void SignInGuard::take_back(const Try& tried) {
  const auto keys = keys_of(tried);
  const std::lock_guard lock(mutex_);
  counts_.take_back(keys.account);
  if (keys.network) counts_.take_back(*keys.network);
}

void SignInGuard::succeeded(const Try& tried) {
  take_back(tried);
  succeeded_.increment();
}

void SignInGuard::given_up(const Try& tried) {
  take_back(tried);
  given_up_.increment();
}

void SignInGuard::failed(const Try& tried, std::string_view account) {
  wrong_.increment();
  const auto keys = keys_of(tried);
  unsigned of_account = 0;
  unsigned of_network = 0;
  {
    const std::lock_guard lock(mutex_);
    of_account = counts_.count(keys.account);
    if (keys.network) of_network = counts_.count(*keys.network);
  }
  log_.warning("sign_in_failed", {{"account", account},
                                  {"network", tried.network.text()},
                                  {"knownNetwork", tried.known_network},
                                  {"failuresOfAccount", of_account},
                                  {"failuresOfNetwork", of_network}});
}

}  // namespace souk::accounts
