// The RFC's load scenarios as data: number of users, duration, and behaviour.
// Threading: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace souk::loadtest {

// The endpoints of the RFC's mix; named like the routes in metrics and budgets.
enum class Endpoint : std::uint8_t { kListProducts, kGetProduct, kPlaceOrder };
inline constexpr std::size_t kEndpoints = 3;
inline constexpr std::array<std::string_view, kEndpoints> kEndpointNames = {
    "GET /api/products", "GET /api/products/{id}", "POST /api/orders"};
inline constexpr std::array<double, kEndpoints> kEndpointMix = {70, 20, 10};

struct Scenario {
  std::string_view name;
  std::string_view summary;
  std::size_t users;
  std::chrono::microseconds duration;  // ramp-up included
  std::chrono::microseconds ramp_up;   // users arrive evenly over it
};

std::span<const Scenario> scenarios();
const Scenario* find_scenario(std::string_view name);  // null when there is none

// Scales a scenario to another duration: the ramp-up changes in proportion.
Scenario with_duration(Scenario scenario, std::chrono::microseconds duration);

// The kinds of list requests (70 % of all), in percent.
struct ListMix {
  double plain = 20;
  double category = 30;
  double price_range = 15;
  double sorted = 10;
  double search = 10;
  double next_page = 15;  // of the user's last list; at its end, a plain list
};

}  // namespace souk::loadtest
