// What `souk certify --against` does: the same mix, in turn, on a private shop of Souk's and on a
// running shop of another make. Threading: the main thread; loads have their own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "app/trial/private_shop.h"
#include "certify/certificate.h"
#include "loadtest/loadtest.h"
#include "rivals/mix.h"

namespace souk::app {

inline constexpr std::chrono::minutes kShortestComparison{1};
inline constexpr std::chrono::minutes kLongestComparison{60};
inline constexpr std::size_t kPairs = 10;  // of each kind of load; fewer give no intervals
inline constexpr std::uint64_t kMaxRivalRequests = 100'000'000;

struct ComparisonConfig {
  const rivals::Driver* driver = nullptr;
  std::string url;  // of the rival
  std::string key;  // of its API, or empty
  std::string ca_file;
  std::chrono::nanoseconds lasting = std::chrono::minutes(10);  // all loads of both together
  std::size_t users = 16;      // of the closed load, without pauses
  std::optional<double> rate;  // of the open load; else half of what the slower one carried
  std::uint64_t max_requests = 1'000'000;  // that the rival gets, all loads together
  std::size_t threads = 1;
};

// The rival's shop and the mix of both.
struct Rival {
  http::Target target;
  rivals::Shop shop;
  rivals::Mix mix;
};
// Errors: as rivals::read_shop() and http::parse_target().
Result<Rival> find_rival(const ComparisonConfig& config);

// Fixed before anything is measured.
std::vector<certify::Claim> claims_of(const ComparisonConfig& config, const Rival& rival);

// Findings and raw data of the claims; `out` gets a table of both. Errors: when a shop cannot be
// served or loaded.
Result<certify::Certificate> compare_shops(const PrivateShop& shop, const SettingList& settings,
                                           const ComparisonConfig& config, const Rival& rival,
                                           std::ostream& out, std::ostream& progress,
                                           const std::atomic<bool>& stop);

}  // namespace souk::app
