#include "telemetry/process_metrics.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

#include "base/parse.h"
#include "telemetry/specs.h"

namespace souk::telemetry {
namespace {

// Field numbers of /proc/self/stat as proc(5) counts them.
enum StatField { kUserTime = 14, kSystemTime = 15, kStartTime = 22, kResidentPages = 24 };

constexpr double kSecondsOfAnHour = 3'600;

// 0 when /proc is missing or unexpected.
double stat_field(StatField number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The command, field 2, is in parentheses and may contain anything.
  const auto end = line.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream rest(line.substr(end + 1));
  std::string field;
  for (int i = 2; i < number; ++i) rest >> field;
  return parse_decimal(field).value_or(0);
}

double seconds(double ticks) { return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

double cpu_seconds() { return seconds(stat_field(kUserTime) + stat_field(kSystemTime)); }

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string key, value; file >> key;) {
    if (key == "btime" && file >> value) return parse_decimal(value).value_or(0);
    std::getline(file, value);
  }
  return 0;
}

double open_fds() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  // One of the entries is the directory being read.
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

// The first word of a file of the process's control group (version 2); nothing without one or
// without a limit.
std::optional<double> control_group(std::string_view file, int word = 0) {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    std::ifstream limit(fmt::format("/sys/fs/cgroup{}/{}", line.substr(3), file));
    std::string text;
    for (int i = 0; i <= word; ++i) limit >> text;
    return parse_decimal(text);
  }
  return std::nullopt;
}

double allotted_memory() {
  const double machine =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return std::min(machine, control_group("memory.max").value_or(machine));
}

double allotted_cores() {
  cpu_set_t set;
  const double cores = ::sched_getaffinity(0, sizeof(set), &set) == 0
                           ? CPU_COUNT(&set)
                           : static_cast<double>(std::thread::hardware_concurrency());
  const auto quota = control_group("cpu.max");  // "max 100000" or "50000 100000"
  const auto period = control_group("cpu.max", 1);
  return quota && period && *period > 0 ? std::min(cores, *quota / *period) : cores;
}

}  // namespace

ProcessMetrics::ProcessMetrics(Registry& registry, const std::optional<CorePrice>& price)
    : registrations_{
          registry.callback(kMetrics.process_cpu, {}, [] { return cpu_seconds(); }),
          registry.callback(kMetrics.process_resident_memory, {},
                            [] {
                              return stat_field(kResidentPages) *
                                     static_cast<double>(::sysconf(_SC_PAGESIZE));
                            }),
          registry.callback(kMetrics.allotted_memory, {}, [] { return allotted_memory(); }),
          registry.callback(kMetrics.allotted_cores, {}, [] { return allotted_cores(); }),
          registry.callback(kMetrics.process_open_fds, {}, [] { return open_fds(); }),
          registry.callback(
              kMetrics.process_start_time, {},
              [start = boot_time() + seconds(stat_field(kStartTime))] { return start; })} {
  if (!price) return;
  cost_ = registry.callback(
      kMetrics.cpu_cost, {price->currency.text()},
      [a_second = price->amount / kSecondsOfAnHour] { return a_second * cpu_seconds(); });
}

}  // namespace souk::telemetry
