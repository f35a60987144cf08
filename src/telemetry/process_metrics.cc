#include "telemetry/process_metrics.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/parse.h"
#include "telemetry/specs.h"

namespace souk::telemetry {
namespace {

// Field numbers of /proc/self/stat as proc(5) counts them.
enum StatField { kUserTime = 14, kSystemTime = 15, kStartTime = 22, kResidentPages = 24 };

// 0 where /proc is not there or not as expected.
double stat_field(StatField number) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The command, field 2, stands in parentheses and may hold anything.
  const auto end = line.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream rest(line.substr(end + 1));
  std::string field;
  for (int i = 2; i < number; ++i) rest >> field;
  return parse_decimal(field).value_or(0);
}

double seconds(double ticks) { return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)); }

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
  // One of them is the directory being read.
  return static_cast<double>(std::distance(begin(entries), end(entries)) - 1);
}

}  // namespace

ProcessMetrics::ProcessMetrics(Registry& registry)
    : registrations_{registry.callback(
                         kProcessCpu, {},
                         [] { return seconds(stat_field(kUserTime) + stat_field(kSystemTime)); }),
                     registry.callback(kProcessResidentMemory, {},
                                       [] {
                                         return stat_field(kResidentPages) *
                                                static_cast<double>(::sysconf(_SC_PAGESIZE));
                                       }),
                     registry.callback(kProcessOpenFds, {}, [] { return open_fds(); }),
                     registry.callback(kProcessStartTime, {},
                                       [start = boot_time() + seconds(stat_field(kStartTime))] {
                                         return start;
                                       })} {}

}  // namespace souk::telemetry
