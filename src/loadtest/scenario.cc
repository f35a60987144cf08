#include "loadtest/scenario.h"

#include <algorithm>

namespace souk::loadtest {
namespace {

using namespace std::chrono_literals;

constexpr std::array kScenarios = {
    Scenario{"normal_load", "1,000 users for 10 minutes", 1'000, 10min, 0s},
    Scenario{"peak_load", "5,000 users for 30 minutes, arriving over 5", 5'000, 30min, 5min},
    Scenario{"stress_test", "10,000 users for 5 minutes, arriving over 2", 10'000, 5min, 2min},
};

}  // namespace

std::span<const Scenario> scenarios() { return kScenarios; }

const Scenario* find_scenario(std::string_view name) {
  const auto found = std::ranges::find(kScenarios, name, &Scenario::name);
  return found == kScenarios.end() ? nullptr : &*found;
}

Scenario with_duration(Scenario scenario, std::chrono::microseconds duration) {
  const double ratio =
      static_cast<double>(duration.count()) / static_cast<double>(scenario.duration.count());
  scenario.ramp_up = std::chrono::round<std::chrono::microseconds>(scenario.ramp_up * ratio);
  scenario.duration = duration;
  return scenario;
}

}  // namespace souk::loadtest
