#include "capacity/growth.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace souk::capacity {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 4> kMonths = {
    {{"week", 7 / 30.436875}, {"month", 1}, {"quarter", 3}, {"year", 12}}};
constexpr double kPercent = 100;

}  // namespace

double Growth::factor(double months) const { return std::pow(1 + per_month, months); }

Result<Growth> parse_growth(std::string_view text) {
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc() && std::isfinite(percent) && percent > -kPercent &&
      rest.starts_with("%/")) {
    for (const auto& [name, months] : kMonths) {
      if (rest.substr(2) == name) return Growth{std::pow(1 + percent / kPercent, 1 / months) - 1};
    }
  }
  return fail(ErrorCode::kInvalidRequest,
              fmt::format("\"{}\" is no growth such as 5%/month, 1%/week or 40%/year", text));
}

std::optional<double> months_until(double now, double capacity, const Growth& growth) {
  if (now >= capacity) return 0;
  if (growth.per_month <= 0 || now <= 0) return std::nullopt;
  return std::log(capacity / now) / std::log1p(growth.per_month);
}

Estimate users_of_a_core(const Estimate& cpu, double cycle) {
  const auto users = [cycle](double seconds) {
    return seconds > 0 ? cycle / seconds : std::numeric_limits<double>::infinity();
  };
  return {users(cpu.value), users(cpu.high), users(cpu.low)};
}

Cores cores_for(double users, const Costs& costs) {
  const double per_second = users / costs.cycle_seconds;
  return {.shop = per_second * costs.shop_seconds.value,
          .postgres = per_second * costs.postgres_seconds.value,
          .redis = per_second * costs.redis_seconds.value};
}

}  // namespace souk::capacity
