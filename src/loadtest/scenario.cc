#include "loadtest/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/files.h"
#include "loadtest/builtin_scenarios.h"

namespace souk::loadtest {
namespace {

double ratio(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  return static_cast<double>(a.count()) / static_cast<double>(b.count());
}

}  // namespace

bool Scenario::uses(Variable variable) const {
  const auto index = static_cast<std::size_t>(variable);
  return std::ranges::any_of(flows, [index](const Flow& flow) {
    return std::ranges::any_of(flow.steps, [index](const Step& step) {
      return step.target.uses(index) || step.body.uses(index) || step.token.uses(index);
    });
  });
}

void Scenario::set_duration(std::chrono::nanoseconds duration) {
  const double scale = ratio(duration, shape.duration());
  shape = shape.scaled(shape.peak(), duration);
  warm_up = std::chrono::round<std::chrono::nanoseconds>(warm_up * scale);
  if (breakpoint) {
    breakpoint->begin = std::chrono::round<std::chrono::nanoseconds>(breakpoint->begin * scale);
  }
}

std::span<const BuiltinScenario> builtin_scenarios() { return kBuiltinScenarios; }

Result<Scenario> load_scenario(const std::string& name_or_file) {
  const auto builtin = std::ranges::find(kBuiltinScenarios, name_or_file, &BuiltinScenario::name);
  if (builtin != kBuiltinScenarios.end()) {
    return parse_scenario(builtin->text, fmt::format("{}.toml", builtin->name));
  }
  const auto text = read_file(name_or_file);
  if (!text) {
    return fail(
        ErrorCode::kInvalidRequest,
        fmt::format("{}; `souk loadtest list` names the scenarios of this build", text.error()));
  }
  return parse_scenario(*text, name_or_file);
}

}  // namespace souk::loadtest
