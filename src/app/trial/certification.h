// What `souk certify` does with a shop of its own: loads it, overloads it, kills its processes
// under load, compares two nodes and audits the books. Threading: the main thread, which starts and
// kills the processes; loads and probes have their own.
#pragma once

#include <atomic>
#include <chrono>
#include <ostream>
#include <vector>

#include "app/trial/private_shop.h"
#include "certify/certificate.h"
#include "loadtest/loadtest.h"

namespace souk::app {

inline constexpr std::chrono::seconds kShortestCertification{60};
inline constexpr std::chrono::minutes kLongestCertification{30};

struct CertificationConfig {
  std::chrono::nanoseconds lasting = std::chrono::minutes(10);  // all loads together
  std::size_t users = 1'000;                                    // of the mix
  loadtest::Options load;  // the scenario of the mix, its generator and the budgets
};

// Fixed before anything is measured.
std::vector<certify::Claim> claims_of(const CertificationConfig& config);

// The shop's database needs this many connections.
std::size_t certification_connections(const Settings& settings);

// Findings and raw data of the claims. Errors: when the shop cannot be served or loaded.
Result<certify::Certificate> certify_shop(const PrivateShop& shop, const SettingList& settings,
                                          const CertificationConfig& config, std::ostream& progress,
                                          const std::atomic<bool>& stop);

}  // namespace souk::app
