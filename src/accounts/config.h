// Settings of accounts.
// Threading: plain values.
#pragma once

#include <chrono>

namespace souk::accounts {

struct AccountsConfig {
  std::chrono::milliseconds session_lifetime{30LL * 86'400'000};
  // A session that is not used for so long ends, up to SessionUses::kept_for() earlier.
  std::chrono::milliseconds session_idle_lifetime{14LL * 86'400'000};
};

}  // namespace souk::accounts
