// Settings of accounts.
// Threading: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace souk::accounts {

struct AccountsConfig {
  std::chrono::milliseconds session_lifetime{30LL * 86'400'000};
  // A session that is not used for so long ends, up to SessionUses::kept_for() earlier.
  std::chrono::milliseconds session_idle_lifetime{14LL * 86'400'000};
};

// How long rows of the audit log are kept; the database refuses to delete younger ones than 30
// days.
inline constexpr std::chrono::milliseconds kLeastAuditRetention{30LL * 86'400'000};

struct RequestsConfig {
  bool verify_email = false;  // accounts are opened when their address is confirmed
  std::chrono::milliseconds token_lifetime{3'600'000};
  // Pages of the shop that tokens are handed to, in the fragment; empty: the mail has the token
  // alone.
  std::string reset_url;
  std::string confirm_url;
  std::size_t max_mails_per_hour = 5;  // to one address
  bool can_mail = false;               // whether the shop sends mail; no setting of its own
};

}  // namespace souk::accounts
