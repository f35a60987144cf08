// The RFC's load scenarios as data: how many people, for how long, and what they do.
// Threading: plain values.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace souk::loadtest {

// What the RFC's mix is made of; the names are the routes as metrics and budgets spell them.
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
const Scenario* find_scenario(std::string_view name);  // null where there is none of that name

// A scenario cut to another duration keeps its shape: the ramp-up shrinks or grows with it.
Scenario with_duration(Scenario scenario, std::chrono::microseconds duration);

// What 70 % of the requests, the lists, ask for: the share of each kind in percent.
struct ListMix {
  double plain = 20;
  double category = 30;
  double price_range = 15;
  double sorted = 10;
  double search = 10;
  double next_page = 15;  // of the list this user saw last; where that was the end, a plain list
};

}  // namespace souk::loadtest
