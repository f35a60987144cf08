// The tables that make up all settings, by what they configure. Only for settings_table.cc and the
// files that define them.
// Threading: pure functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "app/setting_value.h"
#include "app/settings.h"

namespace souk::app {

using SettingTable = std::vector<Setting>;

inline constexpr std::uint64_t kKiB = 1'024;
inline constexpr std::uint64_t kMiB = 1'024 * kKiB;
inline constexpr std::chrono::microseconds kDay = std::chrono::hours(24);

// Of the servers: HTTP in all versions, TLS, who is served under load, the operators' address.
SettingTable server_settings();

}  // namespace souk::app
